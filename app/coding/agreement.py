"""How far coders agree: Krippendorff's alpha, Cohen's kappa, Gwet's AC1, raw agreement and prevalence. Arrays only.

Written from the papers: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011); J. Cohen, "A coefficient of
agreement for nominal scales" (1960); K. L. Gwet, "Computing inter-rater reliability and its variance in the presence of high
agreement" (2008), with his treatment of missing ratings ("Handbook of Inter-Rater Reliability", 2014).

A rating is a number, or a label where the scale has no order. Missing are NaN among numbers and None among labels. Units may
carry weights: a weight of 7 counts as seven equal units, so that a run of code points need not be written out. A figure that
the ratings do not determine is NaN: nothing rated twice, or no variation where a coefficient needs some. Nobody is told 1.0
who has nothing in common with another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
RatingsLike: TypeAlias = ArrayLike | Sequence[object] | Sequence[Sequence[object]]
Level = Literal["nominal", "ordinal", "interval"]

MISSING = -1


@dataclass(frozen=True, slots=True)
class _Ratings:
    """Ratings as places in the sorted ``values`` (MISSING where there is none), and the weight of each unit."""

    places: IntArray
    values: NDArray[Any]
    weights: FloatArray

    def rated(self, least: int) -> "_Ratings":
        """Return the units that at least so many coders rated, those of weight zero left out."""
        kept = ((self.places >= 0).sum(axis=0) >= least) & (self.weights > 0)
        return _Ratings(self.places[:, kept], self.values, self.weights[kept])

    def coders(self) -> FloatArray:
        """Return how many coders rated each unit: shape (units,)."""
        raters: FloatArray = (self.places >= 0).sum(axis=0).astype(np.float64)
        return raters

    def counted(self, weights: FloatArray) -> FloatArray:
        """Return the sum of the units' ``weights`` over the ratings of each value: shape (values,)."""
        given = self.places >= 0
        each = np.broadcast_to(weights, self.places.shape)[given]
        return np.bincount(self.places[given], weights=each, minlength=len(self.values)).astype(np.float64)

    def alike(self) -> FloatArray:
        """Return Σ r² over values, r being how many coders gave that unit that value: shape (units,)."""
        coders, units = self.places.shape
        unit = np.broadcast_to(np.arange(units), (coders, units))[self.places >= 0]
        cells = unit * max(len(self.values), 1) + self.places[self.places >= 0]
        cell, times = np.unique(cells, return_counts=True)
        squares = np.bincount(cell // max(len(self.values), 1), weights=times.astype(np.float64) ** 2, minlength=units)
        return squares.astype(np.float64)


def krippendorff_alpha(ratings: RatingsLike, *, level: Level, weights: ArrayLike | None = None) -> float:
    """Return Krippendorff's alpha of ``ratings``, shape (coders, units), any number of coders, missing ones left out.

    ``level`` says how far apart two values are: nominal (equal or not), ordinal (by the ratings that lie between them) or
    interval (by their difference, squared). 1 is perfect agreement and 0 what chance gives; it can be below. NaN when no unit
    was rated by two coders, or all ratings are equal. ``weights``, shape (units,), are counts of equal units.

    ValueError for ratings that are not a table, are infinite, or are labels on a scale with order; for an unknown level; and
    for weights of another shape, below zero or not finite. Source: Krippendorff (2011), sections C and D.
    """
    if level not in get_args(Level):
        raise ValueError(f"level must be one of {', '.join(get_args(Level))}")
    given = _table(ratings, weights)
    if level != "nominal" and not _is_number(given.values):
        raise ValueError("labels have no order: their level is nominal")
    paired = given.rated(2)
    marginals = paired.counted(paired.weights)
    total = float(marginals.sum())
    if np.count_nonzero(marginals) < 2:
        return float("nan")
    if level == "nominal":
        expected = total**2 - float((marginals**2).sum())
        apart = paired.coders() ** 2 - paired.alike()
    else:
        scale = _scale(marginals) if level == "ordinal" else paired.values / np.abs(paired.values).max()
        middle = float(marginals @ scale) / total
        expected = 2 * total * float(marginals @ (scale - middle) ** 2)
        apart = _squared_differences(paired, scale)
    observed = float((paired.weights * apart / (paired.coders() - 1)).sum())
    return 1 - (total - 1) * observed / expected


def cohen_kappa(a: RatingsLike, b: RatingsLike, *, weights: ArrayLike | None = None) -> float:
    """Return Cohen's kappa of two coders' ratings, each of shape (units,); units that one of them left out do not count.

    NaN when they have no unit in common, or both gave one and the same value throughout. ValueError as in
    ``krippendorff_alpha``, and for two shapes. Source: Cohen (1960).
    """
    both = _two(a, b, weights).rated(2)
    total = float(both.weights.sum())
    if not total:
        return float("nan")
    first, second = (_shares(row, both) for row in both.places)
    observed = float(both.weights[both.places[0] == both.places[1]].sum()) / total
    chance = float(first @ second)
    return float("nan") if np.count_nonzero(first + second) < 2 else (observed - chance) / (1 - chance)


def gwet_ac1(
    ratings: RatingsLike,
    other: RatingsLike | None = None,
    *,
    categories: int | None = None,
    weights: ArrayLike | None = None,
) -> float:
    """Return Gwet's AC1 of two coders' ratings, each of shape (units,), or of a table of shape (coders, units).

    ``categories`` is the number of values the scale offers; without it, those that were given count, and at least two. NaN
    when no unit was rated by two coders. ValueError as in ``krippendorff_alpha``, and for fewer categories than were given.
    Source: Gwet (2008); units rated once inform the prevalence, as in Gwet (2014).
    """
    given = (_table(ratings, weights) if other is None else _two(ratings, other, weights)).rated(1)
    used = len(np.unique(given.places[given.places >= 0]))
    if categories is not None and categories < max(used, 2):
        raise ValueError("categories are at least two, and no fewer than were given")
    paired = given.rated(2)
    if not paired.weights.size:
        return float("nan")
    prevalence = given.counted(given.weights / given.coders()) / given.weights.sum()
    chance = float((prevalence * (1 - prevalence)).sum()) / ((categories or max(used, 2)) - 1)
    return (_raw(paired) - chance) / (1 - chance)


def raw_agreement(ratings: RatingsLike, *, weights: ArrayLike | None = None) -> float:
    """Return the share of pairs of coders that gave one value, averaged over the units rated twice; NaN if there is none.

    ``ratings`` as in ``krippendorff_alpha``; ValueError as there.
    """
    paired = _table(ratings, weights).rated(2)
    return _raw(paired) if paired.weights.size else float("nan")


def prevalence(ratings: RatingsLike, value: object, *, weights: ArrayLike | None = None) -> float:
    """Return the share of ratings that are ``value``, over the units rated by two coders or more; NaN if there is none.

    Each unit counts once, however many coders rated it. ``ratings`` as in ``krippendorff_alpha``; ValueError as there.
    """
    paired = _table(ratings, weights).rated(2)
    if not paired.weights.size:
        return float("nan")
    shares = paired.counted(paired.weights / paired.coders()) / paired.weights.sum()
    return float(shares[paired.values == value].sum())


def _raw(paired: _Ratings) -> float:
    coders = paired.coders()
    agreeing = (paired.alike() - coders) / (coders * (coders - 1))
    return float((paired.weights * agreeing).sum() / paired.weights.sum())


def _shares(row: IntArray, both: _Ratings) -> FloatArray:
    shares: FloatArray = np.bincount(row, weights=both.weights, minlength=len(both.values)) / both.weights.sum()
    return shares


def _scale(marginals: FloatArray) -> FloatArray:
    """Return where each value lies on an ordinal scale: at its middle rank.

    The ordinal metric Σ n_g from c to k − (n_c + n_k)/2 is the difference of two middle ranks, so ordinal alpha is interval
    alpha on these.
    """
    ranks: FloatArray = (np.cumsum(marginals) - marginals / 2) / marginals.sum()
    return ranks


def _squared_differences(paired: _Ratings, scale: FloatArray) -> FloatArray:
    """Return Σ (x_i − x_j)² over ordered pairs of coders: shape (units,). Zero exactly where all say the same."""
    reference = scale[paired.places.max(axis=0)]
    apart = np.where(paired.places >= 0, scale[paired.places] - reference, 0.0)
    squares: FloatArray = 2 * (paired.coders() * (apart**2).sum(axis=0) - apart.sum(axis=0) ** 2)
    return np.maximum(squares, 0.0)


def _two(a: RatingsLike, b: RatingsLike, weights: ArrayLike | None) -> _Ratings:
    first, second = _read(a), _read(b)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError("two coders' ratings are two arrays of shape (units,), of one length")
    if _is_number(first) != _is_number(second) and first.size:
        raise ValueError("both coders rate with numbers, or both with labels")
    return _table(np.stack([first, second]), weights)


def _table(ratings: RatingsLike, weights: ArrayLike | None) -> _Ratings:
    table = _read(ratings)
    if table.ndim != 2:
        raise ValueError("ratings are a table of shape (coders, units)")
    units = table.shape[1]
    checked = np.ones(units) if weights is None else np.asarray(weights, dtype=np.float64)
    if checked.shape != (units,) or not np.isfinite(checked).all() or (checked < 0).any():
        raise ValueError("weights are one number for each unit, finite and not below zero")
    given, values = _numbers(table) if _is_number(table) else _labels(table)
    places = np.full(table.shape, MISSING, dtype=np.int64)
    places[given] = np.searchsorted(values, table[given])
    return _Ratings(places, values, checked)


def _read(ratings: RatingsLike) -> NDArray[Any]:
    """Return numbers as numbers, and labels as objects: NumPy would write a NaN beside labels as the label nan."""
    read = np.asarray(ratings)
    if read.dtype.kind in "biuf":
        return read
    read = np.asarray(ratings, dtype=object)
    flat = list(read.flat)
    return read if not flat or any(isinstance(one, str) for one in flat) else _floats(read)


def _floats(table: NDArray[Any]) -> NDArray[Any]:
    try:
        return table.astype(np.float64)
    except TypeError as error:
        raise ValueError("ratings are numbers or labels") from error


def _is_number(table: NDArray[Any]) -> bool:
    return table.dtype.kind in "biuf"


def _numbers(table: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    if np.isinf(table).any():
        raise ValueError("ratings are finite, or NaN where they are missing")
    given = ~np.isnan(table)
    return given, np.unique(table[given].astype(np.float64))


def _labels(table: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    given = np.array([[one is not None for one in row] for row in table], dtype=bool).reshape(table.shape)
    if not all(isinstance(one, str) for one in table[given]):
        raise ValueError("ratings are numbers, or labels with None where they are missing")
    return given, np.unique(table[given].astype(str))
