"""Finds phrases that few texts hold: positions are sifted by the first two characters before any phrase is looked up."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import batch_of
from nlp.hashing import WIDEST, window_hashes
from nlp.lexicon.matcher import Matches

_SIEVE_BITS: Final = 17
"""Small enough to stay in a core's cache; a few thousand phrases let two positions in a hundred through in vain."""

_SHIFT: Final = np.uint64(64 - _SIEVE_BITS)
_WIDTH_BITS: Final = WIDEST.bit_length() - 1


class SeldomMatcher:
    """Looks phrases up by the hashes of `window_hashes`, as PhraseMatcher does; phrases distinct and normalised."""

    def __init__(self, phrases: Sequence[str]) -> None:
        batch = batch_of(phrases)
        windows = window_hashes(batch.codes)[batch.starts]
        whole = windows[np.arange(len(phrases)), batch.lengths - 1]
        single = batch.lengths == 1
        self._first = _sieve(windows[single, 0])
        self._opening = _sieve(windows[~single, 1])
        self._maybe = _sieve(whole)
        self._order = np.argsort(whole)
        self._keys = np.append(whole[self._order], np.uint64(0))

    def candidates(self, hashes: NDArray[np.uint64]) -> Matches:
        """Every phrase at every position, ordered by start, then by length."""
        near = self._opening[hashes[:, 1] >> _SHIFT]
        near |= self._first[hashes[:, 0] >> _SHIFT]
        places = near.nonzero()[0]
        keys = hashes[places].ravel()
        hits = self._maybe[keys >> _SHIFT].nonzero()[0]
        keys = keys[hits]
        place = np.searchsorted(self._keys[:-1], keys)
        sure = self._keys[place] == keys
        hits = hits[sure]
        start = places[hits >> _WIDTH_BITS]
        return Matches(start, start + (hits & (WIDEST - 1)) + 1, self._order[place[sure]])


def _sieve(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    table = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
    table[hashes >> _SHIFT] = True
    return table
