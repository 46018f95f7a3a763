"""Fits the weights of the default coder from the statements beside this file. Needs scipy; nothing else here does."""

from nlp.training.fit import train
from nlp.training.reviews import load_reviews
from nlp.training.statements import Statement, load_statements

__all__ = ["Statement", "load_reviews", "load_statements", "train"]
