"""The emotion curve with its uncertainty, from sums per participant and stage.

Participants, never entries, are the unit of uncertainty: one person writes several entries, which resemble each other.
A model score is biased differently in different stages, so statements drawn for human coding with a known inclusion
probability correct it (a difference estimator, as in Angelopoulos et al., "PPI++", 2023, with the design weights of
Horvitz and Thompson, 1952). Arrays only: nothing here knows of a database, a study or a word of any language.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.curves.jackknife import (
    MIN_PARTICIPANTS,
    ROUNDING,
    BoolArray,
    FloatArray,
    checked_sums,
    effective_df,
    jackknifed,
    t_quantile,
)
from app.curves.multipliers import Draws

Score: TypeAlias = Literal["corrected", "model", "human"]


@dataclass(frozen=True, slots=True, eq=False)
class CurveEstimate:
    """A curve over stages; every array has shape (stages,) and is NaN where the figure cannot be known.

    `lower`, `upper` hold for one stage at `level`; `band_lower`, `band_upper` for all stages at once. Neither is
    clipped to the range of the score. `df` is the number of participants behind the standard error, minus 1. `lam` is
    the weight of the model, one for all stages (1 when uncorrected, 0 when only human codes count). `corrected`
    is False for "model only, uncorrected". `participants` counts those with a statement, `sufficient` says where at
    least MIN_PARTICIPANTS of them (in a corrected curve: of those with a coded statement) stand behind a stage.
    `valley` and `peak` are the stages that cannot be excluded as the minimum and maximum among the sufficient stages,
    lowest index first; both are empty when fewer than two stages can be compared. `margins`, of shape (stages, stages),
    is how far two stages must lie apart to be told apart; NaN where that cannot be known.
    """

    estimate: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    band_lower: FloatArray
    band_upper: FloatArray
    df: FloatArray
    participants: NDArray[np.int64]
    sufficient: BoolArray
    lam: float
    valley: tuple[int, ...]
    peak: tuple[int, ...]
    corrected: bool
    level: float
    margins: FloatArray


def estimate_curve(
    n: ArrayLike,
    sum_model: ArrayLike,
    sum_weight: ArrayLike,
    sum_weight_model: ArrayLike,
    sum_weight_human: ArrayLike,
    coded: ArrayLike,
    *,
    level: float = 0.95,
    bootstrap: int = 2000,
    seed: int = 0,
    score: Score = "corrected",
) -> CurveEstimate:
    """Estimate one value per stage, with an interval, a simultaneous band, and the candidates for valley and peak.

    The six arrays have shape (participants, stages) and hold sums over the statements of that participant in that
    stage: their number, Σf of model scores, and over the drawn and human-coded ones Σw, Σwf, Σwy with w = 1/π, and
    their number.

    The estimate is λ·mean(f) + Σw(y − λf)/Σw; λ, one for all stages, is the value in [0, 1] with the smallest variance.
    score="human" fixes λ = 0; score="model" is mean(f) and ignores human codes, as does "corrected" when there are none
    at all. In a corrected curve a stage without any code is NaN: its model mean is another quantity, biased by an
    unknown amount, and must not be ranked beside corrected ones. With one (coded) participant in a stage the
    estimate stands without standard error.

    Standard errors come from the delete-one-participant jackknife with λ held, jointly over stages, and intervals from
    Student's t with `df`; the band and the sets from the jackknife's Gaussian multiplier bootstrap (Chernozhukov,
    Chetverikov and Kato, 2013) with `bootstrap` draws, which are N(0, V) and so cost the same for any number of
    participants. Equal arguments give equal results.

    Raises ValueError for arrays of another or of different shape, values that are not finite or contradict each other,
    and options out of range.
    """
    sums = checked_sums(n, sum_model, sum_weight, sum_weight_model, sum_weight_human, coded)
    check_options(level, bootstrap)
    if score not in ("corrected", "model", "human"):
        raise ValueError(f"score must be corrected, model or human, got {score!r}")
    made = jackknifed(sums, score)
    estimate, behind, df, covariance = made.estimate, made.behind, made.df, made.covariance
    standard_error = np.sqrt(np.diag(covariance))
    draws = Draws.of(covariance, bootstrap, seed)
    inside = t_quantile(df, level) * standard_error
    # Where a few write most, errors are known worse than the number of people says: a flat road lost a stage 7 % of the time.
    fewer = effective_df(made.share, df)
    band = np.fmax(inside, draws.critical(fewer, level) * standard_error)
    margins = draws.margins(fewer, level)
    comparable = (behind >= MIN_PARTICIPANTS) & np.isfinite(standard_error)
    valley, peak = extremes(estimate, margins, comparable)
    return CurveEstimate(
        estimate=estimate,
        standard_error=standard_error,
        lower=estimate - inside,
        upper=estimate + inside,
        band_lower=estimate - band,
        band_upper=estimate + band,
        df=df,
        participants=(sums.n > 0).sum(axis=0),
        sufficient=behind >= MIN_PARTICIPANTS,
        lam=made.lam,
        valley=valley,
        peak=peak,
        corrected=made.corrected,
        level=level,
        margins=margins,
    )


def check_options(level: float, bootstrap: int) -> None:
    """Raise ValueError for a level or a number of draws out of range."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    if bootstrap < 1:
        raise ValueError(f"bootstrap must be at least 1, got {bootstrap}")


def extremes(
    estimate: FloatArray, margins: FloatArray, comparable: BoolArray
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Stages that no other comparable stage lies beyond chance below, and above: the sets of valleys and of peaks.

    One critical value serves all pairs, so the two sets hold jointly.
    """
    stages = np.flatnonzero(comparable)
    if stages.size < 2:
        return (), ()
    rounding = ROUNDING * np.abs(estimate[stages]).max()
    above = np.subtract.outer(estimate[stages], estimate[stages]) > margins[np.ix_(stages, stages)] + rounding
    return tuple(stages[~above.any(axis=1)].tolist()), tuple(stages[~above.any(axis=0)].tolist())
