"""The words: what feels how, what turns it, and what a person should look at. Formats: README.md in this folder."""

from nlp.lexicon.effects import LexiconReading
from nlp.lexicon.entries import Phrase, load_phrases, load_risk
from nlp.lexicon.matcher import Matches, PhraseMatcher
from nlp.lexicon.scope import ScopedLexicon

__all__ = ["LexiconReading", "Matches", "Phrase", "PhraseMatcher", "ScopedLexicon", "load_phrases", "load_risk"]
