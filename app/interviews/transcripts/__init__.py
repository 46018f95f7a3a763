"""Transcripts as people have them, read into turns. Bytes and text in, dataclasses out: no database, no web."""
