"""SELECTs of what observers of the team wrote. It is read apart from what participants say."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.interviews.models import Interview, Turn
from app.participants.models import OBSERVER, Participant
from app.statements.models import CurveCell, Statement

OBSERVATION = "observation"
SAW, FELT = "saw", "felt"


def observer(session: Session, study_id: UUID, label: str) -> Participant | None:
    """Return the observer that one of the staff (as the log names them) is in a study, if they ever wrote there."""
    query = (
        select(Participant)
        .join(Interview, (Interview.study_id == Participant.study_id) & (Interview.participant_id == Participant.id))
        .where(Participant.study_id == study_id, Participant.kind == OBSERVER)
        .where(Interview.kind == OBSERVATION, Interview.created_by == label)
    )
    return session.scalars(query.order_by(Participant.id).limit(1)).first()


def observer_count(session: Session, study_id: UUID) -> int:
    """Return how many observers a study has."""
    query = select(func.count()).select_from(Participant)
    return session.scalar(query.where(Participant.study_id == study_id, Participant.kind == OBSERVER)) or 0


def walk(
    session: Session, study_id: UUID, observer_id: UUID, held_at: datetime, wave_id: UUID | None
) -> Interview | None:
    """Return the observer's walk of one day (its beginning) and wave."""
    query = select(Interview).where(
        Interview.study_id == study_id, Interview.participant_id == observer_id, Interview.kind == OBSERVATION
    )
    query = query.where(Interview.held_at == held_at, Interview.wave_id.is_not_distinct_from(wave_id))
    return session.scalars(query.order_by(Interview.id).limit(1)).first()


def turn(session: Session, study_id: UUID, turn_id: UUID, *, lock: bool = False) -> tuple[Turn, Interview]:
    """Return an observation's first part with its walk; NotFound for any other turn. ``lock``: held until the end."""
    query = (
        select(Turn, Interview)
        .join(Interview, (Interview.study_id == Turn.study_id) & (Interview.id == Turn.interview_id))
        .where(Turn.study_id == study_id, Turn.id == turn_id, Turn.question == SAW, Interview.kind == OBSERVATION)
    )
    if lock:
        query = query.with_for_update(of=Turn).execution_options(populate_existing=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def any_turn(session: Session, study_id: UUID, turn_id: UUID) -> Turn | None:
    """Return the turn of this id, whatever it is."""
    return session.get(Turn, (study_id, turn_id), populate_existing=True)


def observed(
    session: Session, study_id: UUID, *, by: str | None = None, most: int, only: UUID | None = None
) -> Sequence[tuple[Turn, Interview, str]]:
    """Return the first parts of observations with their walk and the observer's code, the latest first.

    ``by`` confines them to one writer, ``only`` to one observation.
    """
    query = (
        select(Turn, Interview, Participant.code)
        .join(Interview, (Interview.study_id == Turn.study_id) & (Interview.id == Turn.interview_id))
        .join(Participant, (Participant.study_id == Turn.study_id) & (Participant.id == Turn.participant_id))
        .where(Turn.study_id == study_id, Turn.question == SAW, Interview.kind == OBSERVATION)
    )
    query = query if by is None else query.where(Interview.created_by == by)
    query = query if only is None else query.where(Turn.id == only)
    order = (Interview.held_at.desc(), Turn.start_ms.desc(), Turn.id.desc())
    return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(*order).limit(most))]


def felt_parts(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> dict[UUID, Turn]:
    """Return the second parts with these ids."""
    query = select(Turn).where(Turn.study_id == study_id, Turn.id.in_(turn_ids), Turn.question == FELT)
    return {one.id: one for one in session.scalars(query)}


def standing(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """Return of each turn its statements in force and their scores in millionths."""
    query = select(Statement.source_id, Statement.id, Statement.sentiment_micro).where(
        Statement.study_id == study_id, Statement.source_id.in_(turn_ids), Statement.retracted_at.is_(None)
    )
    found: defaultdict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for source_id, statement_id, score in session.execute(query.order_by(Statement.id)):
        found[source_id].append((statement_id, score))
    return found


def by_stage(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return of each stage (position, its id as hex) what observers' cells sum up to: people, n, sum_model in millionths."""
    query = select(
        CurveCell.position,
        func.count(CurveCell.participant_id.distinct()).label("people"),
        func.sum(CurveCell.n).label("n"),
        func.sum(CurveCell.sum_model).label("sum_model"),
    ).where(CurveCell.study_id == study_id, CurveCell.axis == "stage", CurveCell.source == OBSERVER, CurveCell.n > 0)
    return session.execute(query.group_by(CurveCell.position)).all()
