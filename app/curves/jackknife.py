"""Sums per participant and stage, the estimate made of them, and its delete-one-participant jackknife. Arrays only."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

MIN_PARTICIPANTS = 5
ROUNDING = 1e-12
RESIDUE = 1e-6


@dataclass(frozen=True, slots=True)
class PersonSums:
    """Sums over statements, per participant and stage or already added up: n, f, w, w·f, w·y and the number coded."""

    n: FloatArray
    model: FloatArray
    weight: FloatArray
    weight_model: FloatArray
    weight_human: FloatArray
    coded: FloatArray

    def total(self) -> "PersonSums":
        """Sums over all participants: shape (stages,)."""
        return PersonSums(*(part.sum(axis=0) for part in self.parts()))

    def without_each(self) -> "PersonSums":
        """Sums over all participants but one, for each one: shape (participants, stages)."""
        return PersonSums(*(part.sum(axis=0) - part for part in self.parts()))

    def parts(self) -> tuple[FloatArray, ...]:
        """The six arrays, in the order in which they are given."""
        return self.n, self.model, self.weight, self.weight_model, self.weight_human, self.coded


def checked_sums(*arrays: ArrayLike) -> PersonSums:
    """Return the six arrays, each copied; ValueError for other shapes, values that are not finite or contradict each other."""
    parts = [np.array(array, dtype=np.float64) for array in arrays]
    if parts[0].ndim != 2 or any(part.shape != parts[0].shape for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(f"the six arrays must share one shape (participants, stages), got {shapes}")
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError("all sums must be finite; a participant without statements in a stage has zeros there")
    sums = PersonSums(*parts)
    _check_counts(sums)
    return sums


def _check_counts(sums: PersonSums) -> None:
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


def ratio(numerator: FloatArray, denominator: FloatArray, known: BoolArray) -> FloatArray:
    """Return the quotient; NaN where nothing is known, without a warning."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=known)


def theta(sums: PersonSums, lam: float, corrected: bool) -> FloatArray:
    """Return λ·mean(f) + Σw(y − λf)/Σw, in the shape of the sums; mean(f) unless ``corrected``. NaN where nothing is known."""
    model_mean = ratio(sums.model, sums.n, sums.n > 0)
    if not corrected:
        return model_mean
    return lam * model_mean + ratio(sums.weight_human - lam * sums.weight_model, sums.weight, sums.coded > 0)


def model_weight(sums: PersonSums) -> float:
    """Return the λ in [0, 1] with the smallest summed variance of the stages, from participants' linearised contributions."""
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


@dataclass(frozen=True, slots=True)
class Jackknifed:
    """A curve and what leaving out each participant makes of it.

    ``estimate`` has shape (stages,), ``left`` and ``present`` (participants, stages). ``share`` is how much each participant
    weighs in a stage, ``behind`` how many people its standard error rests on, ``lam`` the weight of the model.
    """

    estimate: FloatArray
    left: FloatArray
    present: BoolArray
    share: FloatArray
    behind: NDArray[np.int64]
    lam: float
    corrected: bool

    @property
    def df(self) -> FloatArray:
        """Degrees of freedom: the people behind a stage, minus 1."""
        return np.asarray(np.maximum(self.behind - 1.0, 0.0), dtype=np.float64)

    @property
    def covariance(self) -> FloatArray:
        """How the stages err together, shape (stages, stages)."""
        return jackknife_covariance(self.present, self.left, self.left, self.behind > 0)


def jackknifed(sums: PersonSums, score: str) -> Jackknifed:
    """Return the curve of ``score`` (corrected, model, human) and what leaving out each participant makes of it, λ held."""
    corrected = score == "human" or (score == "corrected" and bool(sums.coded.any()))
    lam = model_weight(sums) if corrected and score == "corrected" else float(not corrected)
    counted, share = (sums.coded, sums.weight) if corrected else (sums.n, sums.n)
    left = theta(sums.without_each(), lam, corrected)
    behind = (counted > 0).sum(axis=0)
    return Jackknifed(theta(sums.total(), lam, corrected), left, sums.n > 0, share, behind, lam, corrected)


def deviations(present: BoolArray, left: FloatArray, size: FloatArray) -> FloatArray:
    """Return how far each participant moves each stage, scaled so that their squares sum to the jackknife's variance.

    ``left`` holds the estimates without each participant, shape (participants, stages), and ``size`` how large the
    figures are that they were computed from: what is small beside those is rounding. A participant who is not
    ``present`` in a stage does not move it and is not counted there.
    """
    count = np.maximum(present.sum(axis=0), 1)
    left = np.where(present, left, 0.0)
    moved = np.where(present, left - left.sum(axis=0) / count, 0.0)
    moved[np.abs(moved) <= ROUNDING * np.abs(size)] = 0.0
    scaled: FloatArray = moved * np.sqrt((count - 1) / count)
    return scaled


def jackknife_covariance(present: BoolArray, left: FloatArray, size: FloatArray, known: BoolArray) -> FloatArray:
    """Return the covariance of stages, shape (stages, stages), from leaving out one participant at a time (see deviations).

    NaN where a variance is not ``known`` (stages,) or where a stage would vanish without one participant.
    """
    moved = deviations(present, left, size)
    covariance = np.asarray(moved.T @ moved, dtype=np.float64)
    covariance[~known] = covariance[:, ~known] = np.nan
    return covariance


def t_quantile(df: FloatArray, level: float) -> FloatArray:
    """Return the two-sided quantile of Student's t; NaN for df = 0."""
    return np.asarray(scipy.special.stdtrit(np.where(df > 0, df, np.nan), (1 + level) / 2), dtype=np.float64)


def effective_df(share: FloatArray, df: FloatArray) -> FloatArray:
    """Return Kish's effective number of participants, minus 1: fewer than `df` where some write much more than others.

    Equal to `df` for equal shares. What holds for all stages at once reaches far into the tails, where the nominal df
    covers too little (24 simulated participants, Poisson numbers of entries: .93 to .96, and .96 to .98 with this).
    """
    squares = (share**2).sum(axis=0)
    effective = np.round(ratio(share.sum(axis=0) ** 2, squares, squares > 0) - 1, 6)
    return np.fmin(np.fmax(effective, 1.0), df)
