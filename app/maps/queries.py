"""SELECTs behind the scenes of a study: what was said, by whom, and the effort people reported."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.diary.models import Entry
from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.sight import Sight
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement


@dataclass(frozen=True, slots=True)
class Said:
    """A statement as it may be quoted; ``participant`` is the person's code, ``sentiment`` the score in force."""

    id: UUID
    participant: str
    text: str
    stage_id: UUID
    touchpoint_id: UUID | None
    occurred_at: datetime
    day: int | None
    participant_id: UUID
    source_id: UUID
    sentiment: float


@dataclass(frozen=True, slots=True)
class Reported:
    """The effort (1 to 7) that people chose in the form, at one stage and touchpoint (None: none was named)."""

    stage_id: UUID
    touchpoint_id: UUID | None
    entries: int
    total: int


_SAID = (
    Statement.id,
    Participant.code,
    Statement.text,
    Statement.stage_id,
    Statement.touchpoint_id,
    Statement.occurred_at,
    Statement.day,
    Statement.participant_id,
    Statement.source_id,
    Statement.sentiment_micro,
)


def _standing(sight: Sight) -> Select[*tuple[Any, ...]]:
    return (
        select(*_SAID)
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == sight.study_id, Statement.retracted_at.is_(None))
        .where(sight.reaches(Statement.participant_id))
    )


def _said(row: Sequence[Any]) -> Said:
    facts = [*row[:-1], row[-1] / MICRO]
    return Said(*facts)


def said(session: Session, sight: Sight, most: int) -> Sequence[Said]:
    """Return what its people said, as far as it may be seen: the ``most`` newest statements, in the order in which they came."""
    query = _standing(sight).where(Statement.source.in_(TEXT_SOURCES)).order_by(Statement.id.desc()).limit(most)
    rows = session.execute(query).all()
    return [_said(row) for row in reversed(rows)]


def said_by_id(session: Session, sight: Sight, ids: Collection[UUID]) -> Mapping[UUID, Said]:
    """Return those of the statements ``ids`` that stand and may be seen, observers' words as well."""
    if not ids:
        return {}
    rows = session.execute(_standing(sight).where(Statement.id.in_(ids))).all()
    return {row[0]: _said(row) for row in rows}


def count_said(session: Session, sight: Sight) -> int:
    """Return how many statements of a study's people may be seen."""
    query = (
        select(func.count())
        .select_from(Statement)
        .where(Statement.study_id == sight.study_id, Statement.retracted_at.is_(None))
        .where(sight.reaches(Statement.participant_id), Statement.source.in_(TEXT_SOURCES))
    )
    return session.scalar(query) or 0


def people_seen(session: Session, sight: Sight) -> Sequence[UUID]:
    """Return the participants whose words may be seen."""
    query = select(Participant.id).where(Participant.study_id == sight.study_id, IS_PERSON)
    return session.scalars(query.where(sight.reaches(Participant.id)).order_by(Participant.id)).all()


def reported_effort(session: Session, study_id: UUID) -> Sequence[Reported]:
    """Return the effort that was reported, by stage and touchpoint."""
    query = (
        select(Entry.stage_id, Entry.touchpoint_id, func.count(), func.sum(Entry.effort))
        .where(Entry.study_id == study_id, Entry.effort.is_not(None))
        .group_by(Entry.stage_id, Entry.touchpoint_id)
        .order_by(Entry.stage_id, Entry.touchpoint_id)
    )
    return [
        Reported(stage, touchpoint, count, int(total or 0))
        for stage, touchpoint, count, total in session.execute(query)
    ]
