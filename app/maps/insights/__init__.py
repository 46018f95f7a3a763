"""From insight to result."""
