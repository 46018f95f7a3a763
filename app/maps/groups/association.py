"""Whether people who felt better have the better outcome: rank correlation for numbers, odds for yes and no. Arrays only.

Participants are the unit. Several places are looked at together, so each has a second, wider interval that holds for all
of them at once (Bonferroni), and only that one decides whether anything is said to go together.
"""

from dataclasses import dataclass
from math import atanh, exp, inf, log, sqrt, tanh
from typing import Final, Literal, TypeAlias

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Kind: TypeAlias = Literal["correlation", "odds"]

MIN_PEOPLE: Final = 10
MIN_EACH: Final = 3
"""People with, and people without, before odds are spoken of."""

STEPS: Final = 36
ENOUGH: Final = 1e-7
STEEPEST: Final = 9.21
"""Logarithm of the odds for one standard deviation; beyond it a bound is infinite."""


@dataclass(frozen=True, slots=True)
class Association:
    """A rank correlation in [-1, 1], or by how much the odds multiply where emotion is one standard deviation higher.

    ``lower`` and ``upper`` hold for this place alone, ``joint_lower`` and ``joint_upper`` for all ``places`` at once. None
    where too few people stand behind it, or all are alike.
    """

    kind: Kind
    people: int
    estimate: float | None
    lower: float | None
    upper: float | None
    joint_lower: float | None
    joint_upper: float | None
    enough: bool
    places: int
    level: float

    @property
    def clear(self) -> bool:
        """Whether the wider interval leaves out that nothing goes together."""
        if self.joint_lower is None or self.joint_upper is None:
            return False
        nothing = 0.0 if self.kind == "correlation" else 1.0
        return not self.joint_lower <= nothing <= self.joint_upper


def correlation(
    x: ArrayLike, y: ArrayLike, *, places: int = 1, level: float = 0.95, least: int = MIN_PEOPLE
) -> Association:
    """Return Spearman's rank correlation of the people (``least`` of them) who have both. NaN is not known.

    The interval is by Fisher's z with the variance of Bonett and Wright (2000), which allows for ranks: (1 + r²/2)/(n − 3).
    """
    one, other = _both(x, y)
    people = len(one)
    flat = people < max(least, 4) or _same(one) or _same(other)
    if flat:
        return _unknown("correlation", people, places, level)
    r = spearman(one, other)
    bounds = [_fisher(r, people, each) for each in (level, joint_level(level, places))]
    return Association("correlation", people, r, *bounds[0], *bounds[1], enough=True, places=places, level=level)


def odds(x: ArrayLike, y: ArrayLike, *, places: int = 1, level: float = 0.95) -> Association:
    """Return by how much the odds of ``y`` (0 or 1) multiply for one standard deviation more of ``x``.

    Logistic regression with Firth's penalty (1993), and intervals from its profile (Heinze and Schemper, 2002): finite
    estimates and honest bounds for few people, also where ``x`` splits them without overlap.
    """
    one, other = _both(x, y)
    people, yes = len(one), int(other.sum())
    if people < MIN_PEOPLE or min(yes, people - yes) < MIN_EACH or _same(one):
        return _unknown("odds", people, places, level)
    scaled = (one - one.mean()) / one.std(ddof=1)
    summit = _maximum(scaled, other)
    bounds = [_profile(scaled, other, summit, each) for each in (level, joint_level(level, places))]
    return Association("odds", people, exp(summit[0]), *bounds[0], *bounds[1], enough=True, places=places, level=level)


def joint_level(level: float, places: int) -> float:
    """Return the level at which each of ``places`` intervals holds so that all do at ``level``."""
    return 1 - (1 - level) / max(places, 1)


def spearman(one: FloatArray, other: FloatArray) -> float:
    """Return the correlation of ranks, equal values sharing theirs."""
    return float(np.clip(np.corrcoef(ranks(one), ranks(other))[0, 1], -1.0, 1.0))


def ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value, the smallest 1; equal values have the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    shared: FloatArray = (last - (count - 1) / 2)[place.reshape(-1)]
    return shared


def kendall(one: FloatArray, other: FloatArray) -> float:
    """Return Kendall's τ-b; NaN where either is all alike."""
    upper = np.triu_indices(len(one), 1)
    first, second = (np.sign(np.subtract.outer(each, each))[upper] for each in (one, other))
    size = sqrt(float((first**2).sum()) * float((second**2).sum()))
    return float((first * second).sum()) / size if size else float("nan")


def _fisher(r: float, people: int, level: float) -> tuple[float, float]:
    if abs(r) >= 1:
        return (r, r)
    wide = float(scipy.special.ndtri((1 + level) / 2)) * sqrt((1 + r * r / 2) / (people - 3))
    return tanh(atanh(r) - wide), tanh(atanh(r) + wide)


def _both(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    one, other = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"both arrays must have the shape (people,), got {one.shape} and {other.shape}")
    known = np.isfinite(one) & np.isfinite(other)
    return one[known], other[known]


def _same(values: FloatArray) -> bool:
    return bool(np.ptp(values) <= 1e-12)


def _unknown(kind: Kind, people: int, places: int, level: float) -> Association:
    return Association(kind, people, None, None, None, None, None, enough=False, places=places, level=level)


def penalised(slope: float, start: float, x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return the largest penalised log-likelihood log L + ½ log |I| of this ``slope`` over the intercept, and that intercept.

    Newton's steps from ``start`` with numeric derivatives, halved until they climb.
    """
    intercept, wide = start, 1e-4
    value = _likelihood(intercept, slope, x, y)
    for _ in range(STEPS):
        ahead, behind = (_likelihood(intercept + way, slope, x, y) for way in (wide, -wide))
        first, second = (ahead - behind) / (2 * wide), (ahead - 2 * value + behind) / wide**2
        step = max(min(-first / second if second < 0 else first, 2.0), -2.0)
        while abs(step) > ENOUGH and (after := _likelihood(intercept + step, slope, x, y)) < value:
            step /= 2
        if abs(step) <= ENOUGH:
            break
        intercept, value = intercept + step, after
    return value, intercept


def _likelihood(intercept: float, slope: float, x: FloatArray, y: FloatArray) -> float:
    eta = intercept + slope * x
    chance = scipy.special.expit(eta)
    weight = chance * (1 - chance)
    whole, first, second = float(weight.sum()), float(weight @ x), float(weight @ (x * x))
    information = max(whole * second - first * first, 1e-300)
    return float(y @ eta - np.logaddexp(0.0, eta).sum()) + 0.5 * log(information)


def _maximum(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Return the slope of the largest penalised likelihood, that likelihood and its intercept: golden section, for it has
    one summit."""
    golden = (sqrt(5) - 1) / 2
    low, high = -STEEPEST, STEEPEST
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = penalised(left, 0.0, x, y), penalised(right, 0.0, x, y)
    for _ in range(STEPS):
        if at_left[0] > at_right[0]:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = penalised(left, at_right[1], x, y)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = penalised(right, at_left[1], x, y)
    best = (low + high) / 2
    return best, *penalised(best, at_left[1], x, y)


def _profile(x: FloatArray, y: FloatArray, summit: tuple[float, float, float], level: float) -> tuple[float, float]:
    """Return where the profile has fallen by half the quantile of χ² on both sides of the summit, as odds."""
    best, peak, start = summit
    floor = peak - float(scipy.special.ndtri((1 + level) / 2)) ** 2 / 2
    bounds = []
    for side in (-1.0, 1.0):
        inside, outside, intercept = best, side * STEEPEST, start
        if penalised(outside, 0.0, x, y)[0] >= floor:
            bounds.append(0.0 if side < 0 else inf)
            continue
        for _ in range(STEPS):
            middle = (inside + outside) / 2
            value, intercept = penalised(middle, intercept, x, y)
            inside, outside = (inside, middle) if value < floor else (middle, outside)
        bounds.append(exp((inside + outside) / 2))
    return bounds[0], bounds[1]
