"""What can be asked of a study's curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.statements.cells import OBSERVER, TEXT_SOURCES

By = Literal["stage", "day", "touchpoint"]
ScoreName = Literal["corrected", "model", "human", "mood"]
SourceName = Literal["diary", "interview", "observer", "self_report"]
MOOD = "mood"


@dataclass(frozen=True, slots=True)
class CurveQuestion:
    """What is asked of a study: the axis, the score, a segment (``attribute:value``), a wave, the level of intervals, and
    whose account: without ``source`` what people say of themselves, in diaries and interviews together."""

    by: By = "stage"
    score: ScoreName = "corrected"
    segment: str | None = None
    wave: str | None = None
    level: float = 0.95
    source: SourceName | None = None


def sources_of(question: CurveQuestion) -> Sequence[str]:
    """Return the sources of the cells that the question is answered from; a self-report is the mood that people chose."""
    if question.score == "mood" or question.source == "self_report":
        return (MOOD,)
    return (question.source,) if question.source else TEXT_SOURCES


def text_sources_of(question: CurveQuestion) -> Sequence[str]:
    """Return the sources of the statements behind the question's points; behind a mood stand the words of its entry."""
    if question.source == "observer":
        return (OBSERVER,)
    if sources_of(question) == (MOOD,):
        return ("diary",)
    return sources_of(question)
