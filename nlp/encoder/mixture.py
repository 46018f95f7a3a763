"""How the encoder and the default coder become one score, and what that score is worth."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from nlp.encoder.deltas import FOLDER
from nlp.errors import BaseModelError

FILE: Final = "mixture.json"


@dataclass(frozen=True, slots=True)
class Mixture:
    """Fitted on statements that neither side was trained on; every number is rounded before it is written.

    `sentiment`: weights of (1, encoder, default). `emotions`: the same, of strengths. `floors`: below, none is named.
    `certainty`: weights of (1, the score's size, whether both sides agree on the sign) in the logistic probability that the
    sign is right.
    """

    sentiment: tuple[float, float, float]
    emotions: tuple[float, float, float]
    floors: tuple[float, ...]
    certainty: tuple[float, float, float]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Reads what `write` wrote. Raises BaseModelError when the file is missing or no such file."""
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            return cls(**{name: tuple(numbers) for name, numbers in found.items()})
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BaseModelError(f"{FILE} is missing or damaged: install the project anew") from error

    def encoded(self) -> bytes:
        """As JSON, one form for one content."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    def write(self, folder: Path = FOLDER) -> None:
        """Writes the file into a folder that exists."""
        (folder / FILE).write_bytes(self.encoded())

    def scores(self, encoder: NDArray[np.float64], default: NDArray[np.float64]) -> NDArray[np.float64]:
        """(texts,): within [-1, 1], four decimals."""
        return np.asarray(np.round(np.clip(self.uncut(encoder, default), -1, 1), 4) + 0.0)

    def uncut(self, encoder: NDArray[np.float64], default: NDArray[np.float64]) -> NDArray[np.float64]:
        """(texts,): the weighted sum, which may go beyond the ends of the scale."""
        constant, of_encoder, of_default = self.sentiment
        return np.asarray(constant + of_encoder * encoder + of_default * default)

    def strengths(self, encoder: NDArray[np.float64], default: NDArray[np.float64]) -> NDArray[np.float64]:
        """(texts, emotions): within [0, 1], four decimals."""
        constant, of_encoder, of_default = self.emotions
        return np.asarray(np.round(np.clip(constant + of_encoder * encoder + of_default * default, 0, 1), 4))

    def certain(self, encoder: NDArray[np.float64], default: NDArray[np.float64]) -> NDArray[np.float64]:
        """(texts,): the probability that the score's sign is right, never under a half, four decimals."""
        logit = certainty_columns(self.scores(encoder, default), encoder, default) @ np.array(self.certainty)
        return np.asarray(np.round(np.maximum(1 / (1 + np.exp(-logit)), 0.5), 4))


def certainty_columns(
    scores: NDArray[np.float64], encoder: NDArray[np.float64], default: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(texts, 3): what the probability of a sign is read from, see Mixture."""
    agreed = np.sign(encoder) == np.sign(default)
    return np.column_stack((np.ones(len(scores)), np.abs(scores), agreed))
