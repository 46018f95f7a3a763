"""The rules of thumb for dropping out, each at its edge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.diary.compliance_dropout import DAY, Signal, Trail, risk, signals
from app.diary.compliance_grid import Mark

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
WRITER = Trail(
    enrolled_at=NOW - 30 * DAY,
    last=[Mark.ANSWERED] * 3,
    entries=5,
    first_at=NOW - 9 * DAY,
    last_at=NOW - DAY,
)


def kinds(trail: Trail) -> list[str]:
    return [one.kind for one in signals(trail, NOW)]


def test_who_writes_as_usual_gives_no_sign() -> None:
    assert kinds(WRITER) == []


@pytest.mark.parametrize(
    ("last", "sign"),
    [
        ([Mark.MISSED] * 3, True),
        ([Mark.MISSED] * 2, False),
        ([Mark.MISSED, Mark.MISSED, Mark.LATE, Mark.MISSED], False),
        ([Mark.MISSED, Mark.MISSED, Mark.MISSED, Mark.ANSWERED], True),
    ],
)
def test_three_prompts_without_an_answer_not_even_late(last: list[Mark], sign: bool) -> None:
    assert ("unanswered" in kinds(replace(WRITER, last=last))) is sign


def test_a_pause_is_measured_by_the_persons_own_habit() -> None:
    every_two_days = replace(WRITER, first_at=NOW - 14 * DAY, last_at=NOW - 6 * DAY)
    assert kinds(every_two_days) == []
    late = replace(every_two_days, first_at=NOW - 15 * DAY, last_at=NOW - 7 * DAY)
    assert signals(late, NOW) == (Signal("pause", {"usual": 2, "days": 7}),)


def test_several_entries_on_one_day_do_not_make_an_evening_a_pause() -> None:
    first = NOW - 2 * DAY
    assert kinds(replace(WRITER, first_at=first, last_at=first + timedelta(hours=1))) == []
    longer = first - 2 * DAY
    assert kinds(replace(WRITER, first_at=longer, last_at=longer + timedelta(hours=1))) == ["pause"]


def test_two_entries_are_no_habit() -> None:
    assert kinds(replace(WRITER, entries=2, first_at=NOW - 30 * DAY, last_at=NOW - 29 * DAY)) == []


def test_a_week_without_any_entry() -> None:
    silent = Trail(enrolled_at=NOW - 7 * DAY)
    assert signals(silent, NOW) == (Signal("never", {"days": 7}),)
    assert kinds(replace(silent, enrolled_at=NOW - 6 * DAY)) == []


def test_of_whom_nothing_more_is_expected_nothing_is_concluded_but_their_phone_is_heard() -> None:
    gone = replace(WRITER, over=True, last=[Mark.MISSED] * 3, last_at=NOW - 20 * DAY, failing=3, unsent=2)
    assert kinds(gone) == ["unsent"]


def test_concern_counts_signs_of_the_person_before_those_of_the_technique() -> None:
    technical = signals(replace(WRITER, failing=2, unsent=1), NOW)
    one = signals(replace(WRITER, last=[Mark.MISSED] * 3), NOW)
    two = signals(
        replace(WRITER, last=[Mark.MISSED] * 3, last_at=NOW - 9 * DAY, first_at=NOW - 12 * DAY, unsent=1), NOW
    )
    assert [risk(()), risk(technical), risk(one), risk(two)] == [0, 1, 2, 5]
    assert [found.kind for found in two] == ["unanswered", "pause", "unsent"]
