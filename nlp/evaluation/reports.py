"""What a coder gives on graded statements, minimal pairs and labelled texts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.coding import EMOTIONS, Coder, Coding
from nlp.evaluation import measures
from nlp.evaluation.files import Graded, Labelled
from nlp.evaluation.measures import Agreement, Numbers

LEAST_SHOWN: Final = 5
"""A phenomenon that fewer statements show is not called the worst."""

_PROBABLE_BY_SCORE: Final = frozenset({"snownlp"})
_IMPROBABLE: Final = frozenset({"lexicon"})


@dataclass(frozen=True, slots=True)
class Tagged:
    """Of the `count` statements with a phenomenon and a valence that is not 0, the share whose sign is right."""

    sign: float
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """On graded statements; shares and correlations.

    `sign`: right signs where valence is not 0; what scores above 0 is called positive and all else negative, `silent` of it
    with a score of 0. `spearman`, `error` (mean size, on [-1, 1]), `exact`,
    `within_one` and `kappa` (quadratic) of the five grades over all. `neutral`: mean size of the score where valence is 0.
    `ece`: of the sign's probability where valence is not 0. `macro_f1`: the mean of `emotions` that occur. `length`:
    correlation of length and size of the score among statements whose valence has one size, the mean over sizes.
    """

    sign: float
    silent: float
    spearman: float
    error: float
    neutral: float
    exact: float
    within_one: float
    kappa: float
    ece: float
    length: float
    macro_f1: float
    emotions: dict[str, Agreement]
    by_phenomenon: dict[str, Tagged]

    @property
    def worst(self) -> tuple[str, Tagged] | None:
        """The phenomenon, shown by LEAST_SHOWN statements or more, whose signs are least often right."""
        shown = [(tag, found) for tag, found in self.by_phenomenon.items() if found.count >= LEAST_SHOWN]
        return min(shown, key=lambda one: one[1].sign) if shown else None


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """On labelled texts: `accuracy` of calling what scores above 0 positive and all else negative; `auc`; `ece`."""

    accuracy: float
    auc: float
    ece: float
    count: int


def evaluate(coder: Coder, graded: Sequence[Graded]) -> Report:
    """Measures a coder; what needs statements of several valences is NaN without them."""
    codings = coder.code([statement.text for statement in graded])
    scores = _scores(codings)
    valence = np.array([statement.valence for statement in graded])
    right, felt = (scores > 0) == (valence > 0), valence != 0
    said = np.rint(scores * 2).astype(np.int64)
    emotions = _emotions([coding.emotions for coding in codings], graded)
    return Report(
        sign=_share(right[felt]),
        silent=_share(scores[felt] == 0),
        spearman=measures.spearman(valence.astype(np.float64), scores),
        error=float(np.abs(valence / 2 - scores).mean()),
        neutral=_share(np.abs(scores[~felt])),
        exact=_share(said == valence),
        within_one=_share(np.abs(said - valence) <= 1),
        kappa=measures.quadratic_kappa(valence + 2, said + 2, 5),
        ece=_ece(coder.name, codings, valence > 0, felt),
        length=_length(graded, scores),
        macro_f1=measures.mean([found.f1 for found in emotions.values()]),
        emotions=emotions,
        by_phenomenon=_by_phenomenon(graded, right, felt),
    )


def evaluate_corpus(coder: Coder, labelled: Sequence[Labelled]) -> CorpusReport:
    """Measures a coder on texts that are positive or negative."""
    codings = coder.code([one.text for one in labelled])
    positive = np.array([one.positive for one in labelled])
    scores = _scores(codings)
    return CorpusReport(
        _share((scores > 0) == positive),
        measures.auc(scores, positive),
        _ece(coder.name, codings, positive, np.ones(positive.size, dtype=np.bool_)),
        len(labelled),
    )


def pairs_right(coder: Coder, pairs: Sequence[tuple[str, str]]) -> int:
    """How many pairs have the first text above 0 and the second below."""
    scores = [coding.sentiment for coding in coder.code([text for pair in pairs for text in pair])]
    return sum(first > 0 > second for first, second in zip(scores[::2], scores[1::2], strict=True))


def explained_gap(coder: Coder, texts: Sequence[str]) -> float:
    """The largest distance between a score and the sum of its evidence's contributions; of blank texts too."""
    return max(
        abs(sum(span.contribution for span in coding.evidence) - coding.sentiment)
        for coding in coder.code(texts, explain=True)
    )


def sign_probability(name: str, codings: Sequence[Coding]) -> Numbers | None:
    """(codings,): how probable it is, by the coder, that a text is positive; None where `confidence` is no probability.

    By `confidence`, which is the probability of the sign; SnowNLP states its own in the score, 2p - 1. A half without a sign.
    """
    scores = _scores(codings)
    if name in _IMPROBABLE:
        return None
    if name in _PROBABLE_BY_SCORE:
        return np.asarray((1 + scores) / 2)
    certain = np.array([coding.confidence for coding in codings])
    return np.where(scores > 0, certain, np.where(scores < 0, 1 - certain, 0.5))


def _scores(codings: Sequence[Coding]) -> Numbers:
    return np.array([coding.sentiment for coding in codings])


def _share(right: NDArray[np.bool_] | Numbers) -> float:
    return float(right.mean()) if right.size else float("nan")


def _ece(name: str, codings: Sequence[Coding], positive: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    probability = sign_probability(name, codings)
    return float("nan") if probability is None else measures.calibration_error(probability[chosen], positive[chosen])


def _emotions(named: Sequence[Collection[str]], graded: Sequence[Graded]) -> dict[str, Agreement]:
    """Of the labels that occur; empty for a coder that names no emotion at all."""
    gold = [statement.emotions for statement in graded]
    if not any(named):
        return {}
    return {label: measures.agreement(label, gold, named) for label in EMOTIONS if any(label in one for one in gold)}


def _by_phenomenon(graded: Sequence[Graded], right: NDArray[np.bool_], felt: NDArray[np.bool_]) -> dict[str, Tagged]:
    shown = sorted({phenomenon for statement in graded for phenomenon in statement.phenomena})
    masks = {tag: np.array([tag in statement.phenomena for statement in graded]) & felt for tag in shown}
    return {tag: Tagged(_share(right[mask]), int(mask.sum())) for tag, mask in masks.items() if mask.any()}


def _length(graded: Sequence[Graded], scores: Numbers) -> float:
    lengths = np.array([len(statement.text) for statement in graded], dtype=np.float64)
    strength = np.array([abs(statement.valence) for statement in graded])
    return measures.mean(
        [
            measures.correlation(lengths[strength == size], np.abs(scores[strength == size]))
            for size in np.unique(strength)
        ]
    )
