"""How specific a sentence is that somebody tries, and why."""

from typing import Final

from pydantic import BaseModel

from nlp.scenes import SPECIFIC_FROM, explain_specificity

EXAMPLES: Final = ("术后第一天晚上不知道如何缓解肿胀", "术后指导不够")
"""The method's own: the first passes, the second does not."""


class DetailOut(BaseModel):
    """One reason: what it tells (when, where, who …) and its span in code points."""

    kind: str
    start: int
    end: int
    words: str


class SentenceOut(BaseModel):
    """How specific a sentence is, 0 to 1; it passes from ``needed``."""

    text: str
    specificity: float
    needed: float
    passes: bool
    details: list[DetailOut]
    general: list[str]


def judge(text: str) -> SentenceOut:
    """Return how specific ``text`` is, what makes it so, and the words in it that say little."""
    found = explain_specificity(text)
    details = [DetailOut(kind=one.kind, start=one.start, end=one.end, words=one.text) for one in found.details]
    return SentenceOut(
        text=text,
        specificity=found.score,
        needed=SPECIFIC_FROM,
        passes=found.specific,
        details=details,
        general=list(found.general),
    )
