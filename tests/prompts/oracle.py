"""What ought to be sent, worked out person by person in the plainest way, to hold against the ledger.

Nothing here is taken from the planner: a moment is the first minute at which a wall clock has reached a time, a place is
found minute by minute, and zones, pauses and withdrawals are looked up as a person would. Only the random minutes come
from the room itself, since nothing else can know them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.prompts.rules import scattered

MINUTE = timedelta(minutes=1)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Life:
    """One simulated person: all that happens to them, decided beforehand."""

    id: UUID
    code: str
    enrolled_at: datetime
    anchor_on: date
    zones: list[tuple[datetime, str]]
    quiet: tuple[str, str] | None = None
    pause: tuple[datetime, datetime] | None = None
    withdrawn_at: datetime | None = None
    events: list[tuple[datetime, UUID]] = field(default_factory=list)
    answers: bool = False

    def zone_at(self, moment: datetime) -> str:
        """Return where the person is."""
        return [zone for since, zone in self.zones if since <= moment or since == self.zones[0][0]][-1]


class Occasion(NamedTuple):
    """What is wanted under one zone."""

    wanted: datetime
    place: int
    name: str
    rule: str
    expires: datetime
    apart: int
    remind: int | None


@dataclass
class Sending:
    """One expected message."""

    rule: str
    name: str
    at: datetime
    of: object = None


def in_quiet(moment: datetime, zone: str, hours: Sequence[tuple[str, str]]) -> bool:
    """Return whether the person's clock shows a quiet time."""
    local = moment.astimezone(here(zone))
    shown = local.hour * 60 + local.minute
    for first, last in hours:
        start, end = minute_of(first), minute_of(last)
        if start <= shown < end if start < end else shown >= start or shown < end:
            return True
    return False


@cache
def minute_of(clock: str) -> int:
    """Return the minute of the day that a clock shows."""
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute


@cache
def here(zone: str) -> ZoneInfo:
    """Return the zone of this name."""
    return ZoneInfo(zone)


@cache
def reached(zone: str, day: date, clock: str) -> datetime:
    """Return the first minute at which the calendar and the clock of ``zone`` have reached this day and time."""
    target = datetime.combine(day, time.fromisoformat(clock))
    there = here(zone)

    def shown(moment: datetime) -> datetime:
        return moment.astimezone(there).replace(tzinfo=None)

    moment = target.replace(tzinfo=UTC) - timedelta(hours=16)
    while shown(moment) < target:
        moment += timedelta(minutes=30)
    moment -= timedelta(minutes=150)
    while shown(moment) < target:
        moment += MINUTE
    return moment


def occasions(life: Life, zone: str, known_at: datetime, first: date, last: date) -> list[Occasion]:
    """Return what the schedule of the simulation wants of ``life`` in ``zone`` on these days."""
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        since = (day - life.anchor_on).days
        if since in (1, 2, 3, 5, 7, 14):
            found.append(_occasion(reached(zone, day, "20:00"), 0, f"day{since:+d}/s1", "after_surgery", 360, 0, 120))
        if since >= 0 and since % 30 == 0:
            found.append(_occasion(reached(zone, day, "09:00"), 1, f"day{since:+d}/s1", "check", 600, 45, None))
        if day.isoweekday() == 3 and 0 <= since <= 12:
            minutes = scattered(f"{life.id}/moments/{day}/s1", 600, 1260, 2, 45)
            for place, minute in enumerate(minutes):
                at = reached(zone, day, f"{minute // 60:02}:{minute % 60:02}")
                found.append(_occasion(at, 2, f"{day}/s1.{place}", "moments", 120, 45, None))
        if day.isoweekday() == 7 and 0 <= since <= 13:
            found.append(_occasion(reached(zone, day, "02:15"), 3, f"{day}/s1", "night", 90, 0, None))
    for at, event in life.events:
        if at <= known_at:
            found.append(_occasion(at + timedelta(minutes=120), 4, f"event/{event}", "visit", 720, 0, None))
    return sorted(found, key=lambda one: (one.wanted, one.place, one.name))


def _occasion(at: datetime, place: int, name: str, rule: str, lasts: int, apart: int, remind: int | None) -> Occasion:
    return Occasion(at, place, name, rule, at + timedelta(minutes=lasts), apart, remind)


@dataclass
class Waiting:
    """Something that waits for its moment: an occasion in its place, or the reminder of one that was sent."""

    due: datetime
    planned: datetime
    occasion: Occasion
    reminder: bool = False


@dataclass
class Course:
    """One person's way through the study."""

    life: Life
    end: datetime
    hours: list[tuple[str, str]]
    step: timedelta
    sent: list[Sending] = field(default_factory=list)
    done: set[tuple[str, str]] = field(default_factory=set)
    skipped: set[tuple[str, str]] = field(default_factory=set)
    fixed: list[tuple[datetime, int]] = field(default_factory=list)
    reminders: list[Waiting] = field(default_factory=list)

    def go(self) -> list[Sending]:
        """Return every message that the person ought to get."""
        life = self.life
        turns = {life.enrolled_at, *(since for since, _ in life.zones[1:]), *(at for at, _ in life.events)}
        turns |= set(life.pause) if life.pause else set()
        begins = sorted(turn for turn in turns if turn < self.end)
        for since, until in zip(begins, [*begins[1:], self.end], strict=True):
            self.send(self.waiting(since), since, until)
        return sorted(self.sent, key=lambda one: (one.at, one.rule, one.name))

    def waiting(self, since: datetime) -> list[Waiting]:
        """Return what waits as things stand at ``since``: the reminders, and every occasion in its place."""
        zone, taken, found = self.life.zone_at(since), list(self.fixed), list(self.reminders)
        first = self.life.anchor_on - timedelta(days=1)
        for one in occasions(self.life, zone, since, first, self.end.date()):
            key = (one.rule, one.name)
            if key in self.done or (key in self.skipped and one.wanted <= since):
                continue
            at = self.place(one, zone, taken)
            if at is None or one.expires <= since:
                self.skipped.add(key)
                continue
            self.skipped.discard(key)
            taken.append((at, one.apart))
            found.append(Waiting(at, at, one))
        self.reminders = []
        return found

    def place(self, one: Occasion, zone: str, taken: list[tuple[datetime, int]]) -> datetime | None:
        """Return the first minute from when it is wanted that is free, before it expires and outside the pause."""
        at = one.wanted
        while at < one.expires:
            near = any(abs(at - other) < timedelta(minutes=max(one.apart, apart)) for other, apart in taken)
            if not near and not in_quiet(at, zone, self.hours):
                return None if self.paused(at) else at
            at += MINUTE
        return None

    def paused(self, moment: datetime) -> bool:
        """Return whether the person wants nothing now; a pause is unknown before it begins."""
        return self.life.pause is not None and self.life.pause[0] <= moment < self.life.pause[1]

    def send(self, queue: list[Waiting], since: datetime, until: datetime) -> None:
        """Let time pass from ``since`` until ``until``."""
        zone, left = self.life.zone_at(since), self.life.withdrawn_at
        while queue:
            queue.sort(key=lambda one: (one.due, one.occasion.wanted))
            one = queue.pop(0)
            step = self.step_after(max(one.due, since))
            if step >= until or (left is not None and step >= left):
                if one.reminder:
                    self.reminders.append(one)
                continue
            later = self.decide(one, step, zone)
            if later is not None:
                queue.append(Waiting(later, one.planned, one.occasion, one.reminder))
            elif self.sent and self.sent[-1].at == step and self.sent[-1].of is one:
                queue += self.reminder_of(one, step)

    def decide(self, one: Waiting, step: datetime, zone: str) -> datetime | None:
        """Send, give up, or return when to look again."""
        occasion = one.occasion
        key = (occasion.rule, occasion.name)
        if occasion.expires <= step:
            self.done.add(key)
            self.fixed.append((one.planned, occasion.apart))
            return None
        if self.paused(step):
            self.skipped.add(key)
            return None
        free = step
        while in_quiet(free, zone, self.hours):
            free += MINUTE
        if free == step and not one.reminder and occasion.apart and step - one.planned > timedelta(minutes=20):
            last = max((sending.at for sending in self.sent), default=None)
            if last is not None and last > step - timedelta(days=1):
                free = max(step, last + timedelta(minutes=occasion.apart))
        if free > step:
            if free < occasion.expires:
                return free
            self.skipped.add(key)
            return None
        self.sent.append(Sending(occasion.rule, occasion.name + ("/reminder" if one.reminder else ""), step, one))
        if not one.reminder:
            self.done.add(key)
            self.fixed.append((one.planned, occasion.apart))
        return None

    def reminder_of(self, one: Waiting, step: datetime) -> list[Waiting]:
        """Return the reminder of what was just sent."""
        if one.reminder or one.occasion.remind is None or self.life.answers:
            return []
        at = step + timedelta(minutes=one.occasion.remind)
        return [Waiting(at, at, one.occasion, reminder=True)] if at < one.occasion.expires else []

    def step_after(self, moment: datetime) -> datetime:
        """Return the first look of the workers at or after ``moment``."""
        at = EPOCH + (moment - EPOCH) // self.step * self.step
        return at if at == moment else at + self.step


def expected(life: Life, end: datetime, study_quiet: tuple[str, str], step: timedelta) -> list[Sending]:
    """Return every message that ``life`` ought to get until before ``end``, with the workers looking every ``step``."""
    return Course(life, end, [study_quiet, *([life.quiet] if life.quiet else [])], step).go()
