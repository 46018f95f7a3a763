"""The compliance grid: people by days, arranged from prompts and entries. Pure: no database, no words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

By = Literal["anchor", "date"]
WIDEST = 42
"""Days that stand side by side at most."""
DRAWN = 3
"""Marks that a cell draws one beside the other; beyond, it says how many."""


class Mark(StrEnum):
    """What became of one prompt of the schedule, or what happened beside it; in the order in which a cell draws them.

    ``unprompted`` is an entry that no prompt of the schedule asked for, ``nudged`` a prompt sent by hand: no rate counts them.
    """

    ANSWERED = "answered"
    LATE = "late"
    UNPROMPTED = "unprompted"
    OPENED = "opened"
    SENT = "sent"
    MISSED = "missed"
    FAILED = "failed"
    SKIPPED = "skipped"
    PLANNED = "planned"
    NUDGED = "nudged"


DELIVERED = frozenset({Mark.ANSWERED, Mark.LATE, Mark.OPENED, Mark.SENT, Mark.MISSED})
BESIDE = frozenset({Mark.UNPROMPTED, Mark.NUDGED})


@dataclass(frozen=True, slots=True)
class Marked:
    """``n`` times the same on one day: ``on`` is the person's calendar day."""

    participant_id: UUID
    on: date
    mark: Mark
    n: int = 1


@dataclass(frozen=True, slots=True)
class GridPerson:
    """Whose line it is; without ``anchor_on`` their days cannot be counted from the event."""

    id: UUID
    anchor_on: date | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of each mark."""

    counts: Mapping[Mark, int]

    def of(self, *marks: Mark) -> int:
        """Return how many there are of these marks together."""
        return sum(self.counts.get(mark, 0) for mark in marks)

    @property
    def sent(self) -> int:
        """Prompts that went out and were not taken back: what the response rate is a share of."""
        return self.of(*DELIVERED)

    @property
    def rate(self) -> float | None:
        """Answered in time / sent, 0..1; None where nothing was sent."""
        return self.of(Mark.ANSWERED) / self.sent if self.sent else None

    @property
    def prompts(self) -> int:
        """All prompts of the schedule, also those that never went out."""
        return sum(n for mark, n in self.counts.items() if mark not in BESIDE)

    @property
    def drawn(self) -> Sequence[Mark]:
        """The marks of a cell, one for each prompt or entry; of many, one for each kind."""
        some = [mark for mark in Mark if self.counts.get(mark)]
        every = [mark for mark in some for _ in range(self.counts[mark])]
        return every if len(every) <= DRAWN else some[:DRAWN]

    @property
    def folded(self) -> bool:
        """Whether a cell stands for more than it draws."""
        return sum(self.counts.values()) > DRAWN


NOTHING = Tally({})


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are shown, both ends included: days from the event, or ordinals of calendar days."""

    first: int
    last: int

    @property
    def places(self) -> range:
        """Every day of the window, in order."""
        return range(self.first, self.last + 1)


@dataclass(slots=True)
class Line:
    """One person's days. ``outside`` counts what lies before or after the window, ``unplaced`` what has no day at all."""

    person: GridPerson
    cells: dict[int, Tally] = field(default_factory=dict)
    outside: int = 0
    unplaced: int = 0

    def at(self, place: int) -> Tally:
        """Return the cell of a day; an empty one where nothing was planned or written."""
        return self.cells.get(place, NOTHING)


def place_of(on: date, anchor_on: date | None, by: By) -> int | None:
    """Return where a calendar day stands: days from ``anchor_on`` (None without one), or its ordinal."""
    if by == "date":
        return on.toordinal()
    return None if anchor_on is None else (on - anchor_on).days


def arrange(people: Sequence[GridPerson], marked: Iterable[Marked], window: Window, by: By) -> list[Line]:
    """Return a line for every one of ``people``, in their order, whether or not anything happened to them.

    Marks of other people are left out; of these people, none is lost: it stands in a cell, or is counted beside.
    """
    lines = {person.id: Line(person) for person in people}
    counts: dict[tuple[UUID, int], Counter[Mark]] = {}
    for one in marked:
        line = lines.get(one.participant_id)
        if line is None:
            continue
        place = place_of(one.on, line.person.anchor_on, by)
        if place is None:
            line.unplaced += one.n
        elif window.first <= place <= window.last:
            counts.setdefault((one.participant_id, place), Counter())[one.mark] += one.n
        else:
            line.outside += one.n
    for (participant_id, place), found in counts.items():
        lines[participant_id].cells[place] = Tally(found)
    return list(lines.values())


def window_of(known: tuple[int, int] | None, today: int, by: By, start: int | None = None) -> Window:
    """Return which days to show of those ``known`` (first and last): from ``start``, or else what matters most now.

    By date that is up to the week ahead; by the event it is from a week before it, or from the first day known.
    """
    first, last = known or (today, today)
    if start is not None:
        begin = min(max(start, first), last)
    elif by == "date":
        last = min(last, max(first, today + 7))
        begin = max(first, last - WIDEST + 1)
    else:
        begin = first if last - first < WIDEST or last < 0 else max(first, -7)
    return Window(begin, min(last, begin + WIDEST - 1))
