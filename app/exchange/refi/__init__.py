"""REFI-QDA, the exchange format of programs for qualitative analysis: projects (QDPX) and codebooks (QDC)."""
