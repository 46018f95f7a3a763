"""Drawing statements for people to code, each with the probability with which it was drawn."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement


@dataclass(frozen=True, slots=True)
class Draw:
    """Statements in a random order, and the probability of each: the same for all."""

    statements: Sequence[Statement]
    probability: float


def draw(session: Session, actor: str, study_id: UUID, size: int, seed: int) -> Draw:
    """Draw up to ``size`` of the study's statements, none twice and all alike; the same seed draws the same again.

    Replaced ones, and what observers wrote, are left out. The log names ``actor``.
    """
    of_study = select(Statement.id).where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
    of_study = of_study.where(Statement.source.in_(TEXT_SOURCES))
    ids = session.scalars(of_study.order_by(Statement.id)).all()
    drawn = random.Random(seed).sample(ids, min(size, len(ids)))  # noqa: S311 - a sample that can be repeated, no secret
    rows = session.scalars(select(Statement).where(Statement.study_id == study_id, Statement.id.in_(drawn)))
    by_id = {row.id: row for row in rows}
    detail = {"drawn": len(drawn), "of": len(ids), "seed": seed}
    record(session, Change(actor, "statements.drawn", study_id, detail=detail))
    return Draw([by_id[one] for one in drawn], len(drawn) / len(ids) if ids else 0.0)
