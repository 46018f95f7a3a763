"""Waves of a study, or months where it has none: where in time an observation lies."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

from app.core import clock
from app.maps.ecosystem.paradox_queries import Moment
from app.studies.protocol import StudyProtocol

MOST_MONTHS: Final = 60


@dataclass(frozen=True, slots=True)
class Value:
    """One observation: whose, in which period (None: in none), and how much; ``n`` of them summed."""

    person: UUID
    period: int | None
    total: float
    n: int


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of a study in order: its waves where people wrote in two of them, else months in its own zone.

    ``waves`` maps a wave's id to its place and is empty for months, which count from ``first`` (a number of months).
    """

    names: tuple[str, ...]
    waves: Mapping[UUID, int]
    first: int
    zone: str

    @classmethod
    def of(cls, protocol: StudyProtocol, moments: Sequence[Moment]) -> "Periods":
        """Return the periods in which ``moments`` lie; of many months the latest MOST_MONTHS."""
        zone = protocol.study.time_zone
        used = {one.wave_id for one in moments}
        waves = [one for one in protocol.waves if one.id in used]
        if len(waves) > 1:
            return cls(tuple(one.name for one in waves), {one.id: at for at, one in enumerate(waves)}, 0, zone)
        months = sorted({_month(clock.local_date(one.at, zone)) for one in moments})
        if not months:
            return cls((), {}, 0, zone)
        first = max(months[0], months[-1] - MOST_MONTHS + 1)
        names = (f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, months[-1] + 1))
        return cls(tuple(names), {}, first, zone)

    @property
    def by(self) -> Literal["wave", "month"]:
        """What the periods are."""
        return "wave" if self.waves else "month"

    def at(self, moment: Moment) -> int | None:
        """Return in which period something was said."""
        if self.waves:
            return self.waves.get(moment.wave_id) if moment.wave_id else None
        return self._of_day(clock.local_date(moment.at, self.zone))

    def of_events(self, events: Iterable[tuple[UUID, date]], moments: Sequence[Moment]) -> Sequence[Value]:
        """Return of everybody who wrote, for each period since, whether an event of theirs fell into it (1) or not (0).

        A wave begins for a person with what they first wrote in it and lasts until the next one begins; what happened before
        their first wave belongs to that. Events of people who never wrote are left out: nobody knows when they were there.
        """
        begun: defaultdict[UUID, dict[int, date]] = defaultdict(dict)
        for moment in moments:
            period, day = self.at(moment), clock.local_date(moment.at, self.zone)
            if period is not None:
                begun[moment.person][period] = min(day, begun[moment.person].get(period, day))
        happened: defaultdict[UUID, set[int | None]] = defaultdict(set)
        for person, day in events:
            if person in begun:
                happened[person].add(self._of_event(day, begun[person]))
        return [
            Value(person, period, float(period in happened[person]), 1)
            for person, periods in begun.items()
            for period in (periods if self.waves else range(min(periods), len(self.names)))
        ]

    def _of_event(self, day: date, begun: Mapping[int, date]) -> int | None:
        if not self.waves:
            return self._of_day(day)
        ordered = sorted((start, period) for period, start in begun.items())
        return next((period for start, period in reversed(ordered) if start <= day), ordered[0][1])

    def _of_day(self, day: date) -> int | None:
        place = _month(day) - self.first
        return place if 0 <= place < len(self.names) else None


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
