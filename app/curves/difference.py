"""How far two curves lie apart, stage by stage, with its uncertainty. Arrays only.

The same people may stand behind both (two waves of one study), others behind each (two segments), or some behind both. One
jackknife over all of them holds each case: whoever is left out moves both curves at once, so what people differ in cancels
where they stand in both, and adds up where they do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.curves.estimators import Score, check_options
from app.curves.jackknife import (
    MIN_PARTICIPANTS,
    ROUNDING,
    BoolArray,
    FloatArray,
    Jackknifed,
    checked_sums,
    deviations,
    effective_df,
    jackknifed,
    ratio,
    t_quantile,
)
from app.curves.multipliers import Draws


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceEstimate:
    """The second curve minus the first; every array has shape (stages,), NaN where one of the two is not known.

    `lower` and `upper` hold for one stage at `level`, `band_lower` and `band_upper` for all stages at once. `df` are the
    degrees of freedom of the standard error, `both` counts the participants who wrote in that stage on both sides, and
    `sufficient` says where at least MIN_PARTICIPANTS (in a corrected curve: coded ones) stand behind each side.
    """

    difference: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    band_lower: FloatArray
    band_upper: FloatArray
    df: FloatArray
    both: NDArray[np.int64]
    sufficient: BoolArray
    level: float


def estimate_difference(
    first: Sequence[ArrayLike],
    second: Sequence[ArrayLike],
    *,
    level: float = 0.95,
    bootstrap: int = 2000,
    seed: int = 0,
    scores: tuple[Score, Score] = ("corrected", "corrected"),
) -> DifferenceEstimate:
    """Estimate how far the second curve lies above the first.

    Each side holds the six arrays that estimate_curve takes, of one shape (participants, stages); a row is the same person
    on both sides, with zeros where that person has nothing. The difference is that of the two curves, each with its own λ.

    Standard errors come from the delete-one-participant jackknife over everybody on either side, which is the paired one
    where all stand on both sides and the sum of two variances where nobody does. Degrees of freedom are Satterthwaite's
    (1946) over those on both sides, on the first only and on the second only: Welch's where nobody stands on both. The
    band comes from the multiplier bootstrap, as a curve's does.

    Raises ValueError as estimate_curve does, and for sides of different shape.
    """
    check_options(level, bootstrap)
    one, other = (_side(arrays, score) for arrays, score in zip((first, second), scores, strict=True))
    if one.left.shape != other.left.shape:
        raise ValueError(f"both sides must have one shape, got {one.left.shape} and {other.left.shape}")
    known = (one.behind > 0) & (other.behind > 0)
    moved = _moved(one, other)
    covariance = np.asarray(moved.T @ moved, dtype=np.float64)
    covariance[~known] = covariance[:, ~known] = np.nan
    standard_error = np.sqrt(np.diag(covariance))
    df = _degrees(one, other, moved)
    draws = Draws.of(covariance, bootstrap, seed)
    inside = t_quantile(df, level) * standard_error
    band = np.fmax(inside, draws.critical(_effective(one, other, df), level) * standard_error)
    difference = other.estimate - one.estimate
    difference = np.where(np.abs(difference) <= ROUNDING * np.abs(one.estimate), 0.0, difference)
    return DifferenceEstimate(
        difference=difference,
        standard_error=standard_error,
        lower=difference - inside,
        upper=difference + inside,
        band_lower=difference - band,
        band_upper=difference + band,
        df=df,
        both=(one.present & other.present).sum(axis=0),
        sufficient=(np.minimum(one.behind, other.behind) >= MIN_PARTICIPANTS) & np.isfinite(standard_error),
        level=level,
    )


def _side(arrays: Sequence[ArrayLike], score: Score) -> Jackknifed:
    if score not in ("corrected", "model", "human"):
        raise ValueError(f"score must be corrected, model or human, got {score!r}")
    return jackknifed(checked_sums(*arrays), score)


def _moved(one: Jackknifed, other: Jackknifed) -> FloatArray:
    """How far each participant moves the difference, scaled on each side as that side's own curve scales it."""
    sides = [deviations(side.present, side.left, side.left) for side in (one, other)]
    moved = sides[1] - sides[0]
    moved[np.abs(moved) <= ROUNDING * (np.abs(one.left) + np.abs(other.left))] = 0.0
    return moved


def _degrees(one: Jackknifed, other: Jackknifed, moved: FloatArray) -> FloatArray:
    """Satterthwaite's degrees of freedom over the three kinds of participants; between the lesser of the two and their sum."""
    variance, denominator = np.zeros(moved.shape[1]), np.zeros(moved.shape[1])
    wrote = (one.share > 0) | (other.share > 0)
    kinds = (one.present & other.present, one.present & ~other.present, other.present & ~one.present)
    for kind in kinds:
        part = np.where(kind, moved, 0.0)
        squares = (part**2).sum(axis=0)
        variance += squares
        denominator += squares**2 / np.maximum((kind & wrote).sum(axis=0) - 1.0, 1.0)
    lesser = np.minimum(one.df, other.df)
    found = np.round(ratio(variance**2, denominator, denominator > 0), 6)
    return np.where(lesser > 0, np.clip(np.fmax(found, lesser), lesser, one.df + other.df), 0.0)


def _effective(one: Jackknifed, other: Jackknifed, df: FloatArray) -> FloatArray:
    """`df`, less by the share that uneven writing takes from either side's."""
    shares = [ratio(effective_df(side.share, side.df), side.df, side.df > 0) for side in (one, other)]
    return np.fmax(np.round(df * np.fmin(*shares), 6), np.minimum(df, 1.0))
