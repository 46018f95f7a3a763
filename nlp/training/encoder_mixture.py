"""Fits how the encoder and the default coder are mixed, on statements that neither has seen. Needs no PyTorch."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.coders.encoder import logistic, strengths_of
from nlp.coders.linear import LinearCoder
from nlp.coding import EMOTIONS, Coding
from nlp.encoder.mixture import Mixture
from nlp.encoder.model import Encoder
from nlp.training.fit import train
from nlp.training.reviews import load_reviews
from nlp.training.statements import Statement

DIGITS: Final = 4
_FLOORS: Final = np.arange(0.08, 0.7, 0.02)
_TRUST: Final = 25
"""Statements with an emotion at which its own best floor counts as much as the one that suits all emotions."""
_STEPS: Final = 50


def calibrate(folder: Path, taught: Sequence[Statement], held: Sequence[Statement]) -> Mixture:
    """The mixture for the deltas in `folder`. The default coder is trained anew on `taught`, so `held` is new to both."""
    with tempfile.TemporaryDirectory() as scratch:
        train(taught, load_reviews()).write(Path(scratch))
        texts = [statement.text for statement in held]
        defaults = LinearCoder(weights=Path(scratch)).code(texts)
        raw = Encoder(Path(scratch), deltas=folder).read(texts)
    return fit_mixture(raw, defaults, held)


def fit_mixture(raw: NDArray[np.float64], defaults: Sequence[Coding], held: Sequence[Statement]) -> Mixture:
    """From what the encoder (texts, OUTPUTS) and the default coder say of graded statements."""
    valence = np.array([statement.valence for statement in held]) / 2
    felt = np.zeros((len(held), len(EMOTIONS)))
    for row, statement in enumerate(held):
        felt[row, list(statement.emotions)] = 1
    encoder, default = np.tanh(raw[:, 0]), np.array([coding.sentiment for coding in defaults])
    sentiment = _terms(encoder, default, valence)
    named, known = logistic(raw[:, 1:]), strengths_of(defaults)
    emotions = _terms(named.ravel(), known.ravel(), felt.ravel())
    first = Mixture(sentiment, emotions, (), (0.0, 0.0))
    floors = _best_floors(first.strengths(named, known), felt)
    certainty = _certainty(first.scores(encoder, default), valence)
    return Mixture(sentiment, emotions, floors, certainty)


def _terms(
    encoder: NDArray[np.float64], default: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Least squares; no side is taken away from the other."""
    columns = np.column_stack((np.ones(len(target)), encoder, default))
    constant, *weights = np.linalg.lstsq(columns, target, rcond=None)[0].tolist()
    of_encoder, of_default = (round(max(weight, 0.0), DIGITS) for weight in weights)
    return round(constant, DIGITS), of_encoder, of_default


def _best_floors(strengths: NDArray[np.float64], felt: NDArray[np.float64]) -> tuple[float, ...]:
    """For each emotion the floor with the highest F1, drawn to the one for all where few statements have it."""
    curves = np.array([_f1(strengths >= floor, felt) for floor in _FLOORS])
    common = _FLOORS[int(np.argmax(np.round(curves.mean(axis=1), 6)))]
    own = _FLOORS[np.argmax(np.round(curves, 6), axis=0)]
    share = felt.sum(axis=0) / (felt.sum(axis=0) + _TRUST)
    return tuple(np.round(share * own + (1 - share) * common, 3).tolist())


def _f1(named: NDArray[np.bool_], felt: NDArray[np.float64]) -> NDArray[np.float64]:
    either = named.sum(axis=0) + felt.sum(axis=0)
    return np.asarray(2 * (named * felt).sum(axis=0) / np.maximum(either, 1))


def _certainty(scores: NDArray[np.float64], valence: NDArray[np.float64]) -> tuple[float, float]:
    """Logistic regression of right signs on the size of the score, among statements that feel something."""
    felt = valence != 0
    columns = np.column_stack((np.ones(int(felt.sum())), np.abs(scores[felt])))
    right = np.asarray(np.sign(scores[felt]) == np.sign(valence[felt]), dtype=np.float64)
    terms = np.zeros(2)
    for _ in range(_STEPS):
        certain = 1 / (1 + np.exp(-columns @ terms))
        curve = (columns * (certain * (1 - certain))[:, None]).T @ columns + 1e-3 * np.eye(2)
        terms += np.linalg.solve(curve, columns.T @ (right - certain) - 1e-3 * terms)
    constant, weight = np.round(terms, DIGITS).tolist()
    return constant, weight
