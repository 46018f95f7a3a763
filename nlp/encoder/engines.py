"""Runs the quantised encoder: by onnxruntime where it is installed, else by numpy. Both count with the same integers.

What the two say differs by rounding in softmax, error function and norms, which now and then moves an activation by one of its
127 steps, and through twelve layers more of them: on 250 statements scores of the coder were .002 apart in the mean, .03 at
most, with the same labels. Two processors with other vector instructions may differ as much.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from nlp.encoder.quantised import Quantised

TOLERANCE: Final = 0.05
"""How far the coder's scores may be apart with two engines."""


class Engine(Protocol):
    """`kind` names what runs it; versions carry it, since scores of two kinds may differ by TOLERANCE."""

    @property
    def kind(self) -> str:
        """`ort` or `numpy`."""
        ...

    def run(self, words: NDArray[np.float32]) -> NDArray[np.float32]:
        """(texts, tokens, OUTPUTS): the head at each token, of texts that have equally many; `words` are embeddings."""
        ...


def fastest_engine(model: Quantised) -> Engine:
    """onnxruntime with one thread where it and `onnx` are installed, else numpy."""
    there = find_spec("onnxruntime") is not None and find_spec("onnx") is not None
    # Only the one that is used is imported: each brings a large package with it.
    chosen = "onnx" if there else "numpy"
    engine: Engine = import_module(f"nlp.encoder.{chosen}_engine").ENGINE(model)
    return engine
