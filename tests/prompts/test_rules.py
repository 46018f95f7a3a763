"""What a schedule wants and where it places it: for any rule, person, zone and season."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.prompts.localtime import QuietHours, quiet_until, resolve
from app.prompts.models import PLANNED, SENT, SKIPPED
from app.prompts.planning import Placed, Row, Span, plan, quiet_hours
from app.prompts.rules import Happened, Person, scattered, wanted
from app.prompts.schemas import AnchorDays, Daily, ScheduleIn, StoredSchedule, times_of
from app.prompts.service import name_slots

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
    "Africa/Cairo",
)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
clocks = st.builds(lambda minute: f"{minute // 60:02}:{minute % 60:02}", st.integers(0, 1439))
times = st.lists(clocks, min_size=1, max_size=3, unique=True)
weekdays = st.lists(st.integers(1, 7), max_size=7, unique=True)
kinds = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("anchor_days"), "days": st.lists(st.integers(-9, 30), min_size=1, max_size=6), "at": times}
    ),
    st.fixed_dictionaries({"kind": st.just("daily"), "at": times, "weekdays": weekdays}),
    st.fixed_dictionaries(
        {
            "kind": st.just("random"),
            "windows": st.just([{"start": "09:00", "end": "21:00", "count": 3}]),
            "weekdays": weekdays,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("every_days"),
            "every": st.integers(1, 9),
            "since": st.sampled_from(["anchor", "enrolment"]),
            "at": times,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("every_hours"),
            "every": st.integers(1, 50),
            "since": st.sampled_from(["anchor", "enrolment"]),
            "at": clocks,
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("after_event"), "event": st.just("visit"), "delay_minutes": st.integers(0, 3000)}
    ),
)


@st.composite
def schedules(draw: st.DrawFn) -> StoredSchedule:
    rules = [
        {
            "key": f"r{number}",
            "name": "规则",
            "when": draw(kinds),
            "expires_minutes": draw(st.integers(10, 3000)),
            "apart_minutes": draw(st.sampled_from([0, 15, 90])),
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    quiet = draw(st.one_of(st.none(), st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1])))
    given_: dict[str, object] = {"active": True, "rules": rules, "apart_minutes": draw(st.sampled_from([0, 45]))}
    given_["quiet"] = {"start": quiet[0], "end": quiet[1]} if quiet else None
    given_["events"] = [{"key": "visit", "name": "复诊"}]
    return stored(ScheduleIn.model_validate(given_))


@st.composite
def persons(draw: st.DrawFn) -> Person:
    enrolled = YEAR + timedelta(minutes=draw(st.integers(0, 500_000)))
    zone = draw(st.sampled_from(ZONES))
    on = enrolled.astimezone(ZoneInfo(zone)).date()
    events = [enrolled + timedelta(minutes=draw(st.integers(0, 15_000))) for _ in range(draw(st.integers(0, 2)))]
    return Person(
        id=UUID(int=draw(st.integers(1, 2**64))),
        zone=zone,
        enrolled_at=enrolled,
        enrolled_on=on,
        enrolled_zone=zone,
        anchor_on=draw(st.one_of(st.none(), st.just(on + timedelta(days=2)))),
        quiet=draw(st.one_of(st.none(), st.just(QuietHours(780, 900)), st.just(QuietHours(1300, 400)))),
        events=tuple(Happened(uuid4(), "visit", at, at) for at in events),
    )


def stored(schedule: ScheduleIn) -> StoredSchedule:
    return StoredSchedule(
        schedule=schedule, slots={rule.key: name_slots(times_of(rule), None) for rule in schedule.rules}
    )


def span_of(person: Person, *, days: int = 12, anew: bool = True) -> Span:
    start = person.enrolled_at
    return Span(start, start + timedelta(days=days), start, start, anew)


def row_of(placed: Placed, state: str | None = None) -> Row:
    rule = placed.wanted.rule
    return Row(
        uuid4(),
        rule.key,
        placed.wanted.occasion,
        placed.wanted.at,
        placed.at,
        placed.wanted.expires_at,
        rule.apart_minutes,
        rule.remind_minutes,
        state or placed.state,
        placed.reason,
    )


@given(schedules(), persons())
def test_planning_twice_gives_the_same(schedule: StoredSchedule, person: Person) -> None:
    span = span_of(person)
    first = plan(schedule, person, [], span)
    rows = [row_of(placed) for placed in first.new]
    again = plan(schedule, person, rows, span)
    assert (again.new, again.moved, again.gone) == ([], [], [])
    names = [(placed.wanted.rule.key, placed.wanted.occasion) for placed in first.new]
    assert len(set(names)) == len(names)


@given(schedules(), persons(), st.integers(1, 11), st.data())
def test_planning_bit_by_bit_gives_the_same_as_at_once(
    schedule: StoredSchedule, person: Person, days: int, data: st.DataObject
) -> None:
    whole = {row_key(placed) for placed in plan(schedule, person, [], span_of(person)).new}
    first = plan(schedule, person, [], span_of(person, days=days)).new
    # What was sent meanwhile stands where it stood.
    rows = [row_of(one, data.draw(st.sampled_from([SENT, PLANNED])) if one.state == PLANNED else None) for one in first]
    until = person.enrolled_at + timedelta(days=days)
    later = Span(until, span_of(person).end, person.enrolled_at, until, anew=False)
    second = plan(schedule, person, rows, later).new
    heard = {row_key(placed) for placed in (*first, *second)}
    assert heard == whole


def row_key(placed: Placed) -> tuple[str, str, datetime, str]:
    return placed.wanted.rule.key, placed.wanted.occasion, placed.at, placed.state


@given(schedules(), persons())
def test_no_prompt_in_quiet_hours_too_near_or_out_of_its_time(schedule: StoredSchedule, person: Person) -> None:
    placed = [one for one in plan(schedule, person, [], span_of(person)).new if one.state == PLANNED]
    hours, zone = quiet_hours(schedule, person), ZoneInfo(person.zone)
    least = schedule.schedule.apart_minutes
    for number, one in enumerate(placed):
        local = one.at.astimezone(zone)
        assert not any(quiet.holds(local.hour * 60 + local.minute) for quiet in hours)
        assert one.wanted.at <= one.at < one.wanted.expires_at
        for other in placed[:number]:
            apart = max(least, one.wanted.rule.apart_minutes, other.wanted.rule.apart_minutes)
            assert abs(one.at - other.at) >= timedelta(minutes=apart)


@given(schedules(), persons())
def test_skipped_prompts_had_no_minute_left(schedule: StoredSchedule, person: Person) -> None:
    new = plan(schedule, person, [], span_of(person)).new
    taken = [(one.at, one.wanted.rule.apart_minutes) for one in new if one.state == PLANNED]
    hours, zone = quiet_hours(schedule, person), ZoneInfo(person.zone)
    for one in new:
        if one.state != SKIPPED:
            continue
        minute = one.wanted.at
        while minute < one.wanted.expires_at:
            local = minute.astimezone(zone)
            apart = max(schedule.schedule.apart_minutes, one.wanted.rule.apart_minutes)
            near = any(abs(minute - at) < timedelta(minutes=max(apart, other)) for at, other in taken)
            assert near or any(quiet.holds(local.hour * 60 + local.minute) for quiet in hours)
            minute += timedelta(minutes=1)


@given(st.sampled_from(ZONES), st.integers(0, 400), st.integers(0, 1439))
def test_a_local_time_is_the_first_moment_that_shows_it(zone: str, number: int, minute: int) -> None:
    day, here = date(2011, 6, 1) + timedelta(days=number), ZoneInfo(zone)
    moment = resolve(day, minute, here)
    target = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    if moment is None:
        assert (zone, day) == ("Pacific/Apia", date(2011, 12, 30))
        return
    assert moment.astimezone(here).replace(tzinfo=None) >= target
    before = (moment - timedelta(seconds=1)).astimezone(here).replace(tzinfo=None)
    assert before < target


@pytest.mark.parametrize(
    ("zone", "day", "clock", "moment"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29T01:00:00+00:00"),  # 02:30 is skipped: 03:00
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, "2026-10-03T15:30:00+00:00"),  # half an hour skipped
        ("America/New_York", date(2026, 11, 1), 90, "2026-11-01T05:30:00+00:00"),
    ],
)
def test_clocks_that_jump(zone: str, day: date, clock: int, moment: str) -> None:
    assert resolve(day, clock, ZoneInfo(zone)) == datetime.fromisoformat(moment)


@given(st.sampled_from(ZONES), st.integers(0, 600_000), st.integers(0, 1439), st.integers(0, 1439))
def test_quiet_hours_end_where_they_end(zone: str, minutes: int, start: int, end: int) -> None:
    moment, here, quiet = YEAR + timedelta(minutes=minutes), ZoneInfo(zone), QuietHours(start, end)
    until = quiet_until(moment, [quiet], here) if start != end else None
    local = moment.astimezone(here)
    assert (until is not None) == (start != end and quiet.holds(local.hour * 60 + local.minute))
    while until is not None and moment < until:
        local = moment.astimezone(here)
        assert quiet.holds(local.hour * 60 + local.minute)
        moment += timedelta(minutes=7)


@given(st.text(max_size=20), st.integers(1, 6), st.integers(0, 60))
def test_random_minutes_keep_their_distance_and_their_window(seed: str, count: int, apart: int) -> None:
    minutes = scattered(seed, 600, 1200, count, apart)
    assert minutes == scattered(seed, 600, 1200, count, apart)
    assert all(later - earlier >= apart for earlier, later in pairwise(minutes))
    assert minutes[0] >= 600
    assert minutes[-1] < 1200


def test_random_minutes_use_the_whole_window_evenly() -> None:
    drawn = [minute for number in range(4000) for minute in scattered(f"{number}", 0, 100, 1, 0)]
    assert set(drawn) == set(range(100))
    assert max(drawn.count(minute) for minute in range(100)) < 80


def test_what_is_said_in_one_rule_is_wanted() -> None:
    person = Person(uuid4(), "Asia/Shanghai", YEAR, date(2026, 1, 1), "Asia/Shanghai", date(2026, 1, 10))
    rule = {"key": "a", "name": "术后", "when": {"kind": "anchor_days", "days": [1, 3], "at": ["20:00"]}}
    schedule = stored(ScheduleIn.model_validate({"active": True, "rules": [rule]}))
    found = wanted(schedule, person, YEAR, YEAR + timedelta(days=30))
    shown = [(one.occasion, f"{one.at.astimezone(ZoneInfo(person.zone)):%m-%d %H:%M}") for one in found]
    assert shown == [("day+1/s1", "01-11 20:00"), ("day+3/s1", "01-13 20:00")]


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ({"when": {"kind": "daily", "at": ["25:00"]}}, "at"),
        ({"when": {"kind": "daily", "at": ["20:00", "20:00"]}}, "time"),
        ({"when": {"kind": "daily", "at": ["20:00"]}, "expires_minutes": 60, "remind_minutes": 60}, "reminder"),
        (
            {
                "when": {"kind": "random", "windows": [{"start": "10:00", "end": "11:00", "count": 3}]},
                "apart_minutes": 30,
            },
            "too short",
        ),
        ({"when": {"kind": "after_event", "event": "visit"}}, "does not name"),
    ],
)
def test_rules_that_cannot_be_are_refused(rule: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        ScheduleIn.model_validate({"rules": [{"key": "a", "name": "规则", **rule}]})


def test_quiet_hours_that_are_shown_twice_end_twice() -> None:
    berlin, quiet = ZoneInfo("Europe/Berlin"), QuietHours(22 * 60, 150)
    first, second = (datetime.fromisoformat(f"2026-10-25T0{hour}:10:00+00:00") for hour in (0, 1))
    assert quiet_until(first, [quiet], berlin) == datetime.fromisoformat("2026-10-25T00:30:00+00:00")
    assert quiet_until(second, [quiet], berlin) == datetime.fromisoformat("2026-10-25T01:30:00+00:00")


def test_what_was_planned_before_keeps_its_distance_from_what_follows() -> None:
    person = Person(uuid4(), "Asia/Shanghai", YEAR, date(2026, 1, 1), "Asia/Shanghai", None)
    when = {"kind": "daily", "at": ["20:00", "20:20"]}
    rule = {"key": "a", "name": "两次", "when": when, "apart_minutes": 60, "expires_minutes": 300}
    schedule = stored(ScheduleIn.model_validate({"active": True, "rules": [rule]}))
    until = datetime.fromisoformat("2026-01-03T20:10:00+08:00")
    first = plan(schedule, person, [], Span(YEAR, until, YEAR, YEAR, anew=True)).new
    later = Span(until, until + timedelta(hours=1), YEAR, until, anew=False)
    (second,) = plan(schedule, person, [row_of(one) for one in first], later).new
    assert second.at == datetime.fromisoformat("2026-01-03T21:00:00+08:00")


def test_a_day_that_stands_twice_counts_once() -> None:
    assert AnchorDays(kind="anchor_days", days=(1, 3, 1), at=("20:00",)).days == (1, 3)
    assert Daily(kind="daily", at=("20:00",), weekdays=(5, 1, 5)).weekdays == (5, 1)
