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
from scipy import special

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
Score: TypeAlias = Literal["corrected", "model", "human"]

MIN_PARTICIPANTS = 5
ROUNDING = 1e-12
RESIDUE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class CurveEstimate:
    """A curve over stages; every array has shape (stages,) and is NaN where the figure cannot be known.

    `lower`, `upper` hold for one stage at `level`; `band_lower`, `band_upper` for all stages at once. Neither is
    clipped to the range of the score. `df` is the number of participants behind the standard error, minus 1. `lam` is
    the weight of the model, one for all stages (1 when uncorrected, 0 when only human codes count). `corrected`
    is False for "model only, uncorrected". `participants` counts those with a statement, `sufficient` says where at
    least MIN_PARTICIPANTS of them (in a corrected curve: of those with a coded statement) stand behind a stage.
    `valley` and `peak` are the stages that cannot be excluded as the minimum and maximum among the sufficient stages,
    lowest index first; both are empty when fewer than two stages can be compared.
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


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over statements, per participant and stage or already added up: n, f, w, w·f, w·y and the number coded."""

    n: FloatArray
    model: FloatArray
    weight: FloatArray
    weight_model: FloatArray
    weight_human: FloatArray
    coded: FloatArray

    def total(self) -> "_Sums":
        return _Sums(*(part.sum(axis=0) for part in self.parts()))

    def without_each(self) -> "_Sums":
        """Sums over all participants but one, for each one: shape (participants, stages)."""
        return _Sums(*(part.sum(axis=0) - part for part in self.parts()))

    def parts(self) -> tuple[FloatArray, ...]:
        return self.n, self.model, self.weight, self.weight_model, self.weight_human, self.coded


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
    sums = _checked_sums(n, sum_model, sum_weight, sum_weight_model, sum_weight_human, coded)
    _check_options(level, bootstrap, score)
    corrected = score == "human" or (score == "corrected" and bool(sums.coded.any()))
    lam = _lambda(sums) if corrected and score == "corrected" else float(not corrected)
    estimate = _theta(sums.total(), lam, corrected)
    covariance = _jackknife_covariance(sums, lam, corrected)
    standard_error = np.sqrt(np.diag(covariance))
    counted, share = (sums.coded, sums.weight) if corrected else (sums.n, sums.n)
    behind = (counted > 0).sum(axis=0)
    df = np.maximum(behind - 1.0, 0.0)
    draws = _Draws.of(covariance, bootstrap, seed)
    inside = _t_quantile(df, level) * standard_error
    band = np.fmax(inside, draws.critical(_effective_df(share, df), level) * standard_error)
    comparable = (behind >= MIN_PARTICIPANTS) & np.isfinite(standard_error)
    valley, peak = _extremes(estimate, draws.margins(df, level), comparable)
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
        lam=lam,
        valley=valley,
        peak=peak,
        corrected=corrected,
        level=level,
    )


def _checked_sums(*arrays: ArrayLike) -> _Sums:
    parts = [np.array(array, dtype=np.float64) for array in arrays]
    if parts[0].ndim != 2 or any(part.shape != parts[0].shape for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(f"the six arrays must share one shape (participants, stages), got {shapes}")
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError("all sums must be finite; a participant without statements in a stage has zeros there")
    sums = _Sums(*parts)
    _check_counts(sums)
    return sums


def _check_counts(sums: _Sums) -> None:
    """Counts decide what is there: sums kept by adding and subtracting may leave a residue beside a zero count."""
    if min(part.min(initial=0.0) for part in (sums.n, sums.coded)) < 0 or (sums.coded > sums.n).any():
        raise ValueError("coded must lie between 0 and n")
    if (sums.weight[sums.coded > 0] <= 0).any():
        raise ValueError(
            "sum_weight must be positive where statements are coded: inclusion probabilities lie in (0, 1]"
        )
    for count, part in (
        (sums.n, sums.model),
        *((sums.coded, part) for part in sums.parts()[2:5]),
    ):
        if (np.abs(part[count == 0]) > RESIDUE).any():
            raise ValueError("a sum is not zero although it counts no statement")
        part[count == 0] = 0.0


def _check_options(level: float, bootstrap: int, score: str) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    if bootstrap < 1:
        raise ValueError(f"bootstrap must be at least 1, got {bootstrap}")
    if score not in ("corrected", "model", "human"):
        raise ValueError(f"score must be corrected, model or human, got {score!r}")


def _ratio(numerator: FloatArray, denominator: FloatArray, known: BoolArray) -> FloatArray:
    """NaN where nothing is known, without a warning."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=known)


def _theta(sums: _Sums, lam: float, corrected: bool) -> FloatArray:
    model_mean = _ratio(sums.model, sums.n, sums.n > 0)
    if not corrected:
        return model_mean
    return lam * model_mean + _ratio(sums.weight_human - lam * sums.weight_model, sums.weight, sums.coded > 0)


def _lambda(sums: _Sums) -> float:
    """The λ in [0, 1] with the smallest summed variance of the stages, from participants' linearised contributions."""
    total = sums.total()
    stages = total.coded > 0

    def contribution(part: FloatArray, size: FloatArray) -> FloatArray:
        whole = size[:, stages].sum(axis=0)
        centred = part[:, stages] - size[:, stages] * (part[:, stages].sum(axis=0) / whole)
        return np.asarray(centred / whole, dtype=np.float64)

    of_drawn = contribution(sums.weight_model, sums.weight)
    of_model = contribution(sums.model, sums.n) - of_drawn
    of_human = contribution(sums.weight_human, sums.weight)
    spread = float((of_model**2).sum())
    if spread <= ROUNDING**2 * float((of_drawn**2).sum()):
        return 0.0
    return float(np.clip(-(of_model * of_human).sum() / spread, 0.0, 1.0))


def _jackknife_covariance(sums: _Sums, lam: float, corrected: bool) -> FloatArray:
    """Shape (stages, stages), from leaving out one participant at a time; NaN where a variance cannot be known.

    A participant without a statement in a stage does not move it and is not counted there. A stage that would vanish
    without one participant has no known variance.
    """
    present = sums.n > 0
    count = np.maximum(present.sum(axis=0), 1)
    left = np.where(present, _theta(sums.without_each(), lam, corrected), 0.0)
    deviations = np.where(present, left - left.sum(axis=0) / count, 0.0)
    deviations[np.abs(deviations) <= ROUNDING * np.abs(left)] = 0.0
    deviations *= np.sqrt((count - 1) / count)
    covariance = deviations.T @ deviations
    unknown = ~present.any(axis=0) | (corrected & ~(sums.coded > 0).any(axis=0))
    covariance[unknown] = covariance[:, unknown] = np.nan
    return covariance


def _t_quantile(df: FloatArray, level: float) -> FloatArray:
    """Two-sided; NaN for df = 0."""
    return np.asarray(special.stdtrit(np.where(df > 0, df, np.nan), (1 + level) / 2), dtype=np.float64)


def _effective_df(share: FloatArray, df: FloatArray) -> FloatArray:
    """Kish's effective number of participants, minus 1: fewer than `df` where some write much more than others.

    Equal to `df` for equal shares. What holds for all stages at once reaches far into the tails, where the nominal df
    covers too little (24 simulated participants, Poisson numbers of entries: .93 to .96, and .96 to .98 with this).
    """
    squares = (share**2).sum(axis=0)
    effective = np.round(_ratio(share.sum(axis=0) ** 2, squares, squares > 0) - 1, 6)
    return np.fmin(np.fmax(effective, 1.0), df)


@dataclass(frozen=True, slots=True)
class _Draws:
    """Multiplier bootstrap: `errors`, of shape (bootstrap, stages), are N(0, V) with 0 where V is unknown."""

    covariance: FloatArray
    errors: FloatArray
    seed: int

    @classmethod
    def of(cls, covariance: FloatArray, bootstrap: int, seed: int) -> "_Draws":
        values, vectors = np.linalg.eigh(np.nan_to_num(covariance, nan=0.0))
        root = vectors * np.sqrt(np.clip(values, 0.0, None)) @ vectors.T
        normal = np.random.default_rng((seed, 0)).standard_normal((bootstrap, covariance.shape[0]))
        return cls(covariance, normal @ root, seed)

    def critical(self, df: FloatArray, level: float) -> FloatArray:
        """Standard errors within which the curve's errors stay in all stages together, at `level`."""
        return _critical(self.errors, np.sqrt(np.diag(self.covariance)), df, level, (self.seed, 1))

    def margins(self, df: FloatArray, level: float) -> FloatArray:
        """Differences of two stages beyond chance, shape (stages, stages), for all pairs together at `level`.

        The stage with fewer participants decides how well the standard error of a pair is known.
        """
        one, other = np.triu_indices(df.size, k=1)
        variance = np.diag(self.covariance)
        apart = variance[one] + variance[other]
        squared = apart - 2 * self.covariance[one, other]
        standard_error = np.sqrt(np.where(squared <= ROUNDING * apart, 0.0, squared))
        errors = self.errors[:, one] - self.errors[:, other]
        critical = _critical(errors, standard_error, np.minimum(df[one], df[other]), level, (self.seed, 2))
        margins = np.zeros_like(self.covariance)
        margins[one, other] = margins[other, one] = np.where(standard_error == 0, 0.0, critical * standard_error)
        return margins


def _critical(
    errors: FloatArray, standard_error: FloatArray, df: FloatArray, level: float, seed: tuple[int, int]
) -> FloatArray:
    """Standard errors within which all columns of `errors` stay together, at `level`; NaN for a column without error.

    The max-|t| quantile, each draw divided by √(χ²/df), where all columns have the same df. Otherwise columns are
    compared by their tail probability, so that one stage with few participants does not widen all the others.
    """
    rng = np.random.default_rng(seed)
    known = standard_error > 0
    tail = np.ones(errors.shape[0])
    for degrees in np.unique(df[known]).tolist():
        columns = known & (df == degrees)
        ratios = np.abs(errors[:, columns]) / standard_error[columns]
        largest = (ratios / np.sqrt(rng.chisquare(degrees, ratios.shape) / degrees)).max(axis=1)
        tail = np.minimum(tail, np.asarray(special.stdtr(degrees, -largest), dtype=np.float64))
    threshold = float(np.quantile(tail, 1 - level, method="lower"))
    return np.asarray(-special.stdtrit(np.where(known, df, np.nan), threshold), dtype=np.float64)


def _extremes(
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
