"""Measures of agreement: arrays in, one number out; NaN where a measure is not defined."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 10
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well one label is found: `count` texts have it; `f1` is 0 where it is never found."""

    precision: float
    recall: float
    f1: float
    count: int


def ranks(values: Numbers) -> Numbers:
    """Ranks from 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def spearman(first: Numbers, second: Numbers) -> float:
    """Rank correlation, ties sharing their mean rank; NaN where one side is constant."""
    return correlation(ranks(first), ranks(second))


def correlation(first: Numbers, second: Numbers) -> float:
    """Pearson's; NaN where one side is constant."""
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def auc(scores: Numbers, positive: NDArray[np.bool_]) -> float:
    """Share of (positive, negative) pairs that the scores put in this order, ties half; NaN where one kind is missing."""
    hits = int(positive.sum())
    pairs = hits * (positive.size - hits)
    if not pairs:
        return float("nan")
    return float((ranks(scores)[positive].sum() - hits * (hits + 1) / 2) / pairs)


def calibration_error(probability: Numbers, happened: NDArray[np.bool_], bins: int = BINS) -> float:
    """Expected calibration error (Guo et al. 2017): `bins` of equal width on [0, 1], weighed by what falls into them."""
    if not probability.size:
        return float("nan")
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    said = np.bincount(place, probability, bins)
    seen = np.bincount(place, happened.astype(np.float64), bins)
    return float(np.abs(said - seen).sum() / probability.size)


def quadratic_kappa(given: NDArray[np.int64], said: NDArray[np.int64], grades: int) -> float:
    """Cohen's kappa with squared distances (Cohen 1968) of grades 0 to `grades` - 1; NaN where there is no chance of error."""
    seen = np.zeros((grades, grades))
    np.add.at(seen, (given, said), 1)
    distance = (np.arange(grades)[:, None] - np.arange(grades)) ** 2
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / max(seen.sum(), 1)
    expected = float((distance * chance).sum())
    return 1 - float((distance * seen).sum()) / expected if expected else float("nan")


def agreement(label: str, gold: Sequence[Collection[str]], named: Sequence[Collection[str]]) -> Agreement:
    """How well `label` is found among the names of each text."""
    right = sum(label in given and label in said for given, said in zip(gold, named, strict=True))
    there, claimed = sum(label in given for given in gold), sum(label in said for said in named)
    return Agreement(
        right / claimed if claimed else float("nan"),
        right / there if there else float("nan"),
        2 * right / (there + claimed) if there + claimed else float("nan"),
        there,
    )


def mean(values: Collection[float]) -> float:
    """The mean of those that are defined; NaN where none is."""
    told = [value for value in values if not np.isnan(value)]
    return float(np.mean(told)) if told else float("nan")
