"""Guides, transcripts, turns: what was said in interviews and seen by observers."""
