"""What was said, its score, and the sums: written together in one transaction."""
