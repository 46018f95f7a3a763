"""Kinds of customers, phases of the relation, and where to begin."""
