"""What people say drawn statements express, beside the machine's scores: it enters the cells in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from app.core.db import MICRO, table_of, to_micro
from app.statements import cells, queries
from app.statements.cells import NOT_CODED, Place, contribution_of, weighted
from app.statements.holding import hold
from app.statements.models import Statement

LEAST_PROBABILITY = 1 / MICRO
"""A statement drawn with less would count for more than a million, and sums of such weights overflow."""

BATCH = 500

_SET = (
    update(table_of(Statement))
    .where(Statement.study_id == bindparam("of_study"), Statement.id == bindparam("of_statement"))
    .values(human_micro=bindparam("human"), weight_micro=bindparam("weight"))
)


@dataclass(frozen=True, slots=True)
class HumanValue:
    """The value in force of a drawn statement: ``sentiment`` −1..1, and the ``probability`` with which it was drawn.

    Raises ValueError for a sentiment out of range and a probability that is not in [1e-6, 1].
    """

    sentiment: float
    probability: float

    def __post_init__(self) -> None:
        if not -1 <= self.sentiment <= 1:
            raise ValueError(f"sentiment must lie between -1 and 1, got {self.sentiment}")
        if not LEAST_PROBABILITY <= self.probability <= 1:
            raise ValueError(f"probability must lie between {LEAST_PROBABILITY:g} and 1, got {self.probability}")

    @property
    def micro(self) -> tuple[int, int]:
        """The sentiment and the weight 1/π, in millionths."""
        return to_micro(self.sentiment), to_micro(1 / self.probability)


def set_human(session: Session, study_id: UUID, values: Mapping[UUID, HumanValue | None]) -> None:
    """Set what statements were coded as by people, or take it out (None), and bring the cells along.

    Everything happens in the caller's transaction. What is equal stays untouched, and so do statements that were
    replaced, or are none of the study's.
    """
    hold(session, study_id)
    wanted = sorted(values)
    changes: dict[cells.CellKey, list[int]] = {}
    for first in range(0, len(wanted), BATCH):
        batch = wanted[first : first + BATCH]
        rows = queries.standing_for_update(session, study_id, Statement.id.in_(batch))
        changed = [row for row in rows if (row.human_micro, row.weight_micro) != _micro(values[row.id])]
        _add(changes, _deltas(changed, values))
        _store(session, study_id, changed, values)
    cells.apply(session, study_id, {key: change for key, change in changes.items() if any(change)})


def _micro(value: HumanValue | None) -> tuple[int, int] | tuple[None, None]:
    return (None, None) if value is None else value.micro


def _deltas(rows: Sequence[Any], values: Mapping[UUID, HumanValue | None]) -> dict[cells.CellKey, list[int]]:
    before = [contribution_of(_place(row), row.source, [row]) for row in rows]
    after = [
        replace(one, drawn=_drawn(values[row.id], row.sentiment_micro)) for one, row in zip(before, rows, strict=True)
    ]
    return cells.deltas(after, before)


def _drawn(value: HumanValue | None, score_micro: int) -> tuple[int, int, int, int]:
    if value is None:
        return NOT_CODED
    human, weight = value.micro
    return 1, weight, weighted(weight, score_micro), weighted(weight, human)


def _place(row: Any) -> Place:
    return Place(row.participant_id, row.stage_id, row.touchpoint_id, row.wave_id, row.day)


def _add(changes: dict[cells.CellKey, list[int]], further: Mapping[cells.CellKey, Sequence[int]]) -> None:
    for key, change in further.items():
        known = changes.get(key)
        changes[key] = (
            list(change) if known is None else [one + other for one, other in zip(known, change, strict=True)]
        )


def _store(session: Session, study_id: UUID, rows: Sequence[Any], values: Mapping[UUID, HumanValue | None]) -> None:
    if not rows:
        return
    parameters = []
    for row in rows:
        human, weight = _micro(values[row.id])
        parameters.append({"of_study": study_id, "of_statement": row.id, "human": human, "weight": weight})
    session.connection().execute(_SET, parameters)
