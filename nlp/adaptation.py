"""A study's own calibration of a coder, learnt from human codes and never trusted further than people left out bear out.

Candidates of increasing complexity are compared by cross-validation that leaves whole people out: what one person writes
resembles the rest of what they write. The simplest one within a standard error of the best is taken (the one-standard-
error rule of Breiman et al., 1984, with the error of the paired difference, by delete-one-person jackknife). What is
reported is the error of this whole procedure, chosen anew in every outer fold; where it is no smaller than the coder's
own, nothing is changed.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from nlp.adapted import Adaptation
from nlp.wordings import Wordings

Kind: TypeAlias = Literal["identity", "linear", "monotone", "words"]
Reason: TypeAlias = Literal["better", "no_better", "too_few_codes", "too_few_people"]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

KINDS: Final[tuple[Kind, ...]] = ("identity", "linear", "monotone", "words")
LEAST_CODES: Final = 20
LEAST_PEOPLE: Final = 5
LEAST_FOR_WORDS: Final = 200
FOLDS: Final = 5
LEVEL: Final = 0.95
PSEUDO: Final = 10.0
"""Codes that speak for leaving the score as it is."""
BIN: Final = 12
MOST_BINS: Final = 8
SURE_BIN: Final = 20
LEAST_SURE: Final = 60
MOST_SURE_BINS: Final = 6


@dataclass(frozen=True, slots=True)
class Report:
    """What a fit rests on. Errors are mean absolute errors on [−1, 1], on statements of people who were left out.

    `gain` is how much smaller the adapted error is than the base's, with its interval at LEVEL over people; it is that of
    the procedure, and 0 where nothing is changed. `candidates` has the held-out error of each candidate that was tried.
    """

    statements: int
    people: int
    chosen: Kind
    reason: Reason
    base_error: float
    adapted_error: float
    gain: float
    gain_lower: float
    gain_upper: float
    candidates: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """The figures, rounded to six decimals."""
        figures = asdict(self) | {"candidates": dict(self.candidates)}
        return {name: _rounded(value) for name, value in figures.items()}


@dataclass(frozen=True, slots=True)
class Fitted:
    """An adaptation, and what it rests on."""

    adaptation: Adaptation
    report: Report


@dataclass(frozen=True, slots=True)
class _Codes:
    """Statements with the coder's score and the human one; `person` numbers who said them, from 0."""

    score: Floats
    human: Floats
    person: Ints
    wordings: Wordings | None

    def some(self, rows: NDArray[np.bool_]) -> "_Codes":
        wordings = self.wordings.some(rows) if self.wordings else None
        return _Codes(self.score[rows], self.human[rows], self.person[rows], wordings)

    def kinds(self) -> Sequence[Kind]:
        return KINDS if self.wordings is not None and self.score.size >= LEAST_FOR_WORDS else KINDS[:-1]


def fit_adaptation(
    scores: ArrayLike,
    human: ArrayLike,
    people: Sequence[Hashable],
    *,
    texts: Sequence[str] | None = None,
    seed: int = 0,
) -> Fitted:
    """The calibration that these human codes bear out, and its report.

    `scores` (the coder's) and `human` have shape (statements,) and lie in [−1, 1]; `people` says who said each statement;
    `texts`, if given, let words correct the score from LEAST_FOR_WORDS codes on. With fewer than LEAST_CODES codes or
    LEAST_PEOPLE people nothing is changed. The same arguments give the same result, in any order of the statements
    but for how ties fall. Raises ValueError for shapes that differ and values out of range.
    """
    codes = _checked(scores, human, people, texts)
    n, groups = codes.score.size, int(codes.person.max(initial=-1)) + 1
    base = np.abs(codes.human - codes.score)
    base_error = float(base.mean()) if n else 0.0
    few: Reason | None = "too_few_codes" if n < LEAST_CODES else "too_few_people" if groups < LEAST_PEOPLE else None
    if few:
        return _unchanged(n, groups, base_error, few, {})
    errors = _held_out_errors(codes, seed)
    candidates: dict[str, float] = {kind: float(error.mean()) for kind, error in errors.items()}
    chosen = _choose(errors, codes.person)
    predicted = _nested(codes, seed)
    gains = base - np.abs(codes.human - predicted)
    gain = float(gains.mean())
    if chosen == "identity" or gain <= 0:
        return _unchanged(n, groups, base_error, "no_better", candidates)
    margin = float(scipy.special.stdtrit(groups - 1, (1 + LEVEL) / 2)) * _standard_error(gains, codes.person)
    report = Report(
        n, groups, chosen, "better", base_error, base_error - gain, gain, gain - margin, gain + margin, candidates
    )
    fitted = _FITS[chosen](codes)
    sure_at, sure = _confidence(predicted, codes.human)
    return Fitted(Adaptation(fitted.knots, fitted.values, fitted.words, sure_at, sure), report)


def _checked(scores: ArrayLike, human: ArrayLike, people: Sequence[Hashable], texts: Sequence[str] | None) -> _Codes:
    score, given = np.array(scores, dtype=np.float64), np.array(human, dtype=np.float64)
    sizes = {score.size, given.size, len(people)} | (set() if texts is None else {len(texts)})
    if score.ndim != 1 or given.ndim != 1 or len(sizes) > 1:
        raise ValueError(f"one score, human code, person and text for each statement, got {sorted(sizes)}")
    for values in (score, given):
        if not (np.isfinite(values).all() and (np.abs(values) <= 1).all()):
            raise ValueError("scores and human codes must lie in [-1, 1]")
    numbers = {person: number for number, person in enumerate(sorted(set(people), key=str))}
    person = np.array([numbers[one] for one in people], dtype=np.int64)
    wordings = Wordings.of(texts, person) if texts is not None and score.size >= LEAST_FOR_WORDS else None
    return _Codes(score, given, person, wordings)


def _unchanged(n: int, groups: int, error: float, reason: Reason, candidates: Mapping[str, float]) -> Fitted:
    report = Report(n, groups, "identity", reason, error, error, 0.0, 0.0, 0.0, candidates)
    return Fitted(Adaptation.identity(), report)


def _linear(codes: _Codes) -> Adaptation:
    """Shift and scale, as if PSEUDO further codes had found the score right."""
    f, rest = codes.score, codes.human - codes.score
    weight = np.array([[f.size + PSEUDO, f.sum()], [f.sum(), (f * f).sum() + PSEUDO / 4]])
    shift, tilt = np.linalg.solve(weight, np.array([rest.sum(), (f * rest).sum()])).tolist()
    slope = max(1 + tilt, 0.0)
    return Adaptation.of_knots((-1.0, 1.0), (shift - slope, shift + slope))


def _monotone(codes: _Codes) -> Adaptation:
    """Means of runs of like scores, drawn towards the straight line and made to rise, joined by straight pieces."""
    straight = _linear(codes)
    order = np.argsort(codes.score, kind="stable")
    bins = max(1, min(MOST_BINS, order.size // BIN))
    runs = [run for run in np.array_split(order, bins) if run.size]
    at = np.array([codes.score[run].mean() for run in runs])
    size = np.array([run.size for run in runs], dtype=np.float64)
    mean = np.array([codes.human[run].mean() for run in runs])
    towards = straight.map(at)
    risen = _rising((size * mean + PSEUDO * towards) / (size + PSEUDO), size + PSEUDO)
    keep = np.append(True, np.diff(at) > 1e-9)
    at, risen = at[keep], risen[keep]
    ends = straight.map(np.array([-1.0, 1.0])) - straight.map(at[[0, -1]])
    knots = np.concatenate([[-1.0], at, [1.0]])
    values = np.concatenate([[risen[0] + min(ends[0], 0.0)], risen, [risen[-1] + max(ends[1], 0.0)]])
    inside = np.append(np.append(True, (at > -1) & (at < 1)), True)
    return Adaptation.of_knots(knots[inside].tolist(), values[inside].tolist())


def _with_words(codes: _Codes) -> Adaptation:
    mapped = _monotone(codes)
    if codes.wordings is None:
        return mapped
    return mapped.with_words(codes.wordings.corrections(codes.human - mapped.map(codes.score)))


_FITS: Final[Mapping[Kind, Callable[[_Codes], Adaptation]]] = {
    "identity": lambda _codes: Adaptation.identity(),
    "linear": _linear,
    "monotone": _monotone,
    "words": _with_words,
}


def _predict(adaptation: Adaptation, codes: _Codes) -> Floats:
    corrections = codes.wordings.total(adaptation.words) if codes.wordings and adaptation.words else None
    return adaptation.scores(codes.score, corrections)


def _folds(person: Ints, seed: int) -> list[NDArray[np.bool_]]:
    """Whole people, shuffled and put where least has been put so far."""
    who, count = np.unique(person, return_counts=True)
    order = np.random.default_rng((seed, who.size)).permutation(who.size)
    fold_of, filled = {}, np.zeros(min(FOLDS, who.size))
    for one in order[np.argsort(-count[order], kind="stable")].tolist():
        fold_of[int(who[one])] = place = int(filled.argmin())
        filled[place] += count[one]
    folds = np.array([fold_of[one] for one in person.tolist()], dtype=np.int64)
    return [folds == number for number in range(filled.size)]


def _held_out_errors(codes: _Codes, seed: int) -> dict[Kind, Floats]:
    """Absolute errors of each candidate, shape (statements,), each fitted without the fold that holds the statement."""
    errors: dict[Kind, Floats] = {kind: np.zeros(codes.score.size) for kind in codes.kinds()}
    for fold in _folds(codes.person, seed):
        taught, left = codes.some(~fold), codes.some(fold)
        for kind, error in errors.items():
            error[fold] = np.abs(left.human - _predict(_FITS[kind](taught), left))
    return errors


def _nested(codes: _Codes, seed: int) -> Floats:
    """Scores of the whole procedure, shape (statements,), chosen and fitted without the fold that holds the statement."""
    predicted = codes.score.copy()
    for fold in _folds(codes.person, seed + 1):
        taught, left = codes.some(~fold), codes.some(fold)
        kind = _choose(_held_out_errors(taught, seed), taught.person)
        predicted[fold] = _predict(_FITS[kind](taught), left)
    return predicted


def _choose(errors: Mapping[Kind, Floats], person: Ints) -> Kind:
    """The simplest candidate within a standard error of the best; never one with a larger error than `identity`."""
    means = {kind: float(error.mean()) for kind, error in errors.items()}
    best = min(means, key=lambda kind: means[kind])
    for kind, error in errors.items():
        within = means[kind] - means[best] <= _standard_error(error - errors[best], person)
        if within and (kind == "identity" or means[kind] < means["identity"]):
            return kind
    return best


def _standard_error(values: Floats, person: Ints) -> float:
    """Of the mean of `values`, by leaving out one person at a time."""
    total, count = np.bincount(person, values), np.bincount(person)
    total, count = total[count > 0], count[count > 0]
    groups = count.size
    if groups < 2:
        return float("inf")
    left = (total.sum() - total) / (count.sum() - count)
    return float(np.sqrt((groups - 1) / groups * ((left - left.mean()) ** 2).sum()))


def _confidence(predicted: Floats, human: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Share of right signs by size of the score, on people left out; empty with fewer than LEAST_SURE codes that have one."""
    signed = human != 0
    size, right = np.abs(predicted[signed]), (predicted[signed] * human[signed] > 0).astype(np.float64)
    if size.size < LEAST_SURE:
        return (), ()
    order = np.argsort(size, kind="stable")
    runs = np.array_split(order, min(MOST_SURE_BINS, size.size // SURE_BIN))
    at = np.array([size[run].mean() for run in runs])
    share = np.array([(right[run].sum() + right.mean()) / (run.size + 1) for run in runs])
    keep = np.append(True, np.diff(at) > 1e-9)
    risen = _rising(share, np.array([run.size for run in runs], dtype=np.float64))
    return tuple(np.round(at[keep], 6).tolist()), tuple(np.round(risen[keep], 4).tolist())


def _rising(values: Floats, weights: Floats) -> Floats:
    """The nearest values that never fall (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    return np.repeat([value for value, _, _ in blocks], [count for _, _, count in blocks])


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return round(value, 6) if isinstance(value, float) else value
