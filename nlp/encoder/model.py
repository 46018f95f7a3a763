"""The encoder as the coder uses it: texts in, what the head says of each out, whatever their length."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.encoder.base import DIGEST, Base, open_base
from nlp.encoder.deltas import FOLDER, OUTPUTS, Deltas
from nlp.encoder.engines import Engine, fastest_engine
from nlp.encoder.quantised import Quantised, fingerprint, quantised
from nlp.encoder.tokens import Tokenizer

WINDOW: Final = 256
"""Pieces that are read at once; a longer text is cut into windows of equal size."""

MOST_WINDOWS: Final = 16
"""Of a text that has more, so many are read, evenly spread: about 6,000 characters, in a few seconds at most."""

AT_ONCE: Final = 256
"""Tokens in one run, for the cache of the processor."""


@dataclass(frozen=True, slots=True)
class _Window:
    owner: int
    ids: list[int]


class Encoder:
    """Merged from base and deltas once, then read from the cache folder. Safe to share between threads."""

    def __init__(
        self,
        cache_folder: Path,
        *,
        deltas: Path = FOLDER,
        base: Base | None = None,
        engine: Callable[[Quantised], Engine] = fastest_engine,
    ) -> None:
        self._base = base or open_base()
        learnt = Deltas.load(deltas)
        self.fingerprint: Final = fingerprint(DIGEST, learnt)
        model = _cached(cache_folder / f"encoder-{self.fingerprint}.npz", self._base, learnt)
        self._engine = engine(model)
        self._tokenizer = Tokenizer(self._base.pieces)

    @property
    def kind(self) -> str:
        """What runs it, `ort` or `numpy`."""
        return self._engine.kind

    def read(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(texts, OUTPUTS): the head on the mean over a text's tokens, before tanh and logistic; the same in any batch.

        Windows weigh as many pieces as they hold; within one, every token and mark weighs the same.
        """
        pieces = [self._tokenizer.pieces(text) for text in texts]
        windows = [window for owner, ids in enumerate(pieces) for window in _windows(owner, ids)]
        heads = self._heads(windows)
        total, weight = np.zeros((len(texts), OUTPUTS)), np.zeros((len(texts), 1))
        for index, window in enumerate(windows):
            total[window.owner] += heads[index] * len(window.ids)
            weight[window.owner] += len(window.ids)
        return np.asarray(total / weight)

    def _heads(self, windows: Sequence[_Window]) -> dict[int, NDArray[np.float64]]:
        """(OUTPUTS,) by window. Runs hold windows of one size: nothing is padded."""
        alike: defaultdict[int, list[int]] = defaultdict(list)
        for index, window in enumerate(windows):
            alike[len(window.ids)].append(index)
        heads: dict[int, NDArray[np.float64]] = {}
        for size in sorted(alike):
            rows = max(1, AT_ONCE // (size + 2))
            for first in range(0, len(alike[size]), rows):
                run = alike[size][first : first + rows]
                heads.update(zip(run, self._run([windows[index].ids for index in run]), strict=True))
        return heads

    def _run(self, texts: Sequence[list[int]]) -> NDArray[np.float64]:
        marks = self._base.pieces
        ids = np.array([[marks.begin, *pieces, marks.end] for pieces in texts], dtype=np.int64)
        return np.asarray(self._engine.run(self._base.words(ids)).astype(np.float64).mean(axis=1))


def _cached(path: Path, base: Base, deltas: Deltas) -> Quantised:
    """The merged model, from its file where there is a whole one. A folder that cannot be written costs only time."""
    found = Quantised.load(path, base.shape)
    if found is not None:
        return found
    model = quantised(base, deltas)
    try:
        model.write(path)
    except OSError:
        return model
    return model


def _windows(owner: int, pieces: list[int]) -> Iterator[_Window]:
    count = -(-len(pieces) // WINDOW)
    edges = [len(pieces) * index // count for index in range(count + 1)]
    kept = range(count) if count <= MOST_WINDOWS else [count * index // MOST_WINDOWS for index in range(MOST_WINDOWS)]
    for index in kept:
        yield _Window(owner, pieces[edges[index] : edges[index + 1]])
