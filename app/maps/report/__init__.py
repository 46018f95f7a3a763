"""The written report: what a manager reads in five minutes."""
