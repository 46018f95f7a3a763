"""Whose curve it is: people by row, what each felt, and the curve of any of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import to_micro
from app.curves.estimators import CurveEstimate, Score, estimate_curve
from app.curves.jackknife import FloatArray
from app.curves.matrices import CellMatrices, Sums
from app.maps.ecosystem import grounds
from app.maps.ecosystem.grounds import Ground

Rows = NDArray[np.bool_]
K_ANONYMOUS = 8
SIX = ("n", "sum_model", "sum_weight", "sum_weight_model", "sum_weight_human", "coded")


@dataclass(frozen=True, slots=True)
class Place:
    """A figure at one place, with its interval; None where nothing is known or it may not be shown."""

    key: str
    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    people: int | None
    entries: int | None
    enough: bool
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Road:
    """The curve of some people, and which of its places may be the valley and the peak."""

    places: tuple[Place, ...]
    valley: tuple[str, ...]
    peak: tuple[str, ...]


def stages(session: Session, matrices: CellMatrices, study_id: UUID, *, anonymous: bool) -> Ground:
    """Return the ground of a study's stages."""
    return grounds.both(session, matrices, study_id, anonymous=anonymous)[1]


def score_of(ground: Ground) -> Score:
    """Return whose score the study's curve is drawn by: corrected by human codes where enough was coded."""
    return "corrected" if ground.curve.score == "corrected" and ground.curve.corrected else "model"


def rows_of(ground: Ground, people: Collection[UUID]) -> Rows:
    """Return which rows belong to ``people``."""
    return np.array([person in people for person in ground.people], dtype=bool)


def side(sums: Sums, rows: Rows) -> list[FloatArray]:
    """Return the six arrays of an estimate, with nothing in the rows of others."""
    return [np.where(rows[:, None], getattr(sums, name), 0.0) for name in SIX]


def road(ground: Ground, rows: Rows, *, anonymous: bool) -> Road:
    """Return the curve of the people in ``rows``. ``anonymous`` keeps back what fewer than 8 people, or all but fewer than
    8, stand behind."""
    found = estimate_curve(*(part[rows] for part in side(ground.text, rows)), score=score_of(ground))
    hidden = hidden_places(ground, rows) if anonymous else np.zeros(len(ground.curve.points), dtype=bool)
    places = tuple(
        place(found, column, point.key, point.label, ground.text, rows, hidden=bool(hidden[column]))
        for column, point in enumerate(ground.curve.points)
    )
    keys = [one.key for one in places]
    valley, peak = (tuple(keys[at] for at in those if not hidden[at]) for those in (found.valley, found.peak))
    return Road(places, valley, peak)


def whole(ground: Ground, rows: Rows, *, anonymous: bool) -> Place:
    """Return the mean over the whole road of the people in ``rows``, each statement counting once."""
    sums = Sums(*(getattr(ground.text, name).sum(axis=1, keepdims=True) for name in Sums.__slots__))
    found = estimate_curve(*(part[rows] for part in side(sums, rows)), score=score_of(ground))
    wrote = sums.n[:, 0] > 0
    return place(found, 0, "", "", sums, rows, hidden=anonymous and few_apart(wrote & rows, wrote))


def place(found: CurveEstimate, column: int, key: str, label: str, sums: Sums, rows: Rows, *, hidden: bool) -> Place:
    """Return one column of an estimate as it may be shown."""

    def figure(values: FloatArray) -> float | None:
        value = float(values[column])
        return None if hidden or not np.isfinite(value) else to_micro(value) / 1_000_000

    people = int((sums.n[rows, column] > 0).sum())
    return Place(
        key=key,
        label=label,
        estimate=figure(found.estimate),
        lower=figure(found.lower),
        upper=figure(found.upper),
        people=None if hidden else people,
        entries=None if hidden else int(sums.entries[rows, column].sum()),
        enough=bool(found.sufficient[column]) and not hidden,
        suppressed=hidden,
    )


def hidden_places(ground: Ground, rows: Rows) -> Rows:
    """Return where too few of ``rows``, or too few beside them, wrote (or were coded, in a corrected curve)."""
    counts = [ground.text.n > 0]
    if score_of(ground) == "corrected":
        counts.append(ground.text.coded > 0)
    hidden = np.array(ground.hidden, dtype=bool)
    for wrote in counts:
        inside = wrote[rows].sum(axis=0)
        beside = wrote.sum(axis=0) - inside
        hidden = hidden | (inside < K_ANONYMOUS) | ((beside > 0) & (beside < K_ANONYMOUS))
    return hidden


def few_apart(inside: Rows, everybody: Rows) -> bool:
    """Return whether too few are inside, or so few beside them that subtracting would show those."""
    n, rest = int(inside.sum()), int((everybody & ~inside).sum())
    return n < K_ANONYMOUS or 0 < rest < K_ANONYMOUS


def means(sums: Sums) -> FloatArray:
    """Return what each person felt at each place, shape (participants, places); NaN where they said nothing."""
    return np.divide(sums.sum_model, sums.n, out=np.full_like(sums.sum_model, np.nan), where=sums.n > 0)


def overall(sums: Sums) -> FloatArray:
    """Return what each person felt over the whole road, shape (participants,); NaN for who said nothing."""
    total, n = sums.sum_model.sum(axis=1), sums.n.sum(axis=1)
    felt: FloatArray = np.divide(total, n, out=np.full_like(total, np.nan), where=n > 0)
    return felt


def column_of(ground: Ground, key: str) -> int | None:
    """Return the column of the place ``key``."""
    keys: Sequence[str] = [point.key for point in ground.curve.points]
    return keys.index(key) if key in keys else None
