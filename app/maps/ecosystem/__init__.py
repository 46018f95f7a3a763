"""Touchpoints and support: what the organisation offers along the road, and where that does not meet what people feel."""
