"""Thin face of the job engine."""
