"""SELECTs of what a stage's interval depends on: how much each person said there, and what was coded of it."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.coding.drawing_queries import drawable
from app.coding.needed import Codes, StageEvidence
from app.core.db import MICRO
from app.statements.cells import TEXT_SOURCES
from app.statements.models import CurveCell, Statement


def evidence(session: Session, study_id: UUID) -> dict[UUID, StageEvidence]:
    """Return what is known of each stage in which anybody spoke."""
    said: dict[UUID, list[tuple[int, float]]] = defaultdict(list)
    query = (
        select(
            CurveCell.position,
            func.sum(CurveCell.n).label("n"),
            func.sum(CurveCell.sum_model).label("total"),
        )
        .where(CurveCell.study_id == study_id, CurveCell.axis == "stage", CurveCell.source.in_(TEXT_SOURCES))
        .group_by(CurveCell.position, CurveCell.participant_id)
        .having(func.sum(CurveCell.n) > 0)
    )
    for row in session.execute(query):
        said[UUID(row.position)].append((int(row.n), int(row.total) / int(row.n) / MICRO))
    codes = _codes(session, study_id)
    found = {}
    for stage_id, people in said.items():
        n, mean = np.array(people, dtype=np.float64).T
        found[stage_id] = StageEvidence(n, mean, _arrays(codes[stage_id]))
    return found


def _codes(session: Session, study_id: UUID) -> dict[UUID, list[Any]]:
    query = select(
        Statement.stage_id,
        Statement.participant_id,
        Statement.sentiment_micro,
        Statement.human_micro,
        Statement.weight_micro,
    ).where(drawable(study_id), Statement.human_micro.is_not(None))
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        found[row.stage_id].append(row)
    return found


def _arrays(rows: list[Any]) -> Codes:
    people = {one: number for number, one in enumerate(sorted({row.participant_id for row in rows}))}
    numbers = np.array(
        [(row.sentiment_micro, row.human_micro, row.weight_micro) for row in rows], dtype=np.float64
    ).reshape(len(rows), 3)
    score, human, weight = (numbers / MICRO).T
    return Codes(np.array([people[row.participant_id] for row in rows], dtype=np.int64), score, human, weight)
