"""Who stands in the valley now: listed for those who may see people, counted for the others, and left alone until somebody
was in touch with this one person there."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.care import service as messages
from app.core.clock import frozen_at
from app.maps.ecosystem import service as ecosystem
from app.maps.ecosystem.schemas import SupportIn
from app.participants import consents
from app.participants import service as participants
from app.participants.models import Participant
from app.participants.schemas import Enrolment
from app.studies.models import Study
from tests.care.care_site import actor, add_carer, do_jobs, write
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in
from tests.support.walked_road import walk_road

NOW = datetime(2026, 9, 20, 4, tzinfo=UTC)
"""Noon in Shanghai, long after those ten people walked the road on which everybody felt low at home."""
HOME = date(2026, 9, 17)
"""The operation of somebody who has been at home for three days."""


@pytest.fixture
def road(cast: Cast) -> Iterator[Cast]:
    """A road whose valley is the recovery at home (day 1 to 100), and three people who are on it now."""
    with frozen_at(NOW):
        walk_road(cast)
        enrol(cast, "Q1", HOME)
        enrol(cast, "Q2", HOME - timedelta(days=60))
        enrol(cast, "Q3", HOME)
        enrol(cast, "BEFORE", NOW.date() + timedelta(days=3))
        enrol(cast, "LATER", HOME - timedelta(days=200))
        yield cast


def enrol(cast: Cast, code: str, anchor_on: date | None, *, care: bool = False, zone: str | None = None) -> None:
    with cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        given = Enrolment(code=code, anchor_on=anchor_on, time_zone=zone)
        person, _ = participants.enrol(session, cast.keyring, "user:test", study, given)
        purposes = ["diary", "care"] if care else ["diary"]
        consents.give_consent(session, "user:test", person, purposes, version=1, method="paper")
        cast.people[code] = person.id


def valley(cast: Cast, who: str = "owner") -> dict[str, Any]:
    answer = cast.get("/care/valley", who=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def listed(cast: Cast, who: str = "owner") -> list[str]:
    return [one["participant"] for one in valley(cast, who)["people"]]


def alone(cast: Cast) -> set[str]:
    return {one["participant"] for one in valley(cast)["people"] if one["touch"] is None}


def page(cast: Cast, who: str, path: str = "") -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)
    answer = cast.client.get(f"/studies/{SLUG}{path}")
    assert answer.status_code == 200
    return answer.text


def send(cast: Cast, code: str, at: datetime) -> None:
    with frozen_at(at), cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        study.reply_hours = 24
        messages.send(session, "user:owner", study, person, uuid4(), "今天怎么样？", from_person=False)


def support(cast: Cast, code: str | None, *, generic: bool, on: date) -> None:
    with cast.store.write() as session:
        given = SupportIn(stage="recovery", participant=code, channel="call", generic=generic, on=on)
        ecosystem.give_support(session, actor(cast), cast.study_id, given, support_id=uuid4())


def test_who_is_there_now_with_their_day_and_whom_nobody_reached(road: Cast) -> None:
    found = valley(road)
    assert found["stages"] == [{"key": "recovery", "name": "恢复"}]
    assert [(one["participant"], one["day"]) for one in found["people"]] == [("Q1", 3), ("Q2", 63), ("Q3", 3)]
    assert (found["n_people"], found["n_without_contact"]) == (3, 3)
    assert found["summary"] == "3 个人现在正在“恢复”这个阶段，都还没有人联系过。"
    assert found["people"][0]["since"] == "2026-09-18"
    write(road, code="Q1", mood=6, ago=timedelta(days=2))
    write(road, code="Q1", mood=3)
    assert valley(road)["people"][0]["mood"] == 3


def test_only_what_was_said_to_this_one_person_in_the_stage_counts_as_contact(road: Cast) -> None:
    send(road, "Q1", datetime(2026, 9, 17, 15, tzinfo=UTC))  # the day of the operation: before they were at home
    support(road, None, generic=True, on=date(2026, 9, 19))
    support(road, "Q3", generic=True, on=date(2026, 9, 19))
    support(road, "Q2", generic=False, on=date(2026, 9, 25))  # planned, and not given yet
    assert alone(road) == {"Q1", "Q2", "Q3"}
    send(road, "Q1", datetime(2026, 9, 17, 16, 30, tzinfo=UTC))  # half an hour into the next day, as they count it
    support(road, "Q2", generic=False, on=date(2026, 8, 1))
    assert alone(road) == {"Q3"}
    assert listed(road) == ["Q3", "Q2", "Q1"]
    assert valley(road)["summary"] == "3 个人现在正在“恢复”这个阶段，其中 1 位还没有人联系过。"
    ways = {one["participant"]: one["touch"]["way"] for one in valley(road)["people"] if one["touch"]}
    assert ways == {"Q1": "message", "Q2": "call"}


def test_a_call_in_vain_is_told_and_reaches_nobody_and_a_call_that_reached_does(road: Cast) -> None:
    write(road, code="Q1", mood=1)
    do_jobs(road)
    one = valley(road)["people"][0]
    assert (one["participant"], one["mood"]) == ("Q1", 1)
    path = f"/api/v1/studies/{SLUG}/follow-ups/{one['follow_up']}/contacts/"
    for reached in (False, True):
        body = {"way": "phone", "reached": reached, "note": ""}
        with frozen_at(NOW + timedelta(minutes=10 * reached)):
            answer = road.client.put(f"{path}{uuid4()}", json=body, headers=road.headers["owner"])
            assert answer.status_code in (200, 201), answer.text
        with frozen_at(NOW + timedelta(hours=1)):
            found = next(one for one in valley(road)["people"] if one["participant"] == "Q1")
            assert (found["touch"] is not None, found["tried"] is not None) == (reached, True)


def test_people_who_left_have_no_date_or_stand_elsewhere_are_not_listed(road: Cast) -> None:
    enrol(road, "UNDATED", None)
    # Where it is still the day of the operation, nobody is at home.
    enrol(road, "WEST", date(2026, 9, 20) - timedelta(days=1), zone="America/Los_Angeles")
    with road.store.write() as session:
        person = session.get_one(Participant, (road.study_id, road.people["Q3"]))
        participants.withdraw(session, "user:test", person)
    assert listed(road) == ["Q1", "Q2"]
    assert valley(road)["n_without_date"] == 1


@only_on("sqlite")  # the same SELECTs as above
def test_care_staff_see_who_agreed_and_viewers_and_narrow_keys_only_figures_of_eight(road: Cast) -> None:
    add_carer(road)
    enrol(road, "Q4", HOME, care=True)
    assert listed(road, "carer") == ["Q4"]
    assert valley(road, "carer")["n_people"] == 1
    few = valley(road, "viewer")
    assert (few["people"], few["n_people"], few["n_without_contact"]) == (None, None, None)
    road.headers["narrow"] = road.key("owner", "curves:read")
    assert valley(road, "narrow")["people"] is None
    for number in range(5, 9):
        enrol(road, f"Q{number}", HOME)
    many = valley(road, "viewer")
    assert (many["people"], many["n_people"], many["n_without_contact"]) == (None, 8, 8)
    assert road.get("/care/valley", who="stranger").status_code == 404


@only_on("sqlite")  # what it reads is tried on both kinds above
def test_the_page_of_the_study_says_it_and_leads_to_the_people_whom_one_may_see(road: Cast) -> None:
    link = f'href="/studies/{SLUG}/care#valley"'
    own = page(road, "owner")
    assert "3 个人现在正在“恢复”这个阶段，都还没有人联系过。" in own
    assert link in own
    for other in ("?by=day", "?score=mood", "?source=diary"):
        assert "还没有人联系过" not in page(road, "owner", other)
    seen = page(road, "viewer")
    assert "现在在“恢复”这个阶段的不到 8 个人，不显示数字。" in seen
    assert link not in seen
    there = page(road, "owner", "/care")
    assert [code in there for code in (">Q1<", ">Q2<", ">Q3<", ">LATER<", ">BEFORE<")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert ">Q1<" not in page(road, "viewer", "/care")


@only_on("sqlite")  # see above
def test_where_nobody_is_there_or_the_study_is_over_the_page_of_the_study_says_nothing(road: Cast) -> None:
    with frozen_at(NOW + timedelta(days=120)):
        assert "这个阶段" not in page(road, "owner").split("glimpses")[0]
        assert valley(road)["summary"] == "现在没有人在“恢复”这个阶段。"
    with road.store.write() as session:
        study = session.get_one(Study, road.study_id)
        study.closed_at, study.protocol_revision = NOW, study.protocol_revision + 1
    found = valley(road)
    assert (found["people"], found["summary"]) == ([], "研究已经结束，没有人还在路上。")


@only_on("sqlite")  # see above
def test_without_a_valley_that_can_be_told_nobody_is_listed(cast: Cast) -> None:
    with frozen_at(NOW):
        enrol(cast, "Q1", HOME)
        found = valley(cast)
        assert (found["stages"], found["people"]) == ([], [])
        assert found["summary"] == "现有日记还说不出哪个阶段最难，所以还列不出人。"


@only_on("sqlite")  # the same SELECTs on both kinds
def test_the_page_of_the_study_reads_no_statement_for_it(road: Cast) -> None:
    """Of what people wrote only the few quotes that stand on the page are read, whoever stands in the valley."""
    page(road, "owner")
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(re.sub(r"\s+", " ", statement))

    engine = road.app.state.database.reader
    event.listen(engine, "before_cursor_execute", note)
    try:
        page(road, "owner")
        with_people = len(said), sum("FROM statement" in one or "FROM entry" in one for one in said)
        said.clear()
        with frozen_at(NOW + timedelta(days=200)):
            page(road, "owner")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    without = len(said), sum("FROM statement" in one or "FROM entry" in one for one in said)
    assert with_people[1] == without[1]
    assert 0 < with_people[0] - without[0] <= 3
