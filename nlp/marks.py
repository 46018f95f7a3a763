"""What the rules of the lexicon do to the characters: turned words look different, and contrast weighs sides.

The n-grams of 疼 in 不疼了 say nothing about 疼, so a word that a rule turned round hashes to rows of its own.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch
from nlp.lexicon.effects import LexiconReading
from nlp.ngrams import LONGEST

_TURN: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(0x5BD1E9955BD1E995)

UNIT: Final = 4
"""The weight of a character that no contrast touches; integers keep sums exact."""
BEFORE, AFTER = 2, 5
"""The weight of characters before and after the last contrast of a sentence."""


def marked(hashes: NDArray[np.uint64], reading: LexiconReading) -> NDArray[np.uint64]:
    """(positions, LONGEST): the n-gram hashes, other ones where the window touches a word that a rule turned."""
    grams = hashes[:, :LONGEST]
    if reading.turned.size == 0:
        return grams
    steps = np.zeros(len(grams) + 1, dtype=np.int64)
    np.add.at(steps, reading.turned[:, 0], 1)
    np.add.at(steps, reading.turned[:, 1], -1)
    inside = steps[:-1].cumsum() > 0
    grams = grams.copy()
    touched = inside.copy()
    for width in range(LONGEST):
        if width:
            touched[:-width] |= inside[width:]
        grams[touched, width] = grams[touched, width] * _TURN ^ _SHIFT
    return grams


def position_weights(batch: Batch, reading: LexiconReading) -> NDArray[np.int32] | None:
    """(positions,): BEFORE, AFTER or UNIT; None where the batch has no contrast, and all weigh UNIT."""
    if reading.contrasts.size == 0:
        return None
    borders = reading.sentence_ends.nonzero()[0]
    sentence = np.searchsorted(borders, reading.contrasts)
    last = np.append(sentence[1:] != sentence[:-1], True)
    at, sentence = reading.contrasts[last], sentence[last]
    first = np.where(sentence > 0, borders[sentence - 1] + 1, 0)
    steps = np.zeros(batch.codes.size + 1, dtype=np.int32)
    np.add.at(steps, first, BEFORE - UNIT)
    np.add.at(steps, at, AFTER - BEFORE)
    np.add.at(steps, borders[sentence] + 1, UNIT - AFTER)
    return np.asarray(UNIT + steps[:-1].cumsum(dtype=np.int32), dtype=np.int32)
