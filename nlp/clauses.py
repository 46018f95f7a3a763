"""Where clauses and sentences end."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import END

_BMP: Final = 0x10000


def marks_table(marks: str) -> NDArray[np.bool_]:
    """(positions of the basic plane,): which code points are one of these marks; for codes as from `within_bmp`."""
    table = np.zeros(_BMP, dtype=np.bool_)
    table[[*map(ord, marks)]] = True
    return table


_CLAUSE_ENDS: Final = marks_table(chr(END) + "\n ,.!?;:、。…~～()[]—“”")
_SENTENCE_ENDS: Final = marks_table(chr(END) + "\n!?。")
_QUOTES: Final = marks_table('“”"「」『』‘’')


def within_bmp(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """What lies beyond the basic plane, emoji above all, ends nothing and is set to its last position."""
    return np.minimum(codes, np.uint32(_BMP - 1))


def clause_ends(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mask of the positions that end a clause; `codes` as from `within_bmp`."""
    return _CLAUSE_ENDS[codes]


def sentence_ends(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mask of the positions that end a sentence; `codes` as from `within_bmp`."""
    return _SENTENCE_ENDS[codes]


def quotes(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mask of the positions with a quotation mark; `codes` as from `within_bmp`."""
    return _QUOTES[codes]
