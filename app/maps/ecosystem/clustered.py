"""Shares, means, differences and slopes whose unit of uncertainty is the participant. Arrays only.

Means over what people said are ratios of sums; their errors come from the delete-one-participant jackknife, jointly
over all columns, as those of curves do (see app.curves.jackknife), and their intervals from Student's t.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from app.curves.jackknife import MIN_PARTICIPANTS, BoolArray, FloatArray, jackknife_covariance, ratio, t_quantile

IMPACT_FROM = 8
"""So many people are needed before two of their figures are said to go together."""


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole`` people, with Wilson's interval."""

    part: int
    whole: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate over ``people`` from ``n`` entries. Bounds are None where people are too few to give one."""

    value: float | None
    lower: float | None
    upper: float | None
    people: int
    n: int

    @property
    def enough(self) -> bool:
        """Whether there are people enough to say something by it."""
        return self.lower is not None and self.people >= MIN_PARTICIPANTS

    @property
    def below(self) -> bool:
        """Whether it lies below zero beyond chance."""
        return self.enough and self.upper is not None and self.upper < 0

    @property
    def above(self) -> bool:
        """Whether it lies above zero beyond chance."""
        return self.enough and self.lower is not None and self.lower > 0


NOTHING = Figure(None, None, None, 0, 0)


def wilson(part: int, whole: int, level: float = 0.95) -> Share | None:
    """Return ``part / whole`` with Wilson's score interval (Wilson, 1927); None of nobody.

    ValueError unless 0 ≤ part ≤ whole.
    """
    if not 0 <= part <= whole:
        raise ValueError("part must lie between 0 and whole")
    if whole == 0:
        return None
    z = float(scipy.special.ndtri((1 + level) / 2))
    value = part / whole
    middle = (value + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(value * (1 - value) / whole + z * z / (4 * whole * whole))
    # At the ends the bound is the end itself, whatever rounding says.
    lower = 0.0 if part == 0 else max(middle - half, 0.0)
    return Share(part, whole, value, lower, 1.0 if part == whole else min(middle + half, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Means of columns, shape (columns,), their covariance, and how many people and entries stand behind each."""

    value: FloatArray
    covariance: FloatArray
    people: FloatArray
    n: FloatArray

    def figure(self, column: int, level: float = 0.95) -> Figure:
        """Return one column's mean with its interval."""
        return _figure(self.value[column], self.covariance[column, column], self.people[column], self.n[column], level)

    def difference(self, before: int, after: int, level: float = 0.95) -> Figure:
        """Return the mean of ``after`` minus that of ``before``; those in both columns count as themselves.

        The column with fewer people decides how well its error is known.
        """
        value = self.value[after] - self.value[before]
        spread = self.covariance[after, after] + self.covariance[before, before]
        variance = spread - 2 * self.covariance[before, after]
        people = min(self.people[before], self.people[after])
        return _figure(value, max(variance, 0.0), people, self.n[before] + self.n[after], level)


def clustered_means(totals: FloatArray, counts: FloatArray) -> Means:
    """Return Σ totals / Σ counts of each column; both have the shape (participants, columns)."""
    present = counts > 0
    total, count = totals.sum(axis=0), counts.sum(axis=0)
    left = ratio(total - totals, count - counts, (count - counts) > 0)
    people = present.sum(axis=0)
    covariance = jackknife_covariance(present, np.nan_to_num(left), np.nan_to_num(left), people > 1)
    return Means(ratio(total, count, count > 0), covariance, people.astype(float), count)


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Sums over observations of each participant, shape (participants,): n, Σt, Σtt, Σy, Σty."""

    n: FloatArray
    t: FloatArray
    tt: FloatArray
    y: FloatArray
    ty: FloatArray


def clustered_slope(sums: Slopes, span: float, level: float = 0.95) -> Figure:
    """Return by how much y changes over ``span`` units of t: the slope of least squares times ``span``."""
    present = sums.n > 0
    people = float(present.sum())
    value = _slope(sums.n.sum(), sums.t.sum(), sums.tt.sum(), sums.y.sum(), sums.ty.sum())
    columns = (sums.n, sums.t, sums.tt, sums.y, sums.ty)
    left = _slope(*(column.sum() - column[present] for column in columns))
    if not np.isfinite(value) or people < 2 or not np.isfinite(left).all():
        return Figure(None, None, None, int(people), int(sums.n.sum()))
    variance = (people - 1) / people * float(((left - left.mean()) ** 2).sum())
    return _figure(float(value) * span, variance * span**2, people, sums.n.sum(), level)


def _slope(n: FloatArray, t: FloatArray, tt: FloatArray, y: FloatArray, ty: FloatArray) -> FloatArray:
    spread = n * tt - t**2
    return ratio(np.asarray(n * ty - t * y), np.asarray(spread), np.asarray(spread > 1e-9))


def correlation(x: FloatArray, y: FloatArray, level: float = 0.95) -> Figure:
    """Return how far two figures of the same people go together: the standardized slope of y on x, in [−1, 1].

    The interval comes from the jackknife of Fisher's z. Both arrays have the shape (participants,) and are finite; fewer
    than IMPACT_FROM people, or figures that do not differ, give none.
    """
    people = x.size
    if people < IMPACT_FROM:
        return Figure(None, None, None, people, people)
    value = _correlated(*_sums(x, y))
    left = _correlated(*(whole - own for whole, own in zip(_sums(x, y), _parts(x, y), strict=True)))
    if not np.isfinite(value) or not np.isfinite(left).all():
        return Figure(None, None, None, people, people)
    z = np.arctanh(np.clip(left, -1 + 1e-9, 1 - 1e-9))
    error = math.sqrt((people - 1) / people * float(((z - z.mean()) ** 2).sum()))
    middle = float(np.arctanh(np.clip(value, -1 + 1e-9, 1 - 1e-9)))
    half = float(t_quantile(np.array([people - 2.0]), level)[0]) * error
    return Figure(float(value), math.tanh(middle - half), math.tanh(middle + half), people, people)


def _parts(x: FloatArray, y: FloatArray) -> tuple[FloatArray, ...]:
    x, y = x - x.mean(), y - y.mean()
    return np.ones_like(x), x, y, x * x, y * y, x * y


def _sums(x: FloatArray, y: FloatArray) -> tuple[FloatArray, ...]:
    return tuple(np.asarray(part.sum()) for part in _parts(x, y))


def _correlated(
    n: FloatArray, x: FloatArray, y: FloatArray, xx: FloatArray, yy: FloatArray, xy: FloatArray
) -> FloatArray:
    across, down = xx - x * x / n, yy - y * y / n
    known: BoolArray = np.asarray((across > 1e-12) & (down > 1e-12))
    root = np.sqrt(np.where(known, across * down, 1.0))
    return np.where(known, (xy - x * y / n) / root, np.nan)


def product(one: Figure, share: Share, level: float = 0.95) -> Figure:
    """Return ``one × (1 − share)`` of two independent estimates, its interval by MOVER (Zou and Donner, 2008)."""
    if one.value is None or one.lower is None or one.upper is None:
        return Figure(None, None, None, one.people, one.n)
    rest, low, high = 1 - share.value, 1 - share.upper, 1 - share.lower
    value = one.value * rest
    # What lowers the product: a smaller ``one``, and a rest that moves towards zero from its own side.
    down, up = (rest - low, high - rest) if one.value >= 0 else (high - rest, rest - low)
    lower = value - math.hypot(rest * (one.value - one.lower), one.value * down)
    upper = value + math.hypot(rest * (one.upper - one.value), one.value * up)
    return Figure(value, lower, upper, one.people, one.n)


def _figure(value: float, variance: float, people: float, n: float, level: float) -> Figure:
    if not np.isfinite(value):
        return Figure(None, None, None, int(people), int(n))
    if people < 2 or not np.isfinite(variance):
        return Figure(float(value), None, None, int(people), int(n))
    half = float(t_quantile(np.array([people - 1.0]), level)[0]) * math.sqrt(variance)
    return Figure(float(value), float(value - half), float(value + half), int(people), int(n))
