"""Who came as far as a stage and wrote nothing there, and how much worse they would have to feel to change the curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.db import to_micro
from app.curves.estimators import CurveEstimate
from app.curves.tipping import tipping_points


@dataclass(frozen=True, slots=True)
class Missing:
    """Of those who ``reached`` a stage (wrote there or at a later one) ``people`` wrote nothing there.

    In score points: how much lower than the others they would have to feel until the set of valleys changes
    (``changes``), until the stage belongs to it (``joins``), until it is the lowest (``leads``); None where that cannot
    happen or is not known. ``room`` is the most that the scale leaves them.
    """

    reached: int
    people: int
    changes: float | None
    joins: float | None
    leads: float | None
    room: float | None

    def within(self, needed: float | None) -> bool:
        """Whether the missing could be so much lower without leaving the scale."""
        return needed is not None and self.room is not None and needed <= self.room


def missing_of(n: NDArray[np.float64], estimate: CurveEstimate, hidden: NDArray[np.bool_]) -> Sequence[Missing | None]:
    """Return who is missing at each stage, of statements counted by ``n`` (participants, stages in their order); None for
    a stage that is ``hidden``, which no other is compared with either."""
    wrote = n > 0
    reached = np.flip(np.logical_or.accumulate(np.flip(wrote, axis=1), axis=1), axis=1).sum(axis=0)
    present = wrote.sum(axis=0)
    comparable = estimate.sufficient & np.isfinite(estimate.standard_error) & ~hidden
    tips = tipping_points(estimate.estimate, estimate.margins, comparable, present, reached)
    columns = (tips.changes, tips.joins, tips.leads, tips.room)
    return [
        None
        if hidden[at]
        else Missing(int(reached[at]), int(reached[at] - present[at]), *(_figure(column[at]) for column in columns))
        for at in range(len(present))
    ]


def _figure(value: float) -> float | None:
    return to_micro(float(value)) / 1_000_000 if np.isfinite(value) else None
