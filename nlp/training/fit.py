"""From statements to weights, the same bytes every time.

Tables are fitted on all statements, the sentiment table on reviews too. How scores are stretched, from which strength an
emotion is named, and what a score's sign is worth, is learnt from predictions for statements that no table has seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack, vstack

from nlp.coding import EMOTIONS
from nlp.ngrams import EMOTION_BITS, SENTIMENT_BITS
from nlp.training.calibration import best_floor, right_signs, stretch
from nlp.training.corpus import Corpus, read_corpus
from nlp.training.ridge import least_squares, ridge
from nlp.training.statements import Statement
from nlp.weights import Fusion, Weights

FOLDS: Final = 5
FOLD_RUN: Final = 10
"""Neighbours in the files are often contrasting pairs and stay in one fold."""
SENTIMENT_PENALTY: Final = 10.0
EMOTION_PENALTY: Final = 25.0
REVIEW_WEIGHT: Final = 0.25
REVIEW_VALENCE: Final = 0.6
"""What a review that is only known to be liked is taken to mean."""
FEATURE_SCALE: Final = 3.0
"""How much less a lexicon feature is penalised than an n-gram."""
RAREST: Final = 2
"""An n-gram that stands in fewer texts than this gets no weight."""
LENGTH_BINS: Final = 8
LEAST_WEIGHT, MOST_WEIGHT = 0.3, 3.0
DIGITS: Final = 4
INT8: Final = 127


def train(statements: Sequence[Statement], reviews: Sequence[tuple[str, int]] = ()) -> Weights:
    """Fits all weights; needs statements of more than one valence. Depends on their order only through the folds."""
    corpus = read_corpus([statement.text for statement in statements])
    valence = np.array([statement.valence for statement in statements]) / 2
    emotions = np.zeros((len(statements), len(EMOTIONS)))
    for index, statement in enumerate(statements):
        emotions[index, list(statement.emotions)] = 1
    lesson = _Lesson(corpus, valence, _length_weights(corpus.lengths, valence))
    table, scale, terms, unseen = _fit_sentiment(lesson, reviews)
    at, to = stretch(unseen, valence)
    scores = np.round(np.sign(unseen) * np.interp(np.abs(unseen), at, to), DIGITS)
    tables, scales, guesses = _fit_emotions(corpus, emotions)
    emotion_terms, floors = _fuse_emotions(corpus, emotions, guesses, scores)
    sure_at, sure = right_signs(scores, valence)
    return Weights(table, tables, Fusion(scale, terms, at, to, scales, emotion_terms, floors, sure_at, sure))


@dataclass(frozen=True, slots=True)
class _Lesson:
    corpus: Corpus
    valence: NDArray[np.float64]
    weight: NDArray[np.float64]


def _length_weights(lengths: NDArray[np.int64], valence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights under which valence and length are independent, so that length is no cue."""
    edges = np.quantile(lengths, np.linspace(0, 1, LENGTH_BINS + 1)[1:-1])
    joint = np.zeros((LENGTH_BINS, 5))
    place = np.searchsorted(edges, lengths), np.rint(valence * 2 + 2).astype(np.int64)
    np.add.at(joint, place, 1 / len(valence))
    expected = joint.sum(axis=1)[place[0]] * joint.sum(axis=0)[place[1]]
    return np.asarray(np.clip(expected / joint[place], LEAST_WEIGHT, MOST_WEIGHT))


def _common_columns(occurrences: csr_array) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which columns are common enough, and their inverse document frequency."""
    frequency = np.bincount(occurrences.indices, minlength=occurrences.shape[1])
    columns = np.flatnonzero(frequency >= RAREST)
    return columns, np.log(occurrences.shape[0] / frequency[columns])


def _folded(
    rows: int, solve: Callable[[NDArray[np.int64]], NDArray[np.float64]], design: csr_array
) -> NDArray[np.float64]:
    """For each row the prediction of weights that have not seen it."""
    fold = np.arange(rows) // FOLD_RUN % FOLDS
    found = [design[fold == held] @ solve(np.flatnonzero(fold != held)) for held in range(FOLDS)]
    unseen = np.zeros((rows, *found[0].shape[1:]))
    for held in range(FOLDS):
        unseen[fold == held] = found[held]
    return unseen


def _quantised(weights: NDArray[np.float64]) -> tuple[NDArray[np.int8], float]:
    scale = float(f"{max(np.abs(weights).max(), 1e-9) / INT8:.4g}")
    return np.clip(np.rint(weights / scale), -INT8, INT8).astype(np.int8), scale


def _fit_sentiment(
    lesson: _Lesson, reviews: Sequence[tuple[str, int]]
) -> tuple[NDArray[np.int8], float, tuple[float, ...], NDArray[np.float64]]:
    """The table, its unit, the terms of the lexicon features, and what unseen statements score.

    N-grams and features are fitted together and without a constant: what says nothing scores 0.
    """
    others = read_corpus([text for text, _ in reviews]) if reviews else None
    corpora = [lesson.corpus] if others is None else [lesson.corpus, others]
    columns, rarity = _common_columns(vstack([corpus.sentiment for corpus in corpora]).tocsr())
    designs = [_sentiment_design(corpus, columns, rarity) for corpus in corpora]
    targets = [lesson.valence, np.array([liked * REVIEW_VALENCE for _, liked in reviews])]
    weights = [lesson.weight, np.full(len(reviews), REVIEW_WEIGHT)]

    def solve(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        root = np.sqrt(np.concatenate((weights[0][rows], weights[1])))
        design = csr_array(diags_array(root) @ vstack([designs[0][rows], *designs[1:]]))
        return ridge(design, (root * np.concatenate((targets[0][rows], targets[1])))[:, None], SENTIMENT_PENALTY)

    solution = solve(np.arange(lesson.valence.size))[:, 0]
    unseen = _folded(lesson.valence.size, solve, designs[0])[:, 0]
    small, scale = _quantised(solution[: columns.size] * rarity)
    table = np.zeros(1 << SENTIMENT_BITS, dtype=np.int8)
    table[columns] = small
    terms = np.round(solution[columns.size :] * FEATURE_SCALE, DIGITS)
    return table, scale, tuple(terms.tolist()), unseen


def _sentiment_design(corpus: Corpus, columns: NDArray[np.int64], rarity: NDArray[np.float64]) -> csr_array:
    """Rare n-grams weigh more, long texts no more than short ones; the lexicon features stand last."""
    grams = diags_array(1 / corpus.root) @ csr_array(corpus.sentiment[:, columns]) @ diags_array(rarity)
    return csr_array(hstack([grams, csr_array(corpus.features * FEATURE_SCALE)]))


def _fit_emotions(
    corpus: Corpus, emotions: NDArray[np.float64]
) -> tuple[NDArray[np.int8], tuple[float, ...], NDArray[np.float64]]:
    columns, rarity = _common_columns(corpus.emotion)
    design = csr_array(diags_array(1 / corpus.root) @ csr_array(corpus.emotion[:, columns]) @ diags_array(rarity))
    targets = emotions - emotions.mean(axis=0)
    everything = np.arange(len(targets))
    weights = ridge(design, targets, EMOTION_PENALTY)
    unseen = _folded(everything.size, lambda rows: ridge(design[rows], targets[rows], EMOTION_PENALTY), design)
    tables = np.zeros((1 << EMOTION_BITS, len(EMOTIONS)), dtype=np.int8)
    scales = []
    for label in range(len(EMOTIONS)):
        tables[columns, label], scale = _quantised(weights[:, label] * rarity)
        scales.append(scale)
    return tables, tuple(scales), unseen


def _fuse_emotions(
    corpus: Corpus, emotions: NDArray[np.float64], guesses: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    terms, floors = [], []
    for label in range(len(EMOTIONS)):
        columns = np.column_stack((np.ones(scores.size), guesses[:, label], corpus.words[:, label], scores))
        fitted = np.round(least_squares(columns, emotions[:, label], np.ones(scores.size)), DIGITS)
        terms.append(tuple(fitted.tolist()))
        floors.append(best_floor(np.round((columns * fitted).sum(axis=1), 6), emotions[:, label]))
    return tuple(terms), tuple(floors)
