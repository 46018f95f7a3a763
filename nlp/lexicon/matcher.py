"""Finds phrases in a batch: all windows are looked up at once, then the leftmost longest of them are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import batch_of
from nlp.hashing import WIDEST, window_hashes

_FILTER_BITS: Final = 20
_FILTER_SHIFT: Final = np.uint64(64 - _FILTER_BITS)
_WIDTH_BITS: Final = WIDEST.bit_length() - 1


@dataclass(frozen=True, slots=True)
class Matches:
    """`start`, `end` (positions in the batch) and `phrase` (index in the matcher), ordered by start."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    phrase: NDArray[np.int64]

    def only(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> "Matches":
        """Those that a mask or an index names."""
        return Matches(self.start[keep], self.end[keep], self.phrase[keep])


class PhraseMatcher:
    """Looks phrases up by the 64-bit hashes of `window_hashes`; phrases must be distinct and already normalised."""

    def __init__(self, phrases: Sequence[str]) -> None:
        batch = batch_of(phrases)
        hashes = window_hashes(batch.codes)[batch.starts, batch.lengths - 1]
        self._order = np.argsort(hashes)
        self._keys = np.append(hashes[self._order], np.uint64(0))
        self._maybe = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
        self._maybe[hashes >> _FILTER_SHIFT] = True

    def candidates(self, hashes: NDArray[np.uint64]) -> Matches:
        """Every phrase at every position, ordered by start, then by length."""
        hits = self._maybe[hashes >> _FILTER_SHIFT].ravel().nonzero()[0]
        keys = hashes.ravel()[hits]
        place = np.searchsorted(self._keys[:-1], keys)
        sure = self._keys[place] == keys
        hits = hits[sure]
        start = hits >> _WIDTH_BITS
        return Matches(start, start + (hits & (WIDEST - 1)) + 1, self._order[place[sure]])


def longest(found: Matches) -> Matches:
    """From the left, at each free position the longest; what overlaps a kept match is dropped."""
    if found.start.size == 0:
        return found
    ends = np.ones(found.start.size, dtype=np.bool_)
    np.not_equal(found.start[1:], found.start[:-1], out=ends[:-1])
    last = ends.nonzero()[0]
    kept: list[int] = []
    free = 0
    for index, start, end in zip(last.tolist(), found.start[last].tolist(), found.end[last].tolist(), strict=True):
        if start >= free:
            kept.append(index)
            free = end
    return found.only(np.array(kept, dtype=np.int64))
