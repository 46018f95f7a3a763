"""Text to pieces: the most probable segmentation under a unigram model (Kudo 2018), by dynamic programming.

One implementation, in training and in coding, so that both see the same pieces.
"""

import re
from typing import Final

from nlp.encoder.base import Pieces

SPACE: Final = "\u2581"
"""How a space stands in the pieces; one is put before every text."""

_UNKNOWN_PENALTY: Final = 10.0
_CONTROL: Final = frozenset({"<s>", "</s>", "<pad>", "<unk>", "<mask>"})
_SPACES: Final = re.compile(" +")
_UNREACHED: Final = -1e30


class Tokenizer:
    """Takes any string. Time is linear in the text: a piece is at most as long as the longest that begins alike."""

    def __init__(self, pieces: Pieces) -> None:
        self._normal = pieces.normal
        self._unknown = pieces.unknown
        self._unknown_score = min(pieces.scores) - _UNKNOWN_PENALTY
        self._pieces: dict[str, tuple[int, float]] = {}
        self._longest: dict[str, int] = {}
        for index, (text, score) in enumerate(zip(pieces.texts, pieces.scores, strict=True)):
            if text and text not in _CONTROL:
                self._pieces.setdefault(text, (index, score))
                self._longest[text[0]] = max(self._longest.get(text[0], 0), len(text))

    def pieces(self, text: str) -> list[int]:
        """The ids of the pieces of a text, without marks; of equally probable ones, those found first."""
        letters = self._normalised(text)
        size = len(letters)
        best = [_UNREACHED] * (size + 1)
        best[0] = 0.0
        back: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        pieces, longest = self._pieces, self._longest
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(start + longest.get(letters[start], 0), size) + 1):
                found = pieces.get(letters[start:end])
                if found is not None and here + found[1] > best[end]:
                    best[end], back[end] = here + found[1], (start, found[0])
            if here + self._unknown_score > best[start + 1]:
                best[start + 1], back[start + 1] = here + self._unknown_score, (start, self._unknown)
        return _traced(back)

    def _normalised(self, text: str) -> str:
        """The text as the pieces spell it: each character in its normal form, one space for many, and one before."""
        letters = "".join(self._normal.get(letter, letter) for letter in text)
        return SPACE + _SPACES.sub(SPACE, letters.lstrip(" "))


def _traced(back: list[tuple[int, int]]) -> list[int]:
    ids, end = [], len(back) - 1
    while end > 0:
        end, piece = back[end]
        ids.append(piece)
    return ids[::-1]
