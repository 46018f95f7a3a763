"""The fixed grid of days: single days in the week that matters, wider steps further away.

Fixed, so that two requests never cut the same people in two different ways.
"""

from dataclasses import dataclass
from itertools import pairwise

FIRST, LAST = -3650, 36500
_EDGES = (FIRST, -60, -30, -14, -7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 31, 61, 91, 181, LAST)


@dataclass(frozen=True, slots=True)
class DayBin:
    """Days from the anchor event, both ends included."""

    first: int
    last: int

    @property
    def key(self) -> str:
        """How programs name the bin: 3, -14..-8, 181.. ."""
        if self.first == self.last:
            return str(self.first)
        low = "" if self.first == FIRST else str(self.first)
        return f"{low}..{'' if self.last >= LAST - 1 else self.last}"


DAY_BINS = tuple(DayBin(first, following - 1) for first, following in pairwise(_EDGES))


SMOOTHED = (-60, 181)
"""From the first day to the one after the last that a smooth curve is drawn through: beyond, days stand too far apart."""
_SINGLE = (-14, 31)
_WEEK = 7


def _fine() -> tuple[DayBin, ...]:
    """Single days around the anchor event, weeks further away."""
    before = range(_SINGLE[0] - _WEEK, SMOOTHED[0] - _WEEK, -_WEEK)
    early = [DayBin(max(first, SMOOTHED[0]), first + _WEEK - 1) for first in reversed(before)]
    late = [DayBin(day, min(day + _WEEK, SMOOTHED[1]) - 1) for day in range(_SINGLE[1], SMOOTHED[1], _WEEK)]
    return (*early, *(DayBin(day, day) for day in range(*_SINGLE)), *late)


FINE_DAYS = _fine()


def bin_index(day: int) -> int:
    """Return the index of the bin that holds ``day``; days beyond the grid count in its ends."""
    return next((index for index, one in enumerate(DAY_BINS) if day <= one.last), len(DAY_BINS) - 1)
