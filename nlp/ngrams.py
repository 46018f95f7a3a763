"""Hashed character n-grams (1 to 4) of a batch, and their weight sums as exact integers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch

LONGEST: Final = 4
SENTIMENT_BITS: Final = 20
EMOTION_BITS: Final = 16

_FITS: Final = np.arange(1, LONGEST + 1)


def fitting(batch: Batch) -> NDArray[np.bool_]:
    """(positions, LONGEST): which n-grams lie inside their text; the END mark may close one but not be one."""
    room = np.where(batch.room == 1, 0, batch.room)
    return room[:, None] >= _FITS


def slots(hashes: NDArray[np.uint64], fits: NDArray[np.bool_], bits: int) -> NDArray[np.int64]:
    """(positions, LONGEST): the table row of each n-gram; row 0 is nobody's and weighs nothing."""
    rows = (hashes[:, :LONGEST] >> np.uint64(64 - bits)).astype(np.int64)
    rows *= fits
    return rows


def counts(batch: Batch) -> NDArray[np.int64]:
    """(texts,): how many n-grams each text has, those that END closes among them."""
    # 4n - 3 windows of 1 to 4 characters over n + 1, less the END alone; a single character has two.
    return np.maximum(4 * batch.lengths - 3, 2 * batch.lengths)


def sums(batch: Batch, weights: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int64]:
    """(texts,) or (texts, columns): weights by position, added up by text."""
    return np.add.reduceat(weights, batch.starts, axis=0, dtype=np.int64)
