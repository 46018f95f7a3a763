"""The quantised encoder in numpy: for where onnxruntime is not installed, and to check it against."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from nlp.encoder.quantised import ACTIVATION_STEPS, Quantised

_TINY: Final = np.float32(1e-12)


class NumpyEngine:
    """Matrices as float32 that hold whole numbers, whose sums are exact: 85 MB for the shipped model."""

    kind: Final = "numpy"

    def __init__(self, model: Quantised) -> None:
        self._shape = model.shape
        self._arrays = {
            name: array.astype(np.float32) if array.dtype == np.int8 else array for name, array in model.arrays.items()
        }

    def run(self, words: NDArray[np.float32]) -> NDArray[np.float32]:
        """See Engine."""
        states = self._norm("emb.ln", words + self._arrays["places"][: words.shape[1]])
        for layer in range(self._shape.layers):
            seen = self._attended(self._dense(f"l{layer}.qkv", states))
            states = self._norm(f"l{layer}.aln", states + self._dense(f"l{layer}.ao", seen))
            inner = self._dense(f"l{layer}.fo", _gelu(self._dense(f"l{layer}.fi", states)))
            states = self._norm(f"l{layer}.oln", states + inner)
        return np.asarray(states @ self._arrays["head.w"] + self._arrays["head.b"])

    def _dense(self, name: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
        unit = np.maximum(np.abs(states).max(axis=-1, keepdims=True), _TINY) / np.float32(ACTIVATION_STEPS)
        counted = np.rint(states / unit) @ self._arrays[f"{name}.w"]
        return np.asarray(counted * unit * self._arrays[f"{name}.scale"] + self._arrays[f"{name}.b"])

    def _attended(self, mixed: NDArray[np.float32]) -> NDArray[np.float32]:
        texts, size, _ = mixed.shape
        query, key, value = np.moveaxis(mixed.reshape(texts, size, 3, self._shape.heads, -1), (2, 3), (0, 2))
        fit = query @ np.swapaxes(key, -1, -2)
        fit = np.exp(fit - fit.max(axis=-1, keepdims=True))
        seen = (fit / fit.sum(axis=-1, keepdims=True)) @ value
        return np.asarray(np.swapaxes(seen, 1, 2).reshape(texts, size, -1))

    def _norm(self, name: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._shape.epsilon))
        return np.asarray(centred / spread * self._arrays[f"{name}.w"] + self._arrays[f"{name}.b"])


def _gelu(states: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(states * np.float32(0.5) * (1 + erf(states * np.float32(0.5**0.5))), dtype=np.float32)


ENGINE: Final = NumpyEngine
