"""Texts with line ends as LF, and where a position of the text as it is stored stands in that."""

import re
from bisect import bisect_left
from itertools import accumulate

_CR_LF = re.compile("\r\n")


def flat(text: str) -> str:
    """Return ``text`` with every line end as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Flattened:
    """A text with LF line ends, and its positions. Positions count Unicode code points."""

    def __init__(self, text: str) -> None:
        self.text = flat(text)
        self._pairs = [found.start() for found in _CR_LF.finditer(text)] if "\r" in text else []

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span from ``start`` to ``end`` (exclusive) of the stored text; half a CR LF counts as all of it."""
        if not self._pairs:
            return start, end
        first = start - bisect_left(self._pairs, start)
        after = end - bisect_left(self._pairs, end - 1 if self._splits(end) else end)
        return first, max(after, first + 1)

    def _splits(self, position: int) -> bool:
        place = bisect_left(self._pairs, position - 1)
        return place < len(self._pairs) and self._pairs[place] == position - 1


class Units:
    """A text as another program may count it: in code points, or in UTF-16 code units; with CR LF as one or as two.

    ``text`` is what we keep (LF); ``at`` gives where a position of theirs stands in it.
    """

    def __init__(self, raw: str, *, utf16: bool, pairs: bool) -> None:
        counted = raw if pairs else flat(raw)
        self.text = flat(raw)
        simple = (not pairs or "\r\n" not in raw) and (not utf16 or max(counted, default="") < "\U00010000")
        widths = [] if simple else [_width(one, utf16=utf16) for one in counted]
        self._ends = list(accumulate(widths)) if not simple else None
        self._kept = list(accumulate(_kept(counted))) if not simple else None
        self.length = self._ends[-1] if self._ends else len(counted)

    def at(self, position: int) -> int:
        """Return the position in ``text``, for a position from 0 to ``length``."""
        if self._ends is None or self._kept is None or position <= 0:
            return position
        place = bisect_left(self._ends, position)
        return self._kept[min(place, len(self._kept) - 1)]


def _width(character: str, *, utf16: bool) -> int:
    return 2 if utf16 and character > "\uffff" else 1


def _kept(counted: str) -> list[int]:
    """1 for every character that has a place of its own in the text with LF line ends, 0 for the CR of a CR LF."""
    last = len(counted) - 1
    return [
        0 if one == "\r" and place < last and counted[place + 1] == "\n" else 1 for place, one in enumerate(counted)
    ]
