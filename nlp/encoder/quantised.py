"""Base and deltas merged and cut to int8, and the file that keeps the outcome.

A matrix keeps 7 bits a weight and one scale for each output; an activation 8 bits and one scale for each token. So a product
sums to less than 2**24: exact in int32 on every processor, also where two products are added in 16 bits, and exact in
float32. A score then does not depend on the other texts of its batch, and hardly on the machine.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from nlp.encoder.base import Base, Shape
from nlp.encoder.deltas import Deltas, matrix_sizes

FORMAT: Final = 1
WEIGHT_STEPS: Final = 63
ACTIVATION_STEPS: Final = 127

DENSE: Final = {"qkv": ("q", "k", "v"), "ao": ("ao",), "fi": ("fi",), "fo": ("fo",)}
"""The dense steps of a layer and the matrices of the base that stand side by side in each."""


@dataclass(frozen=True, slots=True)
class Quantised:
    """Arrays by name. `l0.qkv.w` int8 (inputs, outputs) with `.scale` and `.b` float32 (outputs,); norms; `head.w`, `head.b`.

    `places` (positions, hidden) is what is added to a word's embedding. The query is scaled by the root of a head's width.
    """

    shape: Shape
    arrays: dict[str, NDArray[Any]]

    @classmethod
    def load(cls, path: Path, shape: Shape) -> Self | None:
        """What `write` wrote; None where there is no whole file."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                arrays = {name: found[name] for name in found.files}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return cls(shape, arrays) if set(arrays) == set(_names(shape)) else None

    def write(self, path: Path) -> None:
        """Puts the file in its place at once and whole, whoever else writes or reads it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **self.arrays)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def quantised(base: Base, deltas: Deltas) -> Quantised:
    """Merges and cuts; the same arrays for the same base and deltas."""
    arrays = {name: array for layer in range(base.shape.layers) for name, array in _layer(base, deltas, f"l{layer}")}
    hidden = base.shape.hidden
    arrays["places"] = base.matrix("emb.pos", base.shape.positions) + base.tensor("emb.type")[:hidden]
    arrays["emb.ln.w"], arrays["emb.ln.b"] = base.tensor("emb.ln.w"), base.tensor("emb.ln.b")
    arrays["head.w"], arrays["head.b"] = np.ascontiguousarray(deltas.head.T), deltas.bias
    return Quantised(base.shape, arrays)


def fingerprint(base_digest: str, deltas: Deltas) -> str:
    """Names the merged file: another base, delta or format gives another name."""
    return hashlib.sha256(f"{FORMAT} {base_digest}".encode() + deltas.digest()).hexdigest()[:16]


def rows_cut(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """int8 (outputs, inputs) and its scale (outputs,), of which the weights are the product but for rounding."""
    scale = np.maximum(np.abs(weights).max(axis=1), np.float32(1e-12)) / np.float32(WEIGHT_STEPS)
    return np.rint(weights / scale[:, None]).astype(np.int8), scale


def _layer(base: Base, deltas: Deltas, layer: str) -> Iterator[tuple[str, NDArray[Any]]]:
    for step, matrices in DENSE.items():
        parts = [_dense(base, deltas, layer, matrix) for matrix in matrices]
        weights, scales, biases = (np.concatenate(column) for column in zip(*parts, strict=True))
        yield f"{layer}.{step}.w", np.ascontiguousarray(weights.T)
        yield f"{layer}.{step}.scale", scales
        yield f"{layer}.{step}.b", biases
    for norm in ("aln", "oln"):
        yield f"{layer}.{norm}.w", base.tensor(f"{layer}.{norm}.w")
        yield f"{layer}.{norm}.b", base.tensor(f"{layer}.{norm}.b")


def _dense(base: Base, deltas: Deltas, layer: str, matrix: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    outputs, _ = matrix_sizes(base.shape, matrix)
    name = f"{layer}.{matrix}"
    weights, scale = rows_cut(deltas.merged(name, base.matrix(f"{name}.w", outputs)))
    shrink = np.float32((base.shape.hidden / base.shape.heads) ** -0.5 if matrix == "q" else 1)
    return weights, scale * shrink, base.tensor(f"{name}.b") * shrink


def _names(shape: Shape) -> Iterator[str]:
    yield from ("places", "emb.ln.w", "emb.ln.b", "head.w", "head.b")
    for layer in range(shape.layers):
        yield from (f"l{layer}.{step}.{part}" for step in DENSE for part in ("w", "scale", "b"))
        yield from (f"l{layer}.{norm}.{part}" for norm in ("aln", "oln") for part in "wb")
