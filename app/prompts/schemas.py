"""A schedule as it is given and shown: rules, quiet hours, kinds of events."""

from datetime import date, datetime
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from app.studies.schemas import Key, Name, Strict, require_distinct

MOST_RULES = 20
MOST_TIMES = 8
MOST_DAYS = 120
MOST_A_WINDOW = 10
DAY_MINUTES = 1440
FARTHEST = 3650

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A wall-clock time, ``HH:MM``."""
Day = Annotated[int, Field(ge=-FARTHEST, le=FARTHEST)]
Value = TypeVar("Value")


def _once(values: tuple[Value, ...]) -> tuple[Value, ...]:
    # Named twice, a day is still one occasion.
    return tuple(dict.fromkeys(values))


Weekdays = Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(max_length=7), AfterValidator(_once)]
Times = Annotated[tuple[Clock, ...], Field(min_length=1, max_length=MOST_TIMES)]
Origin = Literal["anchor", "enrolment"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class Quiet(Strict):
    """Hours without prompts, from ``start`` until before ``end`` on the person's clock; may go over midnight."""

    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.start == self.end:
            raise ValueError("quiet hours need a start and an end that differ")
        return self


class Window(Strict):
    """A part of the day in which ``count`` prompts come at random moments."""

    start: Clock
    end: Clock
    count: int = Field(1, ge=1, le=MOST_A_WINDOW)

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a window ends after it starts, on the same day")
        return self


class AnchorDays(Strict):
    """On these days from the anchor event, at these times."""

    kind: Literal["anchor_days"]
    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=MOST_DAYS), AfterValidator(_once)]
    at: Times


class Daily(Strict):
    """Every day, or on these weekdays (1 is Monday), at these times."""

    kind: Literal["daily"]
    at: Times
    weekdays: Weekdays = ()


class RandomTimes(Strict):
    """At random moments within these windows, anew every day; the same for the same person and day."""

    kind: Literal["random"]
    windows: Annotated[tuple[Window, ...], Field(min_length=1, max_length=MOST_TIMES)]
    weekdays: Weekdays = ()


class EveryDays(Strict):
    """Every so many days from the anchor event or the enrolment, that day included, at these times."""

    kind: Literal["every_days"]
    every: int = Field(ge=1, le=365)
    since: Origin = "anchor"
    at: Times


class EveryHours(Strict):
    """Every so many hours, counted from ``at`` on the day of the anchor event or the enrolment."""

    kind: Literal["every_hours"]
    every: int = Field(ge=1, le=720)
    since: Origin = "enrolment"
    at: Clock


class AfterEvent(Strict):
    """Some minutes after each event of a kind, such as a visit."""

    kind: Literal["after_event"]
    event: Key
    delay_minutes: int = Field(0, ge=0, le=30 * DAY_MINUTES)


When = Annotated[AnchorDays | Daily | RandomTimes | EveryDays | EveryHours | AfterEvent, Field(discriminator="kind")]


class Rule(Strict):
    """One rule of a schedule. Its ``key`` is what its prompts are known by, whatever else of it changes.

    A prompt may be answered for ``expires_minutes``, and one reminder comes after ``remind_minutes`` if nothing was
    written. ``apart_minutes`` is the least distance to any other prompt. Days are counted from the anchor event, dates by
    the person's calendar; both ends belong to the time.
    """

    key: Key
    name: Name
    active: bool = True
    when: When
    expires_minutes: int = Field(360, ge=10, le=30 * DAY_MINUTES)
    remind_minutes: int | None = Field(None, ge=5, le=7 * DAY_MINUTES)
    apart_minutes: int = Field(0, ge=0, le=DAY_MINUTES)
    day_from: Day | None = None
    day_to: Day | None = None
    date_from: date | None = None
    date_to: date | None = None
    words: Words = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.remind_minutes is not None and self.remind_minutes >= self.expires_minutes:
            raise ValueError("a reminder comes before the prompt expires")
        for first, last in ((self.day_from, self.day_to), (self.date_from, self.date_to)):
            if first is not None and last is not None and first > last:  # type: ignore[operator]
                raise ValueError("a time ends after it starts")
        if isinstance(self.when, RandomTimes):
            _require_room(self.when.windows, self.apart_minutes)
        elif isinstance(self.when, AnchorDays | Daily | EveryDays):
            require_distinct(self.when.at, "time")
        return self


class EventKind(Strict):
    """A kind of event that rules may wait for."""

    key: Key
    name: Name


class ScheduleIn(Strict):
    """A study's schedule. ``apart_minutes`` is the least distance between any two prompts of a person."""

    active: bool = False
    rules: tuple[Rule, ...] = Field((), max_length=MOST_RULES)
    quiet: Quiet | None = None
    apart_minutes: int = Field(0, ge=0, le=DAY_MINUTES)
    events: tuple[EventKind, ...] = Field((), max_length=20)

    @model_validator(mode="after")
    def _keys(self) -> Self:
        require_distinct([rule.key for rule in self.rules], "rule")
        require_distinct([event.key for event in self.events], "event")
        known = {event.key for event in self.events}
        for rule in self.rules:
            if isinstance(rule.when, AfterEvent) and rule.when.event not in known:
                raise ValueError(f"the rule {rule.key} waits for events of a kind that the schedule does not name")
            if isinstance(rule.when, RandomTimes):
                _require_room(rule.when.windows, max(rule.apart_minutes, self.apart_minutes))
        return self


class Slots(Strict):
    """The lasting names of a rule's times or windows, in their order, so that a time that moves stays the same one."""

    next: int = 1
    keys: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


class StoredSchedule(Strict):
    """A revision of a schedule as it is kept."""

    schedule: ScheduleIn
    slots: dict[str, Slots]


class ScheduleOut(ScheduleIn):
    """The schedule in force. ``revision`` 0: never applied, what stands here is the template's proposal."""

    revision: int
    applied_at: datetime | None


class ScheduleChange(Strict):
    """A schedule to put in force, or to look at first, in the place of ``revision``."""

    revision: int = Field(ge=0)
    schedule: ScheduleIn


class LifeEventIn(Strict):
    """Something that happened to a participant. With an ``id`` of the client's, saying it twice changes nothing."""

    id: UUID | None = None
    kind: Key
    at: AwareDatetime


class LifeEventOut(BaseModel):
    """An event as it is kept."""

    id: UUID
    participant: str
    kind: str
    at: datetime
    recorded_at: datetime


def times_of(rule: Rule) -> tuple[str, ...]:
    """Return the times, or windows, of a rule that its prompts are named by; none for hours and events."""
    if isinstance(rule.when, RandomTimes):
        return tuple(f"{window.start}-{window.end}" for window in rule.when.windows)
    return rule.when.at if isinstance(rule.when, AnchorDays | Daily | EveryDays) else ()


def minutes_of(clock: str) -> int:
    """Return the minutes since midnight of ``HH:MM``."""
    return int(clock[:2]) * 60 + int(clock[3:])


def _require_room(windows: tuple[Window, ...], apart: int) -> None:
    end = -1
    for window in sorted(windows, key=lambda one: one.start):
        start, stop = minutes_of(window.start), minutes_of(window.end)
        if start < end:
            raise ValueError("windows must not overlap")
        earliest = max(start, end - 1 + apart) if end >= 0 else start
        if earliest + (window.count - 1) * apart >= stop:
            raise ValueError("a window is too short for its prompts and their distance")
        end = stop
