"""How much each touchpoint counts for an overall outcome: Shapley shares of R², with intervals over people. Arrays only.

The share of a predictor is what it adds to the R² of a linear regression, averaged over every order in which predictors
can be added (Lindeman, Merenda and Gold, 1980, known as LMG; Grömping, 2007). R² is the adjusted one (Ezekiel, 1930) of
every subset: the plain one credits each predictor with what chance alone explains, which with some dozens of people pulls
all shares together. A sample of people drawn with replacement is worth half as many, and is adjusted so. Shares say what
goes together, not what causes what.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import factorial
from typing import Final, Literal, TypeAlias

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Lacking: TypeAlias = Literal["", "people", "predictors", "fit"]

MOST_PREDICTORS: Final = 12
MIN_PEOPLE: Final = 24
PEOPLE_PER_PREDICTOR: Final = 4
MIN_SEEN: Final = 0.5
"""A predictor is compared if so many of the people had it, and a person counts who had so many of the predictors."""

REDUNDANT: Final = 1e-9
"""Of a predictor's variance; one that has less left beside the others adds nothing."""

CHUNK: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class Impact:
    """Shares of R², shape (predictors,), each in [0, 1] and 1 in all; NaN where a predictor was left out.

    ``lower`` and ``upper`` hold for each predictor at ``level``, from ``bootstrap`` samples of people; NaN where nothing may
    be said. ``lacking`` says why: too few people, fewer than two predictors, or predictors that explain the outcome no better
    than chance would (F test at 1 − ``level``). ``r2`` is of the sample, ``adjusted`` allows for the number of predictors.
    """

    share: FloatArray
    lower: FloatArray
    upper: FloatArray
    used: NDArray[np.bool_]
    people: int
    r2: float
    adjusted: float
    p: float
    lacking: Lacking
    level: float


def impact(x: ArrayLike, y: ArrayLike, *, level: float = 0.95, bootstrap: int = 600, seed: int = 0) -> Impact:
    """Return what each column of ``x``, shape (people, predictors), counts for ``y``, shape (people,).

    NaN is a predictor that a person never had, or an outcome that is not known. A person counts whose outcome is known and
    who had at least half of the predictors that at least half of the people had; what they did not have stands at the mean
    of those who did, so that it tells nothing (which makes predictors that few people had look smaller than they are).
    Predictors that fewer had are left out. At most MOST_PREDICTORS; ValueError beyond, and for other shapes.
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if xs.ndim != 2 or ys.shape != xs.shape[:1]:
        raise ValueError(f"x must have the shape (people, predictors) and y (people,), got {xs.shape} and {ys.shape}")
    if xs.shape[1] > MOST_PREDICTORS:
        raise ValueError(f"at most {MOST_PREDICTORS} predictors, got {xs.shape[1]}: group them")
    used, rows = _counted(xs, ys)
    kept = xs[np.ix_(rows, used)]
    people, predictors = kept.shape
    if predictors < 2 or people < predictors + 3:
        return _nothing(xs.shape[1], used, people, "predictors" if predictors < 2 else "people", level)
    moments = _Moments.of(kept, ys[rows])
    explained = r2_of_subsets(moments.correlations(np.ones((1, people))))
    r2 = float(np.clip(explained[0, -1], 0.0, 1.0))
    adjusted, p = _fit(r2, people, predictors)
    lacking: Lacking = "people" if people < needed(predictors) else "fit" if p > 1 - level else ""
    share = _spread(normed(shapley(adjusted_r2(explained, people)))[0], used)
    if lacking:
        blank = np.full(xs.shape[1], np.nan)
        return Impact(share, blank, blank, used, people, r2, adjusted, p, lacking, level)
    drawn = _bootstrapped(moments, people, bootstrap, seed)
    tail = (1 - level) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return Impact(share, _spread(lower, used), _spread(upper, used), used, people, r2, adjusted, p, "", level)


def needed(predictors: int) -> int:
    """Return how many people it takes to say something of so many predictors."""
    return max(MIN_PEOPLE, PEOPLE_PER_PREDICTOR * predictors)


def r2_of_subsets(correlations: FloatArray) -> FloatArray:
    """Return R² of the last variable on every subset of the others, shape (samples, 2 ** predictors).

    ``correlations`` has the shape (samples, predictors + 1, predictors + 1). Subset ``mask`` holds predictor j if bit j is
    set. One predictor after the other is swept out of what is left or dropped from it: exact, and far less work than a
    regression for each subset.
    """
    left = correlations[:, None]
    total = correlations[:, -1, -1]
    for _ in range(correlations.shape[-1] - 1):
        pivot, cross, rest = left[..., 0, 0], left[..., 0, 1:], left[..., 1:, 1:]
        weight = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > REDUNDANT)
        swept = rest - weight[..., None, None] * cross[..., :, None] * cross[..., None, :]
        left = np.concatenate([rest, swept], axis=1)
    unexplained = left[..., 0, 0]
    shown: FloatArray = 1 - np.divide(
        unexplained, total[:, None], out=np.ones_like(unexplained), where=total[:, None] > 0
    )
    return shown


def shapley(gains: FloatArray) -> FloatArray:
    """Return what each predictor adds on average over all orders, shape (samples, predictors), of values of all subsets."""
    predictors = int(gains.shape[1]).bit_length() - 1
    weights = _weights(predictors)
    shares = np.empty((gains.shape[0], predictors))
    for place in range(predictors):
        by_bit = gains.reshape(gains.shape[0], -1, 2, 1 << place)
        weight = weights.reshape(-1, 2, 1 << place)[:, 0, :]
        shares[:, place] = np.einsum("sab,ab->s", by_bit[:, :, 1, :] - by_bit[:, :, 0, :], weight)
    return shares


def adjusted_r2(explained: FloatArray, people: float) -> FloatArray:
    """Return R² of every subset without what as many predictors of pure chance would explain; may be below 0."""
    predictors = int(explained.shape[1]).bit_length() - 1
    free = np.maximum(people - 1 - _sizes(predictors), 1.0)
    corrected: FloatArray = 1 - (1 - explained) * (people - 1) / free
    return corrected


def normed(shares: FloatArray) -> FloatArray:
    """Return shares that add up to 1, those below 0 as 0; equal ones where nothing is explained."""
    positive = np.maximum(shares, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    whole: FloatArray = np.divide(
        positive, total, out=np.full_like(shares, 1 / shares.shape[1]), where=total > REDUNDANT
    )
    return whole


@cache
def _sizes(predictors: int) -> FloatArray:
    return np.array([float(mask.bit_count()) for mask in range(1 << predictors)])


@cache
def _weights(predictors: int) -> FloatArray:
    """Return by subset S the share of orders in which exactly S stands before a given predictor outside of it."""
    sizes = _sizes(predictors).astype(np.int64)
    by_size = [factorial(size) * factorial(predictors - size - 1) / factorial(predictors) for size in range(predictors)]
    return np.array([*by_size, 0.0])[sizes]


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Products of the variables of each person, so that a sample of people costs one matrix product.

    ``values`` (people, k) are centred and 0 where missing, ``seen`` is 1 where not; k counts predictors and outcome.
    """

    values: FloatArray
    seen: FloatArray

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray) -> "_Moments":
        table = np.column_stack([x, y])
        seen = np.isfinite(table)
        centred = table - np.nanmean(table, axis=0)
        return cls(np.where(seen, centred, 0.0), seen.astype(np.float64))

    def correlations(self, weights: FloatArray) -> FloatArray:
        """Return the correlations of samples that hold each person ``weights`` (samples, people) times; what is missing
        stands at the mean of the sample's own people."""
        values = weights @ self._products(self.values, self.values)
        mixed = weights @ self._products(self.values, self.seen)
        both = weights @ self._products(self.seen, self.seen)
        k = self.values.shape[1]
        values, mixed, both = (part.reshape(-1, k, k) for part in (values, mixed, both))
        count = np.maximum(np.diagonal(both, axis1=1, axis2=2), 1.0)
        mean = np.diagonal(mixed, axis1=1, axis2=2) / count
        crossed = mean[:, None, :] * mixed
        covariance = values - crossed - crossed.transpose(0, 2, 1) + mean[:, :, None] * mean[:, None, :] * both
        spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0))
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > REDUNDANT)
        scaled: FloatArray = covariance * scale[:, :, None] * scale[:, None, :]
        return scaled

    @staticmethod
    def _products(one: FloatArray, other: FloatArray) -> FloatArray:
        return (one[:, :, None] * other[:, None, :]).reshape(len(one), -1)


def _bootstrapped(moments: _Moments, people: int, bootstrap: int, seed: int) -> FloatArray:
    """Return the shares of samples of people, drawn with replacement, shape (bootstrap, predictors)."""
    chance = np.random.default_rng(seed)
    drawn = []
    for start, end in pairwise([*range(0, bootstrap, CHUNK), bootstrap]):
        weights = chance.multinomial(people, np.full(people, 1 / people), size=end - start).astype(np.float64)
        explained = r2_of_subsets(moments.correlations(weights))
        drawn.append(normed(shapley(adjusted_r2(explained, people / 2))))
    return np.concatenate(drawn)


def _counted(x: FloatArray, y: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which predictors are compared, and which people count."""
    rows = np.isfinite(y)
    if not rows.any():
        return np.zeros(x.shape[1], dtype=bool), rows
    seen = np.isfinite(x)
    used = seen[rows].mean(axis=0) >= MIN_SEEN
    if used.any():
        rows &= seen[:, used].mean(axis=1) >= MIN_SEEN
    return used, rows


def _fit(r2: float, people: int, predictors: int) -> tuple[float, float]:
    """Return the adjusted R², and how often chance alone would explain as much."""
    free = people - predictors - 1
    if r2 >= 1:
        return 1.0, 0.0
    f = (r2 / predictors) / ((1 - r2) / free)
    return 1 - (1 - r2) * (people - 1) / free, float(scipy.special.fdtrc(predictors, free, f))


def _spread(values: FloatArray, used: NDArray[np.bool_]) -> FloatArray:
    whole = np.full(used.shape, np.nan)
    whole[used] = values
    return whole


def _nothing(width: int, used: NDArray[np.bool_], people: int, lacking: Lacking, level: float) -> Impact:
    blank = np.full(width, np.nan)
    return Impact(blank, blank, blank, used, people, float("nan"), float("nan"), float("nan"), lacking, level)
