"""SELECTs of the steps that people took from one touchpoint to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, Subquery, cast, func, select
from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement


@dataclass(frozen=True, slots=True)
class StepSum:
    """How often one person went from one touchpoint to another, and by how much experience changed in all."""

    participant_id: UUID
    origin: UUID
    target: UUID
    n: int
    change: float


def steps(session: Session, study_id: UUID, most: int, *, wave_id: UUID | None = None) -> Sequence[StepSum]:
    """Return the steps between touchpoints that one person wrote of one after another, from the ``most`` newest statements.

    An entry that names a touchpoint is one visit, felt as the mean of its statements; visits of the same touchpoint in a row
    are no step.
    """
    newest = (
        select(
            Statement.participant_id,
            Statement.source_id,
            Statement.touchpoint_id,
            Statement.occurred_at,
            Statement.sentiment_micro,
        )
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
        .where(Statement.source.in_(TEXT_SOURCES), Statement.touchpoint_id.is_not(None))
        .order_by(Statement.id.desc())
        .limit(most)
    )
    read = (newest if wave_id is None else newest.where(Statement.wave_id == wave_id)).subquery()
    visits = (
        select(
            read.c.participant_id,
            read.c.source_id,
            read.c.touchpoint_id,
            func.min(read.c.occurred_at).label("at"),
            (cast(func.sum(read.c.sentiment_micro), Float) / func.count()).label("felt"),
        )
        .group_by(read.c.participant_id, read.c.source_id, read.c.touchpoint_id)
        .subquery()
    )
    walked = select(
        visits.c.participant_id,
        _before(visits, visits.c.touchpoint_id).label("origin"),
        visits.c.touchpoint_id.label("target"),
        (visits.c.felt - _before(visits, visits.c.felt)).label("change"),
    ).subquery()
    query = (
        select(walked.c.participant_id, walked.c.origin, walked.c.target, func.count(), func.sum(walked.c.change))
        .where(walked.c.origin.is_not(None), walked.c.origin != walked.c.target)
        .group_by(walked.c.participant_id, walked.c.origin, walked.c.target)
    )
    return [
        StepSum(person, origin, target, int(n), float(change) / MICRO)
        for person, origin, target, n, change in session.execute(query)
    ]


def _before(visits: Subquery, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what ``column`` was at the same person's visit before."""
    return func.lag(column, type_=column.type).over(
        partition_by=visits.c.participant_id, order_by=(visits.c.at, visits.c.source_id)
    )
