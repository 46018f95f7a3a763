"""The fine-tuned encoder: base weights from an installed package, our deltas, int8 inference."""
