"""Prompts sent by hand: looked at first, put into the ledger once, and never to whom they must not go."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.core.clock import frozen_at
from app.participants.models import Participant
from app.participants.service import withdraw
from app.prompts import ledger
from app.prompts.models import Prompt
from app.prompts.service import pause
from tests.support.cast import Cast
from tests.support.phone import words
from tests.support.prompts import add_prompt
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

PAGE = f"/studies/{SLUG}/compliance"
NUDGE = f"{PAGE}/nudge"
NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)  # noon in Shanghai


@pytest.fixture
def owner(cast: Cast) -> Cast:
    sign_in(cast.client, "owner", PASSWORD)
    return cast


def send(cast: Cast, who: list[UUID] | list[str], at: datetime = NOW, **fields: Any) -> Response:
    with frozen_at(at):
        return submit(cast.client, PAGE, NUDGE, {"who": [str(one) for one in who], "words": "0", **fields})


def nudges(cast: Cast) -> list[Prompt]:
    with cast.store.read() as session:
        query = select(Prompt).where(Prompt.study_id == cast.study_id, Prompt.nudged_by.is_not(None))
        return list(session.scalars(query.order_by(Prompt.id)))


def test_the_chosen_are_shown_with_the_words_before_anything_is_sent(owner: Cast) -> None:
    people = owner.people
    page = owner.client.get(f"{NUDGE}?who={people['P01']}&who={people['P02']}")
    assert page.status_code == 200
    assert "提醒 2 个人" in page.text
    assert "P01、P02" in page.text
    assert "今天方便的话，写两句近况吧，一分钟就好。" in page.text
    assert nudges(owner) == []
    assert "还没有选人" in owner.client.get(NUDGE).text


def test_a_nudge_stands_in_ledger_and_log_with_who_sent_it(owner: Cast) -> None:
    answer = send(owner, [owner.people["P01"]])
    assert "提醒了 1 个人" in answer.text
    assert "马上发出" in answer.text
    (prompt,) = nudges(owner)
    actor = f"user:{owner.user_ids['owner']}"
    assert (prompt.participant_id, prompt.nudged_by, prompt.rule_key) == (owner.people["P01"], actor, None)
    assert prompt.words == "今天方便的话，写两句近况吧，一分钟就好。"
    assert prompt.planned_at == NOW
    with owner.store.read() as session:
        logged = session.scalars(select(AuditEvent).where(AuditEvent.action == "prompts.nudged")).one()
    assert (logged.actor, logged.subject_id) == (actor, owner.people["P01"])
    ledger = words(owner.client.get(f"{PAGE}/{owner.people['P01']}"))
    assert "手动" in ledger


def test_own_words_are_taken_trimmed_and_limited(owner: Cast) -> None:
    long = send(owner, [owner.people["P01"]], words="own", own="啊" * 101)
    assert (long.status_code, nudges(owner)) == (422, [])
    assert "太长了" in long.text
    empty = send(owner, [owner.people["P01"]], words="own", own="  ")
    assert (empty.status_code, nudges(owner)) == (422, [])
    assert str(owner.people["P01"]) in empty.text  # who was chosen is not forgotten
    send(owner, [owner.people["P01"]], words="own", own="  周三  复诊记得来 ")
    assert [one.words for one in nudges(owner)] == ["周三 复诊记得来"]


def test_one_who_may_not_be_reminded_does_not_stop_the_others(owner: Cast) -> None:
    owner.add_patient("P03", consent=False)
    owner.add_patient("P04")
    with owner.store.write() as session, frozen_at(NOW - timedelta(days=1)):
        withdraw(session, "user:test", session.get_one(Participant, (owner.study_id, owner.people["P02"])))
        pause(session, "user:test", owner.study_id, owner.people["P04"], None)
    chosen = [owner.people[code] for code in ("P02", "P03", "P01", "P04")]
    answer = send(owner, [*chosen, uuid4()])
    assert [one.participant_id for one in nudges(owner)] == [owner.people["P01"]]
    assert answer.text.count("没有提醒") == 4
    assert answer.text.count("现在不能提醒这位参与者") == 3
    prepared = owner.client.get(f"{NUDGE}?who={owner.people['P02']}&who={owner.people['P01']}").text
    assert "P02 已经退出，不会收到。" in prepared


def test_a_person_is_reminded_once_an_hour_and_once_in_a_selection(owner: Cast) -> None:
    person = owner.people["P01"]
    assert "没有提醒" not in send(owner, [person, person]).text
    again = send(owner, [person], NOW + timedelta(minutes=59))
    assert "刚刚已经提醒过" in again.text
    assert len(nudges(owner)) == 1
    send(owner, [person], NOW + timedelta(minutes=61))
    assert len(nudges(owner)) == 2


@pytest.mark.parametrize("who", [[], ["nobody"], [str(uuid4()) for _ in range(101)]])
def test_a_strange_selection_is_refused(owner: Cast, who: list[str]) -> None:
    assert send(owner, who).status_code == 422
    assert nudges(owner) == []


def test_a_hundred_and_one_are_too_many_to_look_at(owner: Cast) -> None:
    many = "&".join(f"who={uuid4()}" for _ in range(101))
    assert owner.client.get(f"{NUDGE}?{many}").status_code == 422


@pytest.mark.parametrize(("who", "status"), [("teammate", 200), ("viewer", 403), ("stranger", 404)])
def test_only_those_who_run_the_study(cast: Cast, who: str, status: int) -> None:
    sign_in(cast.client, who, PASSWORD)
    assert cast.client.get(f"{NUDGE}?who={cast.people['P01']}").status_code == status
    fields = {"who": str(cast.people["P01"]), "words": "0"}
    assert submit(cast.client, "/studies", NUDGE, fields).status_code == status
    assert len(nudges(cast)) == (status == 200)
    grid = cast.client.get(PAGE)
    assert ("提醒选中的人" in grid.text) == (status == 200)


def test_a_form_of_another_site_sends_nothing(owner: Cast) -> None:
    answer = owner.client.post(NUDGE, data={"who": str(owner.people["P01"]), "words": "0"})
    assert answer.status_code == 403
    assert nudges(owner) == []


def test_an_entry_answers_what_the_schedule_asked_before_the_nudge_that_repeated_it(cast: Cast) -> None:
    person, evening = cast.people["P01"], datetime(2026, 3, 12, 12, tzinfo=UTC)
    asked = add_prompt(cast.store, cast.study_id, person, "2026-03-12", claimed_at=evening)
    add_prompt(
        cast.store,
        cast.study_id,
        person,
        "2026-03-12",
        nudged_by="user:x",
        rule_key=None,
        planned_at=evening + timedelta(minutes=30),
        claimed_at=evening + timedelta(minutes=30),
    )
    with cast.store.write() as session:
        at, entry_id = evening + timedelta(hours=1), uuid4()
        answers = ledger.answered(session, cast.study_id, person, entry_id=entry_id, written_at=at)
    assert answers == asked
