"""The experience map: notes over stages and lanes, edited together, kept in versions."""
