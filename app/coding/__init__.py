"""Codebook, human codings, draws, blind double coding, agreement: what people make of statements."""
