"""What fine-tuning learnt: for each matrix of the base two thin ones whose product is added to it, and the heads."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from nlp.coding import EMOTIONS
from nlp.encoder.base import Shape
from nlp.errors import BaseModelError

FOLDER: Final = Path(__file__).parents[1] / "weights" / "encoder"
FILE: Final = "deltas.npz"
OUTPUTS: Final = 1 + len(EMOTIONS)
"""Rows of the head: sentiment (before tanh), then each emotion (before the logistic)."""

MATRICES: Final = ("q", "k", "v", "ao", "fi", "fo")
"""As the base file names them: query, key, value, attention out, feed-forward in, feed-forward out."""


def matrix_sizes(shape: Shape, matrix: str) -> tuple[int, int]:
    """(outputs, inputs) of a matrix."""
    return (shape.inner if matrix == "fi" else shape.hidden, shape.inner if matrix == "fo" else shape.hidden)


def matrix_names(shape: Shape) -> Iterator[tuple[str, int, int]]:
    """Name, outputs and inputs of every matrix that has a delta, such as `l0.q`."""
    for layer in range(shape.layers):
        for matrix in MATRICES:
            yield f"l{layer}.{matrix}", *matrix_sizes(shape, matrix)


@dataclass(frozen=True, slots=True)
class Deltas:
    """`down[name]` float16 (rank, inputs), `up[name]` float16 (outputs, rank), `head` float32 (OUTPUTS, hidden), `bias`."""

    down: dict[str, NDArray[np.float16]]
    up: dict[str, NDArray[np.float16]]
    head: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Reads what `write` wrote. Raises BaseModelError when the file is missing or torn."""
        try:
            with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                down = {name[: -len(".down")]: arrays[name] for name in arrays.files if name.endswith(".down")}
                up = {name[: -len(".up")]: arrays[name] for name in arrays.files if name.endswith(".up")}
                return cls(down, up, arrays["head"], arrays["bias"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise BaseModelError(f"{FILE} is missing or damaged: install the project anew") from error

    def encoded(self) -> bytes:
        """The file's bytes, the same for the same numbers."""
        arrays: dict[str, NDArray[np.float16] | NDArray[np.float32]] = {"head": self.head, "bias": self.bias}
        for name in sorted(self.down):
            arrays[f"{name}.down"], arrays[f"{name}.up"] = self.down[name], self.up[name]
        written = io.BytesIO()
        np.savez(written, allow_pickle=False, **arrays)
        return written.getvalue()

    def write(self, folder: Path = FOLDER) -> None:
        """Writes the file into a folder that exists."""
        (folder / FILE).write_bytes(self.encoded())

    def digest(self) -> bytes:
        """Changes with every weight."""
        return hashlib.sha256(self.encoded()).digest()

    def merged(self, name: str, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """(outputs, inputs): the base's matrix with what was learnt."""
        if name not in self.down:
            return weights
        learnt = self.up[name].astype(np.float32) @ self.down[name].astype(np.float32)
        return np.asarray(weights + learnt, dtype=np.float32)
