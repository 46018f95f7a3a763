"""Hashed character n-grams (1 to 4) of a batch, and their weight sums as exact integers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch

LONGEST: Final = 4
SENTIMENT_BITS: Final = 20
EMOTION_BITS: Final = 16
EMOTION_LONGEST: Final = 2
"""Emotions are rare and their table is small: longer n-grams would only collide in it."""
PRIOR: Final = 30
"""N-grams that say nothing, added to every text, so that a word or two is not taken for certain."""

_FITS: Final = np.arange(1, LONGEST + 1)


def fitting(batch: Batch) -> NDArray[np.bool_]:
    """(positions, LONGEST): which n-grams lie inside their text; the END mark may close one but not be one."""
    room = np.where(batch.room == 1, 0, batch.room)
    return room[:, None] >= _FITS


def slots(grams: NDArray[np.uint64], fits: NDArray[np.bool_], bits: int) -> NDArray[np.int64]:
    """(positions, widths): the table row of each n-gram hash; row 0 is nobody's and weighs nothing."""
    rows = (grams >> np.uint64(64 - bits)).astype(np.int64)
    rows *= fits
    return rows


def roots(batch: Batch) -> NDArray[np.float64]:
    """(texts,): what the sum over a text is divided by, the root of how many n-grams it has and PRIOR more."""
    # 4n - 3 windows of 1 to 4 characters over n + 1, less the END alone; a single character has two.
    return np.asarray(np.sqrt(np.maximum(4 * batch.lengths - 3, 2 * batch.lengths) + PRIOR))


def sums(batch: Batch, weights: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int64]:
    """(texts,) or (texts, columns): weights by position, added up by text."""
    return np.add.reduceat(weights, batch.starts, axis=0, dtype=np.int64)
