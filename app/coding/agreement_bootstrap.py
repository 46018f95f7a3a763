"""Agreement with its uncertainty, from tables of what two coders gave: participants are drawn again, never units.

Every figure here follows from one table for each participant and pair of coders: how many units (or how much weight) got
value c from the first and value k from the second. Tables add up, so a bootstrap draw is a sum of tables, and a thousand draws
are one product of matrices. What one person wrote resembles itself; intervals that drew units again would be too narrow.
Arrays only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Name = Literal["alpha", "alpha_interval", "kappa", "ac1", "raw", "prevalence"]
Lack = Literal["nothing_in_common", "no_variation", "few_participants", "no_disagreement", "unstable"]
Statistic: TypeAlias = Callable[[FloatArray], FloatArray]

DRAWS: Final = 1000
MIN_PARTICIPANTS: Final = 8
"""With fewer people an interval is not given: in simulations it then missed the truth too often."""

MOST_UNKNOWN: Final = 0.1
"""Where a larger share of the draws has no value, the interval would be of the others only, and is not given."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its interval; None where it is unknown, and ``lack`` says why the figure or its interval is."""

    value: float | None
    lower: float | None = None
    upper: float | None = None
    lack: Lack | None = None


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each participant stands in each draw, shape (draws, participants); and the quantiles to take."""

    times: FloatArray
    tails: tuple[float, float]

    @classmethod
    def of(cls, participants: int, *, level: float = 0.95, seed: int = 0) -> "Draws":
        """Return the draws for so many participants; equal arguments give equal draws.

        The tails are those of Student's t: a percentile interval of few clusters is too narrow by about √(n/(n−1)) and by what
        t lies beyond the normal (T. Hesterberg, "What teachers should know about the bootstrap", 2015: expanded percentiles).
        """
        if participants < MIN_PARTICIPANTS:
            return cls(np.zeros((0, participants)), (0.0, 1.0))
        equal = np.full(participants, 1 / participants)
        times = np.random.default_rng(seed).multinomial(participants, equal, size=DRAWS).astype(np.float64)
        beyond = np.sqrt(participants / (participants - 1)) * scipy.special.stdtrit(participants - 1, (1 + level) / 2)
        tail = float(scipy.special.ndtr(-beyond))
        return cls(times, (tail, 1 - tail))


def measure(tables: FloatArray, draws: Draws, *, ordered: bool = False) -> dict[Name, Measure]:
    """Return the figures of ``tables``, shape (participants, pairs of coders, values, values), with their intervals.

    The values are −k…k in steps of one when they are ``ordered``: ``alpha`` is then ordinal, ``alpha_interval`` stands beside
    it, and there is no prevalence. Otherwise alpha is nominal and, of two values, the prevalence is the second's.
    """
    total = tables.sum(axis=0)
    if not total.any():
        return {name: Measure(None, lack="nothing_in_common") for name in _statistics(tables.shape[-1], ordered)}
    again = np.tensordot(draws.times, tables, axes=1)
    return {
        name: _measured(statistic, total, again, draws.tails)
        for name, statistic in _statistics(tables.shape[-1], ordered).items()
    }


def mean_difference(counted: FloatArray, differences: FloatArray, draws: Draws) -> Measure:
    """Return the mean difference with its interval, from each participant's weight and weighted sum: shape (participants,)."""
    sums = np.stack([counted, differences], axis=1)

    def mean(drawn: FloatArray) -> FloatArray:
        return _ratio(drawn[..., 1], drawn[..., 0])

    total = sums.sum(axis=0)
    if not total[0]:
        return Measure(None, lack="nothing_in_common")
    return _measured(mean, total, draws.times @ sums, draws.tails)


def _statistics(values: int, ordered: bool) -> Mapping[Name, Statistic]:
    common: dict[Name, Statistic] = {"kappa": kappa_of, "ac1": ac1_of, "raw": raw_of}
    if ordered:
        return {"alpha": ordinal_alpha_of, "alpha_interval": interval_alpha_of, **common}
    if values == 2:
        return {"alpha": nominal_alpha_of, **common, "prevalence": prevalence_of}
    return {"alpha": nominal_alpha_of, **common}


def _measured(statistic: Statistic, total: FloatArray, again: FloatArray, tails: tuple[float, float]) -> Measure:
    value = float(statistic(total))
    if np.isnan(value):
        return Measure(None, lack="no_variation")
    if not again.shape[0]:
        return Measure(value, lack="few_participants")
    drawn = statistic(again)
    known = drawn[~np.isnan(drawn)]
    if len(known) < (1 - MOST_UNKNOWN) * len(drawn):
        return Measure(value, lack="unstable")
    if known.min() == known.max():
        return Measure(value, lack="no_disagreement")
    lower, upper = np.quantile(known, tails)
    return Measure(value, float(lower), float(upper))


def nominal_alpha_of(tables: FloatArray) -> FloatArray:
    """Return nominal alpha of each table, shape (…, pairs, values, values); NaN without variation."""
    return _alpha(tables, 1 - np.eye(tables.shape[-1]))


def interval_alpha_of(tables: FloatArray) -> FloatArray:
    """Return interval alpha of tables of equidistant values."""
    scale = np.arange(tables.shape[-1], dtype=np.float64)
    return _alpha(tables, (scale[:, None] - scale) ** 2)


def ordinal_alpha_of(tables: FloatArray) -> FloatArray:
    """Return ordinal alpha: interval alpha on the middle ranks, which are each table's own."""
    given = _coincidences(tables).sum(axis=-1)
    ranks = np.cumsum(given, axis=-1) - given / 2
    # Only their ratios count; of about one, so that no square of a square grows large.
    ranks = _ratio(ranks, given.sum(axis=-1, keepdims=True))
    return _alpha(tables, (ranks[..., :, None] - ranks[..., None, :]) ** 2)


def kappa_of(tables: FloatArray) -> FloatArray:
    """Return kappa: Cohen's for one pair of coders. Of several, chance is taken off within each pair and the pairs are added
    up, which is Conger's (1980) where all of them rated the same units. NaN without variation."""
    units = tables.sum(axis=(-2, -1))
    agreed = np.trace(tables, axis1=-2, axis2=-1)
    chance = _ratio((tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1), units, empty=0.0)
    room = (units - chance).sum(axis=-1)
    varied = room > 1e-9 * units.sum(axis=-1)
    return _ratio((agreed - chance).sum(axis=-1), np.where(varied, room, 0.0))


def ac1_of(tables: FloatArray) -> FloatArray:
    """Return Gwet's AC1, with as many categories as the tables have."""
    shares = _shares(tables)
    chance = (shares * (1 - shares)).sum(axis=-1) / (tables.shape[-1] - 1)
    return _ratio(raw_of(tables) - chance, 1 - chance)


def raw_of(tables: FloatArray) -> FloatArray:
    """Return the share of units on which the two agreed."""
    return _ratio(np.trace(tables, axis1=-2, axis2=-1).sum(axis=-1), tables.sum(axis=(-3, -2, -1)))


def prevalence_of(tables: FloatArray) -> FloatArray:
    """Return the share of the last value, over both coders."""
    return _shares(tables)[..., -1]


def _coincidences(tables: FloatArray) -> FloatArray:
    """Return Krippendorff's coincidence matrix of units that two coders rated each: shape (…, values, values)."""
    summed = tables.sum(axis=-3)
    both: FloatArray = summed + np.swapaxes(summed, -1, -2)
    return both


def _shares(tables: FloatArray) -> FloatArray:
    given = _coincidences(tables).sum(axis=-1)
    return _ratio(given, given.sum(axis=-1, keepdims=True))


def _alpha(tables: FloatArray, metric: FloatArray) -> FloatArray:
    """Return 1 − (n − 1) Σ o δ² / Σ n_c n_k δ²: Krippendorff (2011), with δ² = ``metric``, shape (…, values, values)."""
    coincidences = _coincidences(tables)
    given = coincidences.sum(axis=-1)
    expected = (given[..., :, None] * given[..., None, :] * metric).sum(axis=(-2, -1))
    observed = (coincidences * metric).sum(axis=(-2, -1))
    return 1 - _ratio((given.sum(axis=-1) - 1) * observed, expected)


def _ratio(above: Any, below: Any, empty: float = float("nan")) -> FloatArray:
    """Return above/below, and ``empty`` where there is nothing below."""
    below = np.asarray(below, dtype=np.float64)
    known = below != 0
    ratio: FloatArray = np.where(known, above / np.where(known, below, 1.0), empty)
    return ratio
