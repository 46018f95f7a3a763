"""SELECTs of what was answered about satisfaction, of referrals, and of emotion in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.diary.models import Entry
from app.participants.relation_models import REFERRAL, RelationEvent
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement

MOST_READ: Final = 100_000
"""So many answers of one question, and so many entries, the newest, are read."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Who, in which wave, and when."""

    person: UUID
    wave_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Felt(Moment):
    """The sentiment (−1..1) of the statements of one entry or turn: their sum and number."""

    total: float
    n: int


def answers(session: Session, study_id: UUID, question: str) -> Sequence[tuple[Moment, str]]:
    """Return what people chose at ``question``, of the newest entries."""
    chosen = Entry.answers[question].as_string()
    query = (
        select(Entry.participant_id, Entry.wave_id, Entry.occurred_at, chosen)
        .where(Entry.study_id == study_id, chosen.is_not(None))
        .order_by(Entry.received_at.desc(), Entry.id)
        .limit(MOST_READ)
    )
    return [(Moment(person, wave, at), str(answer)) for person, wave, at, answer in session.execute(query)]


def moments(session: Session, study_id: UUID) -> Sequence[Moment]:
    """Return when people wrote, and in which wave, of the newest entries."""
    query = (
        select(Entry.participant_id, Entry.wave_id, Entry.occurred_at)
        .where(Entry.study_id == study_id)
        .order_by(Entry.received_at.desc(), Entry.id)
        .limit(MOST_READ)
    )
    return [Moment(person, wave, at) for person, wave, at in session.execute(query)]


def referrals(session: Session, study_id: UUID) -> Sequence[tuple[UUID, date]]:
    """Return who referred somebody, and on which day."""
    query = select(RelationEvent.participant_id, RelationEvent.on).where(
        RelationEvent.study_id == study_id, RelationEvent.kind == REFERRAL
    )
    return [(person, on) for person, on in session.execute(query)]


def events_known(session: Session, study_id: UUID) -> bool:
    """Return whether any event of a relation is known, so that no referral means that nobody referred."""
    return session.scalar(select(RelationEvent.id).where(RelationEvent.study_id == study_id).limit(1)) is not None


def felt(session: Session, study_id: UUID) -> Sequence[Felt]:
    """Return the sentiment of the newest entries and turns, each as a sum over its statements."""
    query = (
        select(
            Statement.participant_id,
            Statement.wave_id,
            func.min(Statement.occurred_at),
            func.sum(Statement.sentiment_micro),
            func.count(),
        )
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None), Statement.source.in_(TEXT_SOURCES))
        .group_by(Statement.participant_id, Statement.wave_id, Statement.source_id)
        .order_by(func.min(Statement.occurred_at).desc())
        .limit(MOST_READ)
    )
    return [
        Felt(person, wave, at, float(total) / MICRO, int(n)) for person, wave, at, total, n in session.execute(query)
    ]
