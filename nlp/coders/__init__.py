"""The coders, one module each."""
