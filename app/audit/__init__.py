"""Append-only log, linked into a hash chain in batches."""
