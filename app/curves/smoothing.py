"""A smooth curve over days, with the uncertainty that people bring into it. Arrays only.

Local linear regression (Fan and Gijbels, 1996) on the single days, each weighted by how many statements it holds. Days near
the anchor event matter singly, far ones in weeks and months: the kernel looks at asinh(day / 3), so that it takes in a day or
two around the event and months at its end. How wide it is, is chosen by leaving out people, not entries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.curves.estimators import Score, check_options
from app.curves.jackknife import (
    MIN_PARTICIPANTS,
    BoolArray,
    FloatArray,
    PersonSums,
    checked_sums,
    effective_df,
    jackknife_covariance,
    model_weight,
    ratio,
    t_quantile,
)
from app.curves.multipliers import Draws

BENT = 3.0
"""Days from the event at which a step on the axis of the kernel begins to take in more than a day."""
BANDWIDTHS = (1.5, 2.25, 3.5, 5.0)
FOLDS = 10
FLAT = 1e-9
LEAN = 0.5
"""So far, in bandwidths, the days that a fit rests on may lie to one side: beyond, it would only be drawn on, not fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class SmoothEstimate:
    """A curve at days `at`; every array has that shape, NaN where fewer than MIN_PARTICIPANTS stand near a day,
    or all well to one side of it.

    `lower` and `upper` hold for one day at `level`, `band_lower` and `band_upper` for all of them at once; both are of
    the smoothed truth. `participants` stand (in a corrected curve: coded) within the kernel. `bandwidth` is its half width
    on the bent axis, in days at the anchor event.
    """

    at: FloatArray
    value: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    band_lower: FloatArray
    band_upper: FloatArray
    participants: NDArray[np.int64]
    bandwidth: float
    lam: float
    level: float


def smooth_days(
    days: ArrayLike,
    sums: Sequence[ArrayLike],
    at: ArrayLike,
    *,
    level: float = 0.95,
    bootstrap: int = 2000,
    seed: int = 0,
    score: Score = "corrected",
    lam: float | None = None,
    bandwidth: float | None = None,
) -> SmoothEstimate:
    """Smooth a curve over `days` (columns,) from the six arrays of estimate_curve, of shape (participants, columns).

    The curve is λ·s(f) + s(y − λf): s fits a line to the days around each day of `at`, the second over the drawn statements
    with their weights. λ is `lam` or, without it, chosen as for a curve; `bandwidth` is taken from BANDWIDTHS by
    ten-fold cross-validation over participants. Both are held in the delete-one-participant jackknife.

    Raises ValueError as estimate_curve does, and where `days` does not fit.
    """
    checked = checked_sums(*sums)
    check_options(level, bootstrap)
    place, where = bent(days), bent(at)
    if place.shape != checked.n.shape[1:]:
        raise ValueError(f"days must have the shape {checked.n.shape[1:]}, got {place.shape}")
    corrected = score == "human" or (score == "corrected" and bool(checked.coded.any()))
    weight = (model_weight(checked) if lam is None else lam) if corrected and score == "corrected" else 1.0 - corrected
    width = _chosen(checked, place, score) if bandwidth is None else bandwidth
    fitted = _Fitted.of(checked, place, where, width, weight, corrected)
    known = (fitted.behind >= MIN_PARTICIPANTS) & fitted.upright
    covariance = jackknife_covariance(fitted.present, fitted.left, fitted.left, known)
    standard_error = np.sqrt(np.diag(covariance))
    df = np.maximum(fitted.behind - 1.0, 0.0)
    inside = t_quantile(df, level) * standard_error
    critical = Draws.of(covariance, bootstrap, seed).critical(effective_df(fitted.share, df), level)
    band = np.fmax(inside, critical * standard_error)
    value = np.where(known, fitted.value, np.nan)
    return SmoothEstimate(
        at=np.asarray(at, float),
        value=value,
        standard_error=standard_error,
        lower=value - inside,
        upper=value + inside,
        band_lower=value - band,
        band_upper=value + band,
        participants=fitted.behind,
        bandwidth=width,
        lam=weight,
        level=level,
    )


def bent(days: ArrayLike) -> FloatArray:
    """Return where days lie on the axis that the kernel sees: as they are near 0, ever closer together far away."""
    bowed: FloatArray = BENT * np.arcsinh(np.asarray(days, float) / BENT)
    return bowed


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The smoothed curve, what leaving out each participant makes of it, and who stands near each day."""

    value: FloatArray
    left: FloatArray
    present: BoolArray
    share: FloatArray
    behind: NDArray[np.int64]
    upright: BoolArray

    @classmethod
    def of(
        cls, sums: PersonSums, place: FloatArray, where: FloatArray, width: float, lam: float, corrected: bool
    ) -> "_Fitted":
        model = _moments(sums.n, sums.model, place, where, width)
        near = model[0]
        if not corrected:
            value, left = _line(model, None), _line(model, model)
            return cls(value, left, near > 0, near, (near > 0).sum(axis=0), _upright(model))
        drawn = _moments(sums.weight, sums.weight_human - lam * sums.weight_model, place, where, width)
        value = lam * _line(model, None) + _line(drawn, None)
        left = lam * _line(model, model) + _line(drawn, drawn)
        return cls(value, left, near > 0, drawn[0], (drawn[0] > 0).sum(axis=0), _upright(model) & _upright(drawn))


def _moments(
    size: FloatArray, total: FloatArray, place: FloatArray, where: FloatArray, width: float
) -> tuple[FloatArray, ...]:
    """Σk, Σkx, Σkx², Σkt, Σkxt per participant and day of the curve, with x the distance on the bent axis."""
    apart = (place[:, None] - where[None, :]) / width
    kernel = np.maximum(1.0 - apart**2, 0.0)
    return size @ kernel, size @ (kernel * apart), size @ (kernel * apart**2), total @ kernel, total @ (kernel * apart)


def _line(moments: tuple[FloatArray, ...], without: tuple[FloatArray, ...] | None) -> FloatArray:
    """The fitted line at each day, of all participants or ``without`` each; their mean where all lie on one day."""
    summed = (part.sum(axis=0) for part in moments)
    parts = summed if without is None else (whole - part for whole, part in zip(summed, without, strict=True))
    s0, s1, s2, t0, t1 = parts
    s0 = np.where(s0 > FLAT, s0, 0.0)
    determinant = s0 * s2 - s1**2
    sloped = determinant > FLAT * s0**2
    mean = ratio(t0, s0, s0 > 0)
    return np.where(sloped, ratio(s2 * t0 - s1 * t1, determinant, sloped), mean)


def _upright(moments: tuple[FloatArray, ...]) -> BoolArray:
    return np.asarray(np.abs(moments[1].sum(axis=0)) <= LEAN * moments[0].sum(axis=0), dtype=bool)


def _chosen(sums: PersonSums, place: FloatArray, score: Score) -> float:
    """The bandwidth whose curve of other people comes nearest to what people say on each day."""
    size, total = (sums.weight, sums.weight_human) if score == "human" else (sums.n, sums.model)
    losses = [sum(_losses(size, total, place, width)) for width in BANDWIDTHS]
    return BANDWIDTHS[int(np.argmin(losses))]


def _losses(size: FloatArray, total: FloatArray, place: FloatArray, width: float) -> Iterator[float]:
    """Of each tenth of the participants: squared error of the others' curve, up to what no curve changes."""
    mean = total.sum() / max(size.sum(), 1.0)
    fold = np.arange(len(size)) % FOLDS
    folds = [(size[fold == at].sum(axis=0), total[fold == at].sum(axis=0)) for at in range(min(FOLDS, len(size)))]
    whole, said = size.sum(axis=0), total.sum(axis=0)
    for counted, score in folds:
        rest = _moments((whole - counted)[None], (said - score)[None], place, place, width)
        fitted = np.nan_to_num(_line(rest, None), nan=mean)
        yield float((counted * fitted**2 - 2 * fitted * score).sum())
