"""Fits how the encoder and the default coder are mixed, on texts that neither has seen. Needs no PyTorch.

`python -m nlp.training.encoder_mixture [FOLDER]`: for the deltas in that folder, else for the shipped ones. To be done again
when the default coder has learnt anew.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.coders.encoder import logistic, strengths_of
from nlp.coders.linear import LinearCoder
from nlp.coding import EMOTIONS, Coding
from nlp.encoder.deltas import FOLDER
from nlp.encoder.mixture import Mixture, certainty_columns
from nlp.encoder.model import Encoder
from nlp.training.encoder_texts import all_statements, split, split_reviews
from nlp.training.fit import train
from nlp.training.statements import Statement

DIGITS: Final = 4
REVIEW_VALENCE: Final = 0.6
"""What a review that is only known to be liked is taken to mean."""
_FLOORS: Final = np.arange(0.08, 0.7, 0.02)
_SHARES: Final = np.arange(0.0, 1.01, 0.1)
_TRUST: Final = 25
"""Statements with an emotion at which its own best floor counts as much as the one that suits all emotions."""
_STEPS: Final = 50
_LEAN: Final = 1e-3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """What both sides say of texts: `raw` (texts, OUTPUTS) of the encoder, and the default coder's codings."""

    raw: Floats
    defaults: Sequence[Coding]

    @property
    def encoder(self) -> Floats:
        """(texts,): the encoder's score."""
        return np.asarray(np.tanh(self.raw[:, 0]))

    @property
    def default(self) -> Floats:
        """(texts,): the default coder's score."""
        return np.array([coding.sentiment for coding in self.defaults])


def calibrate(folder: Path) -> Mixture:
    """The mixture for the deltas in `folder`. The default coder is trained anew without what is held out."""
    taught, held = split(all_statements())
    taught_reviews, held_reviews = split_reviews()
    with tempfile.TemporaryDirectory() as scratch:
        train(taught, taught_reviews).write(Path(scratch))
        default, encoder = LinearCoder(weights=Path(scratch)), Encoder(Path(scratch), deltas=folder)
        statements, reviews = [statement.text for statement in held], [text for text, _ in held_reviews]
        heard = Heard(encoder.read(statements), default.code(statements))
        heard_reviews = Heard(encoder.read(reviews), default.code(reviews))
    return fit_mixture(heard, held, heard_reviews, np.array([sign for _, sign in held_reviews]))


def fit_mixture(heard: Heard, held: Sequence[Statement], reviews: Heard, signs: NDArray[np.int64]) -> Mixture:
    """From what is heard of graded statements, and of reviews with 1 or -1; each text counts the same."""
    valence = np.concatenate((np.array([statement.valence for statement in held]) / 2, signs * REVIEW_VALENCE))
    encoder = np.concatenate((heard.encoder, reviews.encoder))
    default = np.concatenate((heard.default, reviews.default))
    felt = np.zeros((len(held), len(EMOTIONS)))
    for row, statement in enumerate(held):
        felt[row, list(statement.emotions)] = 1
    emotions, floors = _emotions(logistic(heard.raw[:, 1:]), strengths_of(heard.defaults), felt)
    first = Mixture(_terms(encoder, default, valence), emotions, floors, (0.0, 0.0, 0.0))
    scores = first.scores(encoder, default)
    certainty = _certainty(scores, certainty_columns(scores, encoder, default), valence)
    return Mixture(first.sentiment, emotions, floors, certainty)


def _terms(encoder: Floats, default: Floats, target: Floats) -> tuple[float, float, float]:
    """Least squares; no side is taken away from the other."""
    columns = np.column_stack((np.ones(len(target)), encoder, default))
    constant, *weights = np.linalg.lstsq(columns, target, rcond=None)[0].tolist()
    of_encoder, of_default = (round(max(weight, 0.0), DIGITS) for weight in weights)
    return round(constant, DIGITS), of_encoder, of_default


def _emotions(named: Floats, known: Floats, felt: Floats) -> tuple[tuple[float, float, float], tuple[float, ...]]:
    """The share of the encoder under which the mean F1 is highest, and the floors for it."""
    found = []
    for share in _SHARES:
        mixed = np.round(share * named + (1 - share) * known, DIGITS)
        floors = _best_floors(mixed, felt)
        found.append((round(float(_f1(mixed >= np.array(floors), felt).mean()), 6), round(float(share), 1), floors))
    _, share, floors = max(found)
    return (0.0, share, round(1 - share, 1)), floors


def _best_floors(strengths: Floats, felt: Floats) -> tuple[float, ...]:
    """For each emotion the floor with the highest F1, drawn to the one for all where few statements have it."""
    curves = np.array([_f1(strengths >= floor, felt) for floor in _FLOORS])
    common = _FLOORS[int(np.argmax(np.round(curves.mean(axis=1), 6)))]
    own = _FLOORS[np.argmax(np.round(curves, 6), axis=0)]
    share = felt.sum(axis=0) / (felt.sum(axis=0) + _TRUST)
    return tuple(np.round(share * own + (1 - share) * common, 3).tolist())


def _f1(named: NDArray[np.bool_], felt: Floats) -> Floats:
    either = named.sum(axis=0) + felt.sum(axis=0)
    return np.asarray(2 * (named * felt).sum(axis=0) / np.maximum(either, 1))


def _certainty(scores: Floats, columns: Floats, valence: Floats) -> tuple[float, float, float]:
    """Logistic regression of right signs, among texts that feel something, by Newton's steps."""
    felt = valence != 0
    right = np.asarray(np.sign(scores[felt]) == np.sign(valence[felt]), dtype=np.float64)
    terms = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        certain = 1 / (1 + np.exp(-columns[felt] @ terms))
        curve = (columns[felt] * (certain * (1 - certain))[:, None]).T @ columns[felt]
        terms += np.linalg.solve(
            curve + _LEAN * np.eye(len(terms)), columns[felt].T @ (right - certain) - _LEAN * terms
        )
    constant, size, agreed = np.round(terms, DIGITS).tolist()
    return constant, size, agreed


if __name__ == "__main__":
    goal = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    calibrate(goal).write(goal)
