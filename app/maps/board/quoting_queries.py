"""SELECTs behind choosing words for a note: what was said in one stage, with some words in it or not."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.curves.queries import OBSERVED, Quote, quotes
from app.participants.sight import Sight
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement

MOST_FOUND: Final = 20


def said_in(
    session: Session, sight: Sight, stage_id: UUID, words: str, *, lowest_first: bool, observed: bool = True
) -> Sequence[Quote]:
    """Return up to MOST_FOUND statements of a stage that may be seen and hold ``words``, the most telling first."""
    conditions = [Statement.stage_id == stage_id]
    if words:
        conditions.append(Statement.text.contains(words, autoescape=True))
    sources = (*TEXT_SOURCES, OBSERVED) if observed else TEXT_SOURCES
    return quotes(session, sight, conditions=conditions, lowest_first=lowest_first, limit=MOST_FOUND, sources=sources)
