"""The diary on the phone, and entries through one service for page and API."""
