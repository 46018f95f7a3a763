"""A person and the team write to each other: once, within limits, seen by those only who may, and gone with the person."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text

from app.accounts.actors import StaffActor
from app.audit.models import AuditEvent
from app.care.models import Message
from app.care.service import LONGEST, MOST_A_DAY
from app.core import clock
from app.participants import consents
from app.participants.models import Participant
from app.studies import membership
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.phone import HIDDEN, Phone, words
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

ASKED, ANSWERED = "伤口有点渗血，要紧吗？", "渗一点正常，明早来看看。"
TEAM = f"/studies/{SLUG}/messages"


@pytest.fixture
def phone(cast: Cast) -> Phone:
    return phone_of(cast)


def phone_of(cast: Cast, code: str = "P01") -> Phone:
    cast.client.cookies.clear()
    opened = Phone(cast.client)
    if opened.open(cast.links[code].token).headers["location"] == "/d/consent":
        assert opened.agree("diary").status_code == 303
    return opened


def ask(phone: Phone, said: str = ASKED) -> int:
    return submit_page(phone, {"text": said})


def submit_page(phone: Phone, fields: dict[str, str]) -> int:
    page = dict(HIDDEN.findall(phone.client.get("/d/messages").text))
    return phone.client.post("/d/messages", data={**page, **fields}).status_code


def answer(cast: Cast, said: str = ANSWERED, *, login: str = "owner", code: str = "P01") -> int:
    cast.client.cookies.clear()
    sign_in(cast.client, login, PASSWORD)
    page = f"{TEAM}/{cast.people[code]}"
    hidden = dict(HIDDEN.findall(cast.client.get(page).text))
    return cast.client.post(page, data={**hidden, "text": said}).status_code


def stored(cast: Cast) -> list[Message]:
    with cast.store.read() as session:
        return list(session.scalars(select(Message).order_by(Message.sent_at, Message.id)))


def test_a_question_and_its_answer_with_what_was_seen(cast: Cast, phone: Phone) -> None:
    assert "不是急救电话" in words(phone.client.get("/d/messages"))
    assert "48 小时内" in words(phone.client.get("/d/messages"))
    assert ask(phone) == 303
    assert "对方看过了" not in words(phone.client.get("/d/messages"))
    cast.client.cookies.clear()
    sign_in(cast.client, "owner", PASSWORD)
    listed = words(cast.client.get(TEAM))
    assert "1 个人在等答复" in listed
    assert ASKED in listed
    assert stored(cast)[0].read_at is None, "a list is not reading"
    assert answer(cast) == 303
    assert "1 个人在等答复" not in words(cast.client.get(TEAM))
    phone = phone_of(cast)
    assert "没看的有 1" in words(phone.client.get("/d/mine"))
    page = words(phone.client.get("/d/messages"))
    assert ANSWERED in page
    assert "对方看过了" in page
    assert "没看的有" not in words(phone.client.get("/d/mine"))
    assert "Owner" not in page
    assert [one.from_person for one in stored(cast)] == [True, False]


def test_a_second_tap_and_a_reload_send_once(cast: Cast, phone: Phone) -> None:
    page = dict(HIDDEN.findall(phone.client.get("/d/messages").text))
    barrier, answers = threading.Barrier(3), []

    def tap() -> None:
        barrier.wait()
        answers.append(phone.client.post("/d/messages", data={**page, "text": ASKED}).status_code)

    taps = [threading.Thread(target=tap) for _ in range(3)]
    for one in taps:
        one.start()
    for one in taps:
        one.join()
    assert set(answers) == {303}
    assert len(stored(cast)) == 1
    other = phone.client.post("/d/messages", data={**page, "text": "换了一句"})
    assert other.status_code == 409
    assert "换了一句" in words(other), "what was typed is still there"
    assert [one.text for one in stored(cast)] == [ASKED]


@pytest.mark.parametrize(
    ("said", "told"), [("  \n ", "请写点什么再发"), ("长" * (LONGEST + 1), "写得太长了"), ("有\x00字", "无法保存")]
)
def test_what_cannot_be_sent_is_told_and_kept(cast: Cast, phone: Phone, said: str, told: str) -> None:
    page = submit(phone.client, "/d/messages", "/d/messages", {"text": said, "message_id": str(uuid4())})
    assert page.status_code == 422
    assert told in words(page)
    assert stored(cast) == []


def test_a_day_has_its_limit_and_the_next_one_is_new(cast: Cast, phone: Phone) -> None:
    for number in range(MOST_A_DAY):
        assert ask(phone, f"第 {number} 条") == 303
    assert ask(phone, "再一条") == 429
    assert answer(cast) == 303, "the team's messages count by themselves"
    with clock.frozen_at(clock.now() + timedelta(days=1, minutes=1)):
        assert ask(phone_of(cast), "第二天") == 303


def test_without_the_page_s_token_nothing_is_sent(cast: Cast, phone: Phone) -> None:
    assert phone.client.post("/d/messages", data={"text": ASKED}).status_code == 403
    assert stored(cast) == []


def test_a_study_that_turns_them_off_hides_the_link_and_takes_none(cast: Cast, phone: Phone) -> None:
    assert 'href="/d/messages"' in phone.client.get("/d/mine").text
    page = dict(HIDDEN.findall(phone.client.get("/d/messages").text))
    answered = cast.client.patch(f"/api/v1/studies/{SLUG}", json={"reply_hours": 0}, headers=cast.headers["owner"])
    assert answered.json()["reply_hours"] == 0
    assert 'href="/d/messages"' not in phone.client.get("/d/mine").text
    refused = phone.client.post("/d/messages", data={**page, "text": ASKED})
    assert refused.status_code == 403
    assert ASKED in words(refused)
    assert answer(cast) == 403


def test_closed_and_left_take_no_more_and_show_what_was_said(cast: Cast, phone: Phone) -> None:
    assert ask(phone) == 303
    page = dict(HIDDEN.findall(phone.client.get("/d/messages").text))
    with cast.app.state.database.write() as session:
        session.get_one(Study, cast.study_id).closed_at = clock.now()
    assert ASKED in words(phone.client.get("/d/messages"))
    refused = phone.client.post("/d/messages", data={**page, "message_id": str(uuid4()), "text": "晚了"})
    assert refused.status_code == 410
    assert "晚了" in words(refused)
    assert answer(cast) == 410
    with cast.app.state.database.write() as session:
        session.get_one(Study, cast.study_id).closed_at = None
        session.get_one(Participant, (cast.study_id, cast.people["P01"])).withdrawn_at = clock.now()
    cast.client.cookies.clear()
    assert Phone(cast.client).open(cast.links["P01"].token).status_code == 410
    assert answer(cast) == 410


def test_who_may_read_and_who_may_not(cast: Cast, phone: Phone) -> None:
    assert ask(phone) == 303
    page = f"{TEAM}/{cast.people['P01']}"
    for login, status in (("viewer", 403), ("stranger", 404)):
        cast.client.cookies.clear()
        sign_in(cast.client, login, PASSWORD)
        assert cast.client.get(TEAM).status_code == status
        assert cast.client.get(page).status_code == status
    assert answer(cast, login="teammate") == 303
    other = phone_of(cast, "P02")
    assert ASKED not in words(other.client.get("/d/messages"))


def test_care_staff_see_those_who_agreed_to_care(cast: Cast, phone: Phone) -> None:
    assert ask(phone) == 303
    with cast.store.write() as session:
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        membership.set_role(session, owner, cast.study_id, "stranger", "care")
    page = f"{TEAM}/{cast.people['P01']}"
    cast.client.cookies.clear()
    sign_in(cast.client, "stranger", PASSWORD)
    assert "还没有消息" in words(cast.client.get(TEAM))
    assert cast.client.get(page).status_code == 404
    assert cast.client.post(page, data={"text": "x"}).status_code == 403
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        consents.give_consent(session, "user:x", person, ["diary", "care"], version=1, method="person")
    assert ASKED in words(cast.client.get(TEAM))
    assert answer(cast, login="stranger") == 303


def test_the_log_says_that_and_not_what(cast: Cast, phone: Phone) -> None:
    ask(phone)
    answer(cast)
    with cast.store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "message.sent").order_by(AuditEvent.id))
        told = [(event.actor.partition(":")[0], event.subject_id, str(event.detail)) for event in events]
    assert [actor for actor, *_ in told] == ["participant", "user"]
    assert {subject for _, subject, _ in told} == {cast.people["P01"]}
    assert not [detail for *_, detail in told if ASKED in detail or ANSWERED in detail]


def test_messages_go_with_the_person_and_stand_in_their_archive(cast: Cast, phone: Phone, engine: Engine) -> None:
    ask(phone)
    assert answer(cast) == 303
    phone = phone_of(cast)
    archive = submit(phone.client, "/d/takeaway", "/d/takeaway", {})
    assert archive.status_code == 200
    assert len(stored(cast)) == 2
    submit(phone.client, "/d/erase", "/d/erase", {"word": "删除"})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM message")).scalar_one() == 0


def test_an_answer_that_is_late_is_marked(cast: Cast, phone: Phone) -> None:
    ask(phone)
    cast.client.cookies.clear()
    with clock.frozen_at(clock.now() + timedelta(hours=49)):
        cast.client.cookies.clear()
        sign_in(cast.client, "owner", PASSWORD)
        assert "过了答复的时间" in words(cast.client.get(TEAM))
