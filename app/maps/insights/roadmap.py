"""The roadmap: improvements on a time line of months and quarters, one lane for each party. Dates only, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol
from uuid import UUID

from app.maps.parties import PARTIES

MOST_MONTHS: Final = 24
"""So many months are drawn; what lies beyond them is drawn up to the edge and says its own dates."""

FEWEST_MONTHS: Final = 3
ROOM: Final = 3
"""Words need so many columns, however short the time is."""


class Dated(Protocol):
    """What can stand on a roadmap."""

    @property
    def id(self) -> UUID: ...
    @property
    def title(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def starts(self) -> date | None: ...
    @property
    def due(self) -> date | None: ...


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year."""

    year: int
    month: int

    @property
    def quarter(self) -> tuple[int, int]:
        """The year and the quarter, 1 to 4."""
        return self.year, (self.month + 2) // 3

    def plus(self, months: int) -> "Month":
        """Return the month so many later."""
        year, rest = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, rest + 1)

    def since(self, other: "Month") -> int:
        """Return how many months this one is after ``other``."""
        return (self.year - other.year) * 12 + self.month - other.month


@dataclass(frozen=True, slots=True)
class Bar:
    """One improvement from column ``first`` over ``months`` columns; ``cut`` says that it goes on beyond what is drawn.

    ``room`` columns from ``at`` on hold its words: never fewer than ROOM, where so many are drawn.
    """

    what: Dated
    first: int
    months: int
    cut: bool
    at: int
    room: int

    @property
    def span(self) -> tuple[float, float]:
        """Where in its room it begins, and how much of that it takes: shares of the width."""
        return (self.first - self.at) / self.room, self.months / self.room


@dataclass(frozen=True, slots=True)
class Lane:
    """What one party does; in a row no two bars, with the room for their words, overlap."""

    party: str
    rows: tuple[tuple[Bar, ...], ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter over the columns ``first`` to ``first + months``."""

    year: int
    number: int
    first: int
    months: int


@dataclass(frozen=True, slots=True)
class Roadmap:
    """Months in columns, lanes of parties, and what has no date yet. ``today`` is the column of this month, if it is drawn."""

    months: tuple[Month, ...]
    quarters: tuple[Quarter, ...]
    lanes: tuple[Lane, ...]
    undated: tuple[Dated, ...]
    today: int | None


def lay_out(what: Iterable[Dated], today: date) -> Roadmap:
    """Return the roadmap of everything that has a date; with one date only it stands in that month."""
    everything = sorted(what, key=lambda one: (one.starts or one.due or date.max, one.due or date.max, one.title))
    dated = [(one, *_span(one)) for one in everything if one.starts or one.due]
    undated = tuple(one for one in everything if not (one.starts or one.due))
    months = _months([span[1:] for span in dated], Month(today.year, today.month))
    lanes = []
    for party in PARTIES:
        bars = [_bar(one, first, last, months) for one, first, last in dated if one.party == party]
        if bars:
            lanes.append(Lane(party, _rows(bars)))
    now = Month(today.year, today.month)
    column = now.since(months[0]) if months and months[0] <= now <= months[-1] else None
    return Roadmap(months, _quarters(months), tuple(lanes), undated, column)


def _span(one: Dated) -> tuple[Month, Month]:
    first, last = one.starts or one.due, one.due or one.starts
    if first is None or last is None:
        raise ValueError("no date")
    return Month(first.year, first.month), Month(last.year, last.month)


def _months(spans: Sequence[tuple[Month, Month]], now: Month) -> tuple[Month, ...]:
    """Whole quarters from the first date to the last; where that is too long, those about today stay."""
    if not spans:
        return ()
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    if last.since(first) >= MOST_MONTHS:
        first = max(first, min(now.plus(-3), last.plus(1 - MOST_MONTHS)))
    first = Month(first.year, 3 * (first.quarter[1] - 1) + 1)
    last = Month(last.year, 3 * last.quarter[1])
    length = min(max(last.since(first) + 1, FEWEST_MONTHS), MOST_MONTHS)
    return tuple(first.plus(place) for place in range(length))


def _bar(one: Dated, first: Month, last: Month, months: tuple[Month, ...]) -> Bar:
    """What lies wholly beyond the edge stands at the edge."""
    begin = min(max(first.since(months[0]), 0), len(months) - 1)
    end = min(max(last.since(months[0]), begin), len(months) - 1)
    length = end - begin + 1
    room = min(max(length, ROOM), len(months))
    at = min(begin, len(months) - room)
    return Bar(one, begin, length, first < months[0] or last > months[-1], at, room)


def _rows(bars: Sequence[Bar]) -> tuple[tuple[Bar, ...], ...]:
    rows: list[list[Bar]] = []
    for bar in sorted(bars, key=lambda one: one.at):
        for row in rows:
            if row[-1].at + row[-1].room <= bar.at:
                row.append(bar)
                break
        else:
            rows.append([bar])
    return tuple(tuple(row) for row in rows)


def _quarters(months: Sequence[Month]) -> tuple[Quarter, ...]:
    found: list[Quarter] = []
    for place, month in enumerate(months):
        year, number = month.quarter
        if found and (found[-1].year, found[-1].number) == (year, number):
            found[-1] = Quarter(year, number, found[-1].first, found[-1].months + 1)
        else:
            found.append(Quarter(year, number, place, 1))
    return tuple(found)
