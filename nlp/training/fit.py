"""From statements to weights, the same bytes every time.

Tables are fitted on all statements. How much to trust them beside the lexicon, from which score on an emotion is named,
and what a score's sign is worth, is learnt from predictions for statements that a table has not seen (five folds).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from nlp.coding import EMOTIONS
from nlp.ngrams import EMOTION_BITS, SENTIMENT_BITS, counts, fitting, slots
from nlp.reading import analyse, emotion_sums, shared_reader, sum_up
from nlp.training.ridge import least_squares, ridge
from nlp.training.statements import Statement
from nlp.weights import Fusion, Weights

FOLDS: Final = 5
SENTIMENT_PENALTY: Final = 15.0
EMOTION_PENALTY: Final = 60.0
RAREST: Final = 2
"""An n-gram that stands in fewer statements than this gets no weight."""
LENGTH_BINS: Final = 8
LEAST_WEIGHT, MOST_WEIGHT = 0.3, 3.0
DIGITS: Final = 4
INT8: Final = 127
CONFIDENCE_BINS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0)
_FLOORS: Final = np.arange(0.1, 0.6, 0.02)
_SMOOTH: Final = 10


@dataclass(frozen=True, slots=True)
class _Corpus:
    sentiment: csr_array
    emotion: csr_array
    root: NDArray[np.float64]
    features: NDArray[np.float64]
    words: NDArray[np.float64]
    valence: NDArray[np.float64]
    emotions: NDArray[np.float64]
    weight: NDArray[np.float64]


def train(statements: Sequence[Statement]) -> Weights:
    """Fits all weights; needs statements of more than one valence. Depends on their order only through the folds."""
    corpus = _corpus(statements)
    table, scale, unseen = _fit_sentiment(corpus)
    joined = np.column_stack((np.ones(unseen.size), unseen, corpus.features))
    terms = np.round(least_squares(joined, corpus.valence, corpus.weight), DIGITS)
    scores = np.clip(_combine(joined, terms), -1, 1)
    tables, scales, guesses = _fit_emotions(corpus)
    emotion_terms, floors = _fuse_emotions(corpus, guesses, scores)
    at, sure = _confidence(scores, corpus.valence)
    fusion = Fusion(scale, tuple(terms.tolist()), scales, emotion_terms, floors, at, sure)
    return Weights(table, tables, fusion)


def _corpus(statements: Sequence[Statement]) -> _Corpus:
    texts = [statement.text for statement in statements]
    batch, hashes = analyse(texts)
    fits = fitting(batch)
    reading = shared_reader().read(batch, hashes)
    owner = np.repeat(batch.owner, fits.shape[1])[fits.ravel()]
    valence = np.array([statement.valence for statement in statements]) / 2
    emotions = np.zeros((len(texts), len(EMOTIONS)))
    for index, statement in enumerate(statements):
        emotions[index, list(statement.emotions)] = 1
    return _Corpus(
        _occurrences(owner, slots(hashes, fits, SENTIMENT_BITS)[fits], len(texts), SENTIMENT_BITS),
        _occurrences(owner, slots(hashes, fits, EMOTION_BITS)[fits], len(texts), EMOTION_BITS),
        np.sqrt(np.maximum(counts(batch), 1)), np.column_stack(sum_up(reading, len(texts)).features()),
        emotion_sums(reading, len(texts)), valence, emotions, _length_weights(batch.lengths, valence),
    )  # fmt: skip


def _occurrences(owner: NDArray[np.int64], column: NDArray[np.int64], texts: int, bits: int) -> csr_array:
    used = column > 0
    ones = np.ones(int(used.sum()))
    return csr_array((ones, (owner[used], column[used])), shape=(texts, 1 << bits))


def _length_weights(lengths: NDArray[np.int64], valence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights under which valence and length are independent, so that length is no cue."""
    edges = np.quantile(lengths, np.linspace(0, 1, LENGTH_BINS + 1)[1:-1])
    joint = np.zeros((LENGTH_BINS, 5))
    place = np.searchsorted(edges, lengths), np.rint(valence * 2 + 2).astype(np.int64)
    np.add.at(joint, place, 1 / len(valence))
    expected = joint.sum(axis=1)[place[0]] * joint.sum(axis=0)[place[1]]
    return np.asarray(np.clip(expected / joint[place], LEAST_WEIGHT, MOST_WEIGHT))


def _weighted_columns(
    occurrences: csr_array, root: NDArray[np.float64]
) -> tuple[csr_array, NDArray[np.int64], NDArray[np.float64]]:
    """The design over columns that are common enough, which columns they are, and their inverse document frequency."""
    texts = occurrences.shape[0]
    frequency = np.bincount(occurrences.indices, minlength=occurrences.shape[1])
    columns = np.flatnonzero(frequency >= RAREST)
    rarity = np.log(texts / frequency[columns])
    design = csr_array(diags_array(1 / root) @ csr_array(occurrences[:, columns]) @ diags_array(rarity))
    return design, columns, rarity


def _folded(
    design: csr_array, targets: NDArray[np.float64], weight: NDArray[np.float64], penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights from all rows, and for each row the prediction of weights that have not seen it."""
    fold = np.arange(design.shape[0]) % FOLDS
    unseen = np.zeros_like(targets)
    for held in range(FOLDS):
        rest = fold != held
        unseen[~rest] = design[~rest] @ _weighted_ridge(design[rest], targets[rest], weight[rest], penalty)
    return _weighted_ridge(design, targets, weight, penalty), unseen


def _weighted_ridge(
    design: csr_array, targets: NDArray[np.float64], weight: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    root = np.sqrt(weight)
    return ridge(csr_array(diags_array(root) @ design), root[:, None] * targets, penalty)


def _quantised(weights: NDArray[np.float64]) -> tuple[NDArray[np.int8], float]:
    scale = float(f"{max(np.abs(weights).max(), 1e-9) / INT8:.4g}")
    return np.clip(np.rint(weights / scale), -INT8, INT8).astype(np.int8), scale


def _fit_sentiment(corpus: _Corpus) -> tuple[NDArray[np.int8], float, NDArray[np.float64]]:
    design, columns, rarity = _weighted_columns(corpus.sentiment, corpus.root)
    weights, unseen = _folded(design, corpus.valence[:, None], corpus.weight, SENTIMENT_PENALTY)
    small, scale = _quantised(weights[:, 0] * rarity)
    table = np.zeros(1 << SENTIMENT_BITS, dtype=np.int8)
    table[columns] = small
    return table, scale, unseen[:, 0]


def _fit_emotions(corpus: _Corpus) -> tuple[NDArray[np.int8], tuple[float, ...], NDArray[np.float64]]:
    design, columns, rarity = _weighted_columns(corpus.emotion, corpus.root)
    targets = corpus.emotions - corpus.emotions.mean(axis=0)
    weights, unseen = _folded(design, targets, np.ones(len(targets)), EMOTION_PENALTY)
    tables = np.zeros((1 << EMOTION_BITS, len(EMOTIONS)), dtype=np.int8)
    scales = []
    for label in range(len(EMOTIONS)):
        tables[columns, label], scale = _quantised(weights[:, label] * rarity)
        scales.append(scale)
    return tables, tuple(scales), unseen


def _combine(columns: NDArray[np.float64], terms: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((columns * terms).sum(axis=1))


def _fuse_emotions(
    corpus: _Corpus, guesses: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    terms, floors = [], []
    for label in range(len(EMOTIONS)):
        columns = np.column_stack((np.ones(scores.size), guesses[:, label], corpus.words[:, label], scores))
        target = corpus.emotions[:, label]
        fitted = np.round(least_squares(columns, target, np.ones(scores.size)), DIGITS)
        terms.append(tuple(fitted.tolist()))
        floors.append(_best_floor(np.round(_combine(columns, fitted), 6), target))
    return tuple(terms), tuple(floors)


def _best_floor(strength: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """The floor with the highest F1 out of sample; the lowest of equals."""
    named = [strength >= floor for floor in _FLOORS]
    f1 = [2 * target[name].sum() / max(name.sum() + target.sum(), 1) for name in named]
    return round(float(_FLOORS[int(np.argmax(np.round(f1, 6)))]), 2)


def _confidence(
    scores: NDArray[np.float64], valence: NDArray[np.float64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Share of right signs among statements that feel something, by size of the score; never falling, never under a half."""
    felt = valence != 0
    size, right = np.round(np.abs(scores[felt]), 6), np.sign(scores[felt]) == np.sign(valence[felt])
    place = np.digitize(size, CONFIDENCE_BINS[1:-1])
    at = [round((low + high) / 2, 3) for low, high in pairwise(CONFIDENCE_BINS)]
    share = [(right[place == k].sum() + _SMOOTH / 2) / ((place == k).sum() + _SMOOTH) for k in range(len(at))]
    rising = np.maximum.accumulate(np.maximum(np.round(share, DIGITS), 0.5))
    return tuple(at), tuple(rising.tolist())
