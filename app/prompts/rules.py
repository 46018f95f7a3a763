"""What a schedule wants for one person: occasions and their moments. Pure: the same facts always give the same."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.prompts.localtime import QuietHours, resolve, zone_of
from app.prompts.schemas import (
    AfterEvent,
    AnchorDays,
    Daily,
    EveryDays,
    EveryHours,
    RandomTimes,
    Rule,
    StoredSchedule,
    minutes_of,
)

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a person's life, and when we heard of it."""

    id: UUID
    kind: str
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """What a plan depends on. ``enrolled_on`` is the day of enrolment on the calendar of then; ``quiet`` the person's own."""

    id: UUID
    zone: str
    enrolled_at: datetime
    enrolled_on: date
    enrolled_zone: str
    anchor_on: date | None
    quiet: QuietHours | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """An occasion: what it is for, when the rule wants it (UTC), and until when it may be answered.

    ``heard_at`` is set for events: the moment from which the occasion could be known.
    """

    at: datetime
    place: int
    rule: Rule
    occasion: str
    expires_at: datetime
    heard_at: datetime | None = None

    @property
    def order(self) -> tuple[datetime, int, str]:
        """The order in which occasions take their places."""
        return self.at, self.place, self.occasion


@dataclass(frozen=True)
class Reading:
    """One rule read for one person over a time."""

    rule: Rule
    slots: Sequence[str]
    person: Person
    zone: ZoneInfo
    start: datetime
    end: datetime
    apart: int


def wanted(stored: StoredSchedule, person: Person, start: datetime, end: datetime) -> list[Wanted]:
    """Return what the schedule wants for ``person`` at moments from ``start`` until before ``end``, in their order."""
    if not stored.schedule.active or end <= start:
        return []
    found: list[Wanted] = []
    for place, rule in enumerate(stored.schedule.rules):
        if rule.active:
            apart = max(rule.apart_minutes, stored.schedule.apart_minutes)
            slots = stored.slots[rule.key].keys if rule.key in stored.slots else ()
            reading = Reading(rule, slots, person, zone_of(person.zone), start, end, apart)
            found += _of_rule(reading, place)
    found.sort(key=lambda one: one.order)
    return found


def _of_rule(reading: Reading, place: int) -> Iterator[Wanted]:
    rule, person = reading.rule, reading.person
    lasts = timedelta(minutes=rule.expires_minutes)
    for occasion, day, at, heard_at in _MOMENTS[type(rule.when)](reading, rule.when):
        if at is None or not reading.start <= at < reading.end:
            continue
        if _within(rule, person, day):
            yield Wanted(at, place, rule, occasion, at + lasts, heard_at)


def _within(rule: Rule, person: Person, day: date) -> bool:
    if (rule.date_from and day < rule.date_from) or (rule.date_to and day > rule.date_to):
        return False
    if rule.day_from is None and rule.day_to is None:
        return True
    if person.anchor_on is None:
        return False
    number = (day - person.anchor_on).days
    return (rule.day_from is None or number >= rule.day_from) and (rule.day_to is None or number <= rule.day_to)


Moment = tuple[str, date, datetime | None, datetime | None]


def _anchor_days(reading: Reading, when: AnchorDays) -> Iterator[Moment]:
    anchor = reading.person.anchor_on
    if anchor is None:
        return
    first, last = _first_and_last(reading)
    for number in when.days:
        day = anchor + timedelta(days=number)
        if first <= day <= last:
            for slot, clock in zip(reading.slots, when.at, strict=True):
                yield f"day{number:+d}/{slot}", day, resolve(day, minutes_of(clock), reading.zone), None


def _daily(reading: Reading, when: Daily) -> Iterator[Moment]:
    for day in _days(reading, when.weekdays):
        for slot, clock in zip(reading.slots, when.at, strict=True):
            yield f"{day}/{slot}", day, resolve(day, minutes_of(clock), reading.zone), None


def _every_days(reading: Reading, when: EveryDays) -> Iterator[Moment]:
    person = reading.person
    origin = person.anchor_on if when.since == "anchor" else person.enrolled_on
    if origin is None:
        return
    for day in _days(reading, ()):
        number = (day - origin).days
        if number < 0 or number % when.every:
            continue
        # Named by the day, not by the count: after an edit of the interval, the days that stay are the same occasions.
        name = f"day{number:+d}" if when.since == "anchor" else str(day)
        for slot, clock in zip(reading.slots, when.at, strict=True):
            yield f"{name}/{slot}", day, resolve(day, minutes_of(clock), reading.zone), None


def _random(reading: Reading, when: RandomTimes) -> Iterator[Moment]:
    windows = sorted(zip(reading.slots, when.windows, strict=True), key=lambda pair: pair[1].start)
    for day in _days(reading, when.weekdays):
        free_from = 0
        for slot, window in windows:
            start, stop = max(minutes_of(window.start), free_from), minutes_of(window.end)
            seed = f"{reading.person.id}/{reading.rule.key}/{day}/{slot}"
            for number, minute in enumerate(scattered(seed, start, stop, window.count, reading.apart)):
                yield f"{day}/{slot}.{number}", day, resolve(day, minute, reading.zone), None
                free_from = minute + reading.apart


def scattered(seed: str, start: int, stop: int, count: int, apart: int) -> list[int]:
    """Return ``count`` minutes from ``start`` until before ``stop``, at least ``apart`` from each other, in order.

    Every such choice is equally likely over seeds, up to rounding.
    """
    room = max(stop - start - (count - 1) * apart, 1)
    drawn = hashlib.blake2b(seed.encode(), digest_size=64).digest()
    numbers = [int.from_bytes(drawn[6 * one : 6 * one + 6]) for one in range(count)]
    return [start + (number * room >> 48) + place * apart for place, number in enumerate(sorted(numbers))]


def _every_hours(reading: Reading, when: EveryHours) -> Iterator[Moment]:
    person = reading.person
    if when.since == "anchor":
        origin = resolve(person.anchor_on, minutes_of(when.at), reading.zone) if person.anchor_on else None
    else:
        # The zone of then: hours that have begun to count do not start anew where the person goes.
        origin = resolve(person.enrolled_on, minutes_of(when.at), zone_of(person.enrolled_zone))
    if origin is None:
        return
    step = timedelta(hours=when.every)
    number = max(0, (reading.start - origin) // step)
    while (at := origin + number * step) < reading.end:
        yield f"hour{number * when.every:+d}", at.astimezone(reading.zone).date(), at, None
        number += 1


def _after_event(reading: Reading, when: AfterEvent) -> Iterator[Moment]:
    for event in reading.person.events:
        if event.kind == when.event:
            at = event.at + timedelta(minutes=when.delay_minutes)
            yield f"event/{event.id}", at.astimezone(reading.zone).date(), at, event.recorded_at


_MOMENTS: dict[type, Callable[[Reading, Any], Iterator[Moment]]] = {
    AnchorDays: _anchor_days,
    Daily: _daily,
    EveryDays: _every_days,
    RandomTimes: _random,
    EveryHours: _every_hours,
    AfterEvent: _after_event,
}


def _first_and_last(reading: Reading) -> tuple[date, date]:
    # A day more on both sides: a clock time that was skipped may be shown as the next day's.
    return (
        reading.start.astimezone(reading.zone).date() - ONE_DAY,
        reading.end.astimezone(reading.zone).date() + ONE_DAY,
    )


def _days(reading: Reading, weekdays: Sequence[int]) -> Iterator[date]:
    day, last = _first_and_last(reading)
    rule, person = reading.rule, reading.person
    while day <= last:
        if (not weekdays or day.isoweekday() in weekdays) and _within(rule, person, day):
            yield day
        day += ONE_DAY
