"""What human codes change of the model's curve, stage by stage, with its uncertainty. Arrays only.

Both curves are made of the same people's words, so their errors hang together, and the intervals of the two say little
about how far apart they are: the difference has a jackknife of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from app.curves.estimators import check_options
from app.curves.jackknife import (
    MIN_PARTICIPANTS,
    ROUNDING,
    BoolArray,
    FloatArray,
    checked_sums,
    effective_df,
    jackknife_covariance,
    model_weight,
    t_quantile,
    theta,
)
from app.curves.multipliers import Draws


@dataclass(frozen=True, slots=True, eq=False)
class CorrectionEstimate:
    """The corrected curve minus the model's own; every array has shape (stages,), NaN where nobody was coded.

    Where the model reads too high, `difference` is negative. `lower` and `upper` hold for one stage at `level`,
    `band_lower` and `band_upper` for all stages at once. `df` is the number of participants with a coded statement, minus
    1; `sufficient` says where at least MIN_PARTICIPANTS have one. `lam` is the λ of the corrected curve.
    """

    difference: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    band_lower: FloatArray
    band_upper: FloatArray
    df: FloatArray
    sufficient: BoolArray
    lam: float
    level: float


def estimate_correction(
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
) -> CorrectionEstimate:
    """Estimate how far human codes move the model's curve, from the sums that estimate_curve takes.

    It is Σw(y − λf)/Σw − (1 − λ)·mean(f), with the λ of the corrected curve held in a delete-one-participant jackknife of
    the difference itself; Student's t, and a band from the same draws as the curve's.

    Raises ValueError as estimate_curve does.
    """
    sums = checked_sums(n, sum_model, sum_weight, sum_weight_model, sum_weight_human, coded)
    check_options(level, bootstrap)
    lam = model_weight(sums) if sums.coded.any() else 0.0
    total, without = sums.total(), sums.without_each()
    corrected, model = theta(total, lam, True), theta(total, 1.0, False)
    difference = _unless_rounding(corrected - model, model)
    left_model = theta(without, 1.0, False)
    behind = (sums.coded > 0).sum(axis=0)
    covariance = jackknife_covariance(sums.n > 0, theta(without, lam, True) - left_model, left_model, behind > 0)
    standard_error = np.sqrt(np.diag(covariance))
    df = np.maximum(behind - 1.0, 0.0)
    inside = t_quantile(df, level) * standard_error
    draws = Draws.of(covariance, bootstrap, seed)
    band = np.fmax(inside, draws.critical(effective_df(sums.weight, df), level) * standard_error)
    return CorrectionEstimate(
        difference=difference,
        standard_error=standard_error,
        lower=difference - inside,
        upper=difference + inside,
        band_lower=difference - band,
        band_upper=difference + band,
        df=df,
        sufficient=(behind >= MIN_PARTICIPANTS) & np.isfinite(standard_error),
        lam=lam,
        level=level,
    )


def _unless_rounding(difference: FloatArray, size: FloatArray) -> FloatArray:
    return np.where(np.abs(difference) <= ROUNDING * np.abs(size), 0.0, difference)
