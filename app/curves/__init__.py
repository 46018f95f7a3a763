"""Emotion curves: estimators over cells, peaks and valleys, and what the pages and the API show of them."""
