"""How much worse those who are missing would have to feel before a curve says something else. Arrays only.

A stage's estimate is what those who wrote there felt. Of everybody who came that far some wrote nothing. If those had felt
δ lower than the others, the stage would lie (missing / reached)·δ lower: the pattern-mixture view of missing reports (Little,
1993) with its tipping points (Yan, Lee and Li, 2009).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from app.curves.jackknife import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TippingPoints:
    """Per stage, in score points: how much lower the missing would have to be; each array has shape (stages,).

    `changes`: until the set of valleys is another one; `joins`: until the stage belongs to it (0: it does already);
    `leads`: until the stage is the lowest of all (0: it is already). NaN where nobody is missing, nothing is known, or it
    cannot happen. `room` is how much lower the missing could be at most, at the scale's end; `share` are the missing among
    those who reached the stage.
    """

    share: FloatArray
    changes: FloatArray
    joins: FloatArray
    leads: FloatArray
    room: FloatArray


def tipping_points(
    estimate: ArrayLike,
    margins: ArrayLike,
    comparable: ArrayLike,
    present: ArrayLike,
    reached: ArrayLike,
    *,
    lowest: float = -1.0,
) -> TippingPoints:
    """Return how much lower the missing of each stage would have to be, those of the other stages being like the present.

    `estimate`, `comparable`, `present` and `reached` (numbers of participants) have shape (stages,), `margins` (stages,
    stages) is how far two stages must lie apart to be told apart, held as it is. Who is missing counts as much as whoever
    wrote. Closed form: lowering a stage by d lets it join the valleys once d ≥ max(difference − margin) over the others,
    drives another one out once that lies more than the margin above it, and makes it the lowest once d ≥ the difference to
    the lowest other one; δ is d divided by the share of the missing.

    Raises ValueError for shapes that do not fit, or where more are present than reached the stage.
    """
    value, wide, here = np.asarray(estimate, float), np.asarray(margins, float), np.asarray(comparable, bool)
    counted, came = np.asarray(present, float), np.asarray(reached, float)
    if wide.shape != (value.size, value.size) or {here.shape, counted.shape, came.shape} != {value.shape}:
        raise ValueError("all arrays must be of one length, margins square")
    if (counted > came).any() or counted.min(initial=0.0) < 0:
        raise ValueError("who is present at a stage has reached it")
    share = np.divide(came - counted, came, out=np.zeros_like(value), where=came > 0)
    known = here & np.isfinite(value) & (share > 0) & (here.sum() > 1)
    joins, leaves, leads = _falls(value, wide, here)
    inside = joins <= 0
    changes = np.where(inside, leaves, np.fmin(joins, leaves))

    def per_missing(fall: FloatArray) -> FloatArray:
        needed = np.divide(np.maximum(fall, 0.0), share, out=np.full_like(value, np.nan), where=known)
        return np.where(np.isfinite(needed), needed, np.nan)

    return TippingPoints(
        share, per_missing(changes), per_missing(joins), per_missing(leads), np.where(known, value - lowest, np.nan)
    )


def _falls(value: FloatArray, margins: FloatArray, here: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How far each stage must fall to join the valleys, to drive another one out, and to be the lowest."""
    size = value.size
    others = here[None, :] & ~np.eye(size, dtype=bool)
    above = np.where(others, np.subtract.outer(value, value), -np.inf)
    margin = np.where(others, np.nan_to_num(margins), 0.0)
    joins = (above - margin).max(axis=1, initial=-np.inf)
    leads = above.max(axis=1, initial=-np.inf)
    # Only a stage that belongs to the valleys can be driven out of them, and only by one that lies below it.
    valley = here & ((above - margin).max(axis=1, initial=-np.inf) <= 0)
    falls = np.where(others & valley[None, :], above + margin, np.inf)
    return joins, falls.min(axis=1, initial=np.inf), leads
