"""What came after low moments: whose clock starts when, who is in neither group, and what is said of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.care.after import WINDOW, Episodes, arrange
from app.care.after_queries import LowMoment, Touch
from app.core.clock import frozen_at
from app.core.ids import uuid7
from tests.care.care_site import WELL, do_jobs, write
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

NOON = datetime(2026, 3, 14, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def moment(*, at: datetime = NOON) -> LowMoment:
    return LowMoment(uuid7(), uuid7(), uuid7(), at, 1)


def touch(one: LowMoment, after: timedelta, *, contact: bool = True) -> Touch:
    return Touch(one.participant_id, one.occurred_at + after, contact)


def spans(found: Episodes) -> list[tuple[bool, float, float]]:
    """Per episode whether it is followed, and from when to when after the moment it is looked at, in hours."""
    return [
        (one.followed, (one.start - one.moment.occurred_at) / HOUR, (one.end - one.moment.occurred_at) / HOUR)
        for one in found.found
    ]


def test_the_clock_starts_at_the_contact_and_where_there_was_none_after_as_long_a_wait() -> None:
    early, middle, late, nobody = (moment() for _ in range(4))
    found = arrange(
        [early, middle, late, nobody], [touch(early, 2 * HOUR), touch(middle, 6 * HOUR), touch(late, 30 * HOUR)]
    )
    assert found.wait == 6 * HOUR
    week = WINDOW / HOUR
    assert spans(found) == [(True, 2, 2 + week), (True, 6, 6 + week), (True, 30, 30 + week), (False, 6, 6 + week)]


def test_an_earlier_contact_is_none_and_a_late_one_ends_what_nobody_followed_up() -> None:
    one, other = moment(), moment()
    found = arrange([one, other], [touch(one, -HOUR), touch(other, 7.5 * DAY)])
    assert spans(found) == [(False, 24, 24 + WINDOW / HOUR), (False, 24, 180)]


def test_a_message_alone_is_in_neither_group_and_one_that_comes_later_ends_the_week() -> None:
    soon, later, called = moment(), moment(), moment()
    found = arrange(
        [soon, later, called],
        [
            touch(soon, HOUR, contact=False),
            touch(later, 3 * DAY, contact=False),
            touch(called, HOUR, contact=False),
            touch(called, 4 * HOUR),
        ],
    )
    assert found.otherwise == 1
    assert spans(found) == [(False, 4, 72), (True, 4, 4 + WINDOW / HOUR)]


@pytest.fixture
def followed(cast: Cast) -> Iterator[Cast]:
    """Sixteen people who felt very low; every second one was called after six hours. All feel better by themselves, whoever
    was called a little more; one of each group writes no more."""
    for number in range(3, 17):
        cast.add_patient(f"P{number:02d}")
    codes = [f"P{number:02d}" for number in range(1, 17)]
    moods = [1, 1, 2, 2] * 4
    for code, mood in zip(codes, moods, strict=True):
        say(cast, code, NOON, mood)
    with frozen_at(NOON):
        do_jobs(cast)
    call(cast, codes[::2], NOON + 6 * HOUR)
    for number, code in enumerate(codes[:14]):
        rise = 2 + (number % 2 == 0) + (number % 3)
        say(cast, code, NOON + 5 * HOUR, 9)  # before anybody calls, or would have
        say(cast, code, NOON + 2 * DAY, moods[number] + rise)
        say(cast, code, NOON + 9 * DAY, 9)  # long after the week
    with frozen_at(NOON + 20 * DAY):
        yield cast


def say(cast: Cast, code: str, at: datetime, mood: int) -> None:
    with frozen_at(at):
        write(cast, WELL, code=code, mood=mood, ago=timedelta(0))


def call(cast: Cast, codes: Sequence[str], at: datetime) -> None:
    with frozen_at(at):
        open_ones = cast.get("/follow-ups").json()["rows"]
        for one in open_ones:
            if one["participant"] in codes:
                path = f"/api/v1/studies/{SLUG}/follow-ups/{one['id']}/contacts/{uuid4()}"
                body = {"way": "phone", "reached": True, "note": "她说还好。"}
                assert cast.client.put(path, json=body, headers=cast.headers["owner"]).status_code == 201


def after(cast: Cast, who: str = "owner") -> dict[str, Any]:
    answer = cast.get("/care/after", who=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_week_after_is_held_against_low_moments_that_nobody_followed_up(followed: Cast) -> None:
    found = after(followed)
    assert found["design"] == "observational"
    assert (found["n_followed"], found["n_others"], found["wait_hours"]) == (8, 8, 6)
    assert (found["n_silent_followed"], found["n_silent_others"], found["n_waiting"]) == (1, 1, 0)
    mood, score = found["measures"]
    assert (mood["name"], score["name"]) == ("mood", "score")
    called, others = mood["followed"], mood["others"]
    assert (called["n_people"], others["n_people"]) == (7, 7)
    rises = [2 + (number % 2 == 0) + (number % 3) for number in range(14)]
    assert called["change"]["value"] == pytest.approx(sum(rises[::2]) / 7, abs=1e-6)
    assert others["change"]["value"] == pytest.approx(sum(rises[1::2]) / 7, abs=1e-6)
    assert mood["difference"]["value"] == pytest.approx((sum(rises[::2]) - sum(rises[1::2])) / 7, abs=1e-6)
    # As many ones and twos in both groups: the start changes next to nothing.
    assert abs(mood["alike"]["value"] - mood["difference"]["value"]) < 0.2
    assert not mood["clear"]
    assert "看不出差别" in found["summary"]
    assert score["followed"]["change"]["value"] == 0  # everybody wrote the same words every time


@only_on("sqlite")  # what it reads is tried on both kinds above
def test_what_is_said_names_no_cause_and_viewers_get_no_figures_of_seven(followed: Cast) -> None:
    sign_in(followed.client, "owner", PASSWORD)
    page = followed.client.get(f"/studies/{SLUG}/care").text
    panel = page.split('id="after"')[1].split("</section>")[0]
    assert "观察性" in panel
    assert "自己会回来一些" in panel
    assert not [word for word in ("导致", "使得", "带来", "效果", "影响", "有效", "让他", "归功") if word in panel]
    seen = after(followed, "viewer")
    assert (seen["n_followed"], seen["measures"][0]["followed"]["n_people"]) == (None, None)
    assert seen["measures"][0]["suppressed"]
    assert seen["summary"] == "有一边不到 8 个人，不显示数字。"
    assert followed.get("/care/after", who="stranger").status_code == 404


@only_on("sqlite")  # what it reads is tried on both kinds above
def test_before_a_week_is_over_nothing_is_counted_and_few_people_are_no_evidence(cast: Cast) -> None:
    assert after(cast)["summary"] == "还没有可以比的：低谷过去一周以后，这里会说后来怎么样了。"
    say(cast, "P01", NOON, 1)
    with frozen_at(NOON):
        do_jobs(cast)
    call(cast, ["P01"], NOON + 2 * HOUR)
    say(cast, "P01", NOON + DAY, 5)
    with frozen_at(NOON + 3 * DAY):
        assert (after(cast)["n_followed"], after(cast)["n_waiting"]) == (0, 1)
    with frozen_at(NOON + 8 * DAY):
        found = after(cast)
    assert (found["n_followed"], found["n_waiting"]) == (1, 0)
    assert found["measures"][0]["followed"]["change"]["value"] is None
    assert "证据不足：联系上以后一周里又写了日记的只有 1 个人，至少要 5 个人。" in found["summary"]
