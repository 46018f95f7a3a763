"""Texts as one array of normalised code points.

Every step maps one code point to one code point, so an offset in the array is an offset in the original text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

END: Final = 0
"""Stands behind every text, so that no window runs unseen from one text into the next."""

_BMP: Final = 0x10000


TRADITIONAL: Final = Path(__file__).parent / "lexicon" / "traditional.tsv"


def _normal_forms() -> NDArray[np.uint32]:
    table = np.arange(_BMP, dtype=np.uint32)
    pairs = [line.split("\t") for line in TRADITIONAL.read_text(encoding="utf-8").splitlines()[1:]]
    table[[ord(traditional) for traditional, _ in pairs]] = [ord(simplified) for _, simplified in pairs]
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    table[[0x3000, 0x00A0, 0x0009, 0x0000]] = 0x20
    table[ord("A") : ord("Z") + 1] += 0x20
    table[0xFF21:0xFF3B] = np.arange(ord("a"), ord("z") + 1)
    table[0x000D] = 0x0A
    table[0xD800:0xE000] = 0xFFFD
    return table


_NORMAL: Final = _normal_forms()


@dataclass(frozen=True, slots=True)
class Batch:
    """`codes` (characters + one END per text), `starts` and `lengths` (texts,), `owner` and `room` (as `codes`).

    `owner` is the index of the text a position belongs to, `room` how many positions remain up to and with its END.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    owner: NDArray[np.int64]
    room: NDArray[np.int64]


def normalise(text: str) -> str:
    """The text as the coders see it: simplified, half-width, lower case, as many code points as before."""
    return "".join(map(chr, batch_of([text]).codes[:-1]))


def batch_of(texts: Sequence[str]) -> Batch:
    """The texts behind one another, each closed by END. Takes any string, lone surrogates too."""
    joined = "\0".join(texts) + "\0"
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = _NORMAL[raw] if raw.size == 0 or int(raw.max()) < _BMP else _normal_beyond(raw)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    ends = lengths.cumsum()
    codes[ends - 1] = END
    owner = np.arange(len(texts)).repeat(lengths)
    room = ends[owner] - np.arange(codes.size)
    return Batch(codes, ends - lengths, lengths - 1, owner, room)


def _normal_beyond(raw: NDArray[np.uint32]) -> NDArray[np.uint32]:
    codes = raw.copy()
    low = raw < _BMP
    codes[low] = _NORMAL[raw[low]]
    return codes
