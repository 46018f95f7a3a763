"""The phone's page of reminders, the page behind a reminder's link, and the workbench's pages of delivery."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.participants import service as people
from app.participants.models import Participant
from app.prompts import personal
from app.prompts.delivery import contacts
from app.prompts.models import Prompt
from tests.support.browser_subscription import BrowserSubscription
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, only_on
from tests.support.listening import Answer, Listener, Mailbox, listening, mail_server
from tests.support.phone import Phone, words
from tests.support.prompts import add_prompt
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

# What these pages store is tried on both kinds in test_delivery_sending.
pytestmark = only_on("sqlite")
PAGE = "/d/reminders"
MAIL = "wang.secret@example.org"


@pytest.fixture
def push() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server(tmp_path) as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        yield box


@pytest.fixture
def settings(database: ScratchDatabase, mail: Mailbox, push: Listener) -> Settings:
    return Settings(
        data_dir=database.data_dir,
        database_url=database.address,
        worker=False,
        smtp_host="localhost",
        smtp_port=mail.port,
        smtp_from="diary@example.org",
        internal_hosts=push.host,
        sms_url=f"http://{push.host}/sms",
        sign_in_attempts=4,
    )


@pytest.fixture
def phone(cast: Cast) -> Phone:
    phone = Phone(cast.client)
    phone.start(cast.links["P01"].token)
    return phone


def change(client: TestClient, path: str, **fields: str) -> Response:
    return submit(client, PAGE, f"{PAGE}{path}", fields)


def contact_ids(page: Response) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/d/reminders/contacts/([0-9a-f-]{36})/", page.text)))


def reach(cast: Cast, channel: str, address: str, code: str = "P01") -> UUID:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        return contacts.add_contact(session, cast.keyring, "x", person, channel, address, confirmed=True).id


def code_in(mail: Mailbox) -> str:
    found = re.search(r"\b(\d{6})\b", _plain(mail))
    assert found is not None
    return found[1]


def _plain(mail: Mailbox) -> str:
    body = message_from_bytes(mail.letters[-1][1], policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# E-mail


def test_an_email_is_used_only_once_its_digits_were_typed(cast: Cast, phone: Phone, mail: Mailbox) -> None:
    assert change(phone.client, "/email", address=f" {MAIL} ").headers["location"] == f"{PAGE}?done=code"
    page = phone.client.get(PAGE)
    assert MAIL not in page.text
    assert "w***@example.org" in page.text
    (contact,) = contact_ids(page)
    wrong = change(phone.client, f"/contacts/{contact}/confirm", code="000000" if code_in(mail) != "000000" else "1")
    assert wrong.status_code == 422
    assert "这六位数字不对" in words(wrong)
    right = change(phone.client, f"/contacts/{contact}/confirm", code=f" {code_in(mail)} ")
    assert right.headers["location"] == f"{PAGE}?done=confirmed"
    assert "邮件里的六位数字" not in words(phone.client.get(PAGE))
    assert "来写两句" not in _plain(mail)


@pytest.mark.parametrize(
    "typed", ["", "wang", "wang@", "a@b", "wang@example.org\nBcc: x@example.org", "王@例子.中国", "x" * 600]
)
def test_what_is_no_email_is_said_and_stays_in_the_form(phone: Phone, mail: Mailbox, typed: str) -> None:
    answer = change(phone.client, "/email", address=typed)
    assert answer.status_code == 422
    assert "邮箱没认出来" in words(answer)
    assert mail.letters == []


def test_only_so_many_messages_may_be_asked_for(phone: Phone, mail: Mailbox) -> None:
    answers = [change(phone.client, "/email", address=f"a{number}@example.org") for number in range(6)]
    assert [one.status_code for one in answers] == [303] * 4 + [429] * 2
    assert len(mail.letters) == 4


def test_digits_cannot_be_guessed_for_ever(phone: Phone) -> None:
    change(phone.client, "/email", address=MAIL)
    (contact,) = contact_ids(phone.client.get(PAGE))
    answers = [change(phone.client, f"/contacts/{contact}/confirm", code="x") for _ in range(6)]
    assert [one.status_code for one in answers] == [422] * 4 + [429] * 2


def test_a_mail_that_could_not_be_sent_is_said(phone: Phone, mail: Mailbox) -> None:
    mail.say["RCPT"] = "550 nobody"
    answer = change(phone.client, "/email", address=MAIL)
    assert answer.status_code == 502
    assert "六位数字没有发出去" in words(answer)


# Web push


def test_a_browser_is_switched_on_and_off(cast: Cast, phone: Phone, push: Listener, engine: Engine) -> None:
    browser = BrowserSubscription(f"http://{push.host}/push/1")
    assert change(phone.client, "/push", **browser.given).status_code == 204
    assert change(phone.client, "/push", **browser.given).status_code == 204
    assert len(contact_ids(phone.client.get(PAGE))) == 1
    assert change(phone.client, "/test").headers["location"] == f"{PAGE}?done=tested"
    (request,) = push.got
    assert browser.open(request.body)["url"].endswith("/d/reminders")
    assert change(phone.client, "/push/off", endpoint=browser.endpoint).status_code == 204
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM contact")).scalar() == 0


@pytest.mark.parametrize("broken", ["endpoint", "p256dh", "auth"])
def test_a_subscription_that_cannot_be_is_refused(phone: Phone, broken: str) -> None:
    given = {**BrowserSubscription("https://fcm.googleapis.com/x").given, broken: "javascript:alert(1)"}
    assert change(phone.client, "/push", **given).status_code == 422


def test_a_push_without_the_pages_own_token_is_refused(phone: Phone) -> None:
    given = BrowserSubscription("https://fcm.googleapis.com/x").given
    assert phone.client.post(f"{PAGE}/push", data=given).status_code == 403


def test_a_test_that_fails_is_said_by_its_way(cast: Cast, phone: Phone, push: Listener) -> None:
    reach(cast, "webpush", json.dumps(BrowserSubscription(f"http://{push.host}/push/1").given))
    push.answer = lambda _request: Answer(410)
    answer = change(phone.client, "/test")
    assert answer.status_code == 502
    assert "没有发出去：屏幕通知" in words(answer)
    assert "已经发不到了" in words(phone.client.get(PAGE))


# Ways, quiet hours, pauses, zones


def test_ways_are_ordered_and_removed_by_their_own_person(cast: Cast, phone: Phone) -> None:
    reach(cast, "email", MAIL)
    second = reach(cast, "sms", "13800001234")
    other = reach(cast, "sms", "13900009999", "P02")
    assert "138****1234" in words(phone.client.get(PAGE))
    change(phone.client, f"/contacts/{second}/first")
    assert contact_ids(phone.client.get(PAGE))[0] == str(second)
    for act in ("first", "remove", "code", "confirm"):
        assert change(phone.client, f"/contacts/{other}/{act}").status_code == 404
    change(phone.client, f"/contacts/{second}/remove")
    assert "138****1234" not in words(phone.client.get(PAGE))


def test_quiet_hours_are_ones_own(cast: Cast, phone: Phone) -> None:
    change(phone.client, "/quiet", quiet_from="22:00", quiet_to="07:30")
    page = phone.client.get(PAGE).text
    assert 'value="22:00"' in page
    assert 'value="07:30"' in page
    assert change(phone.client, "/quiet", quiet_from="22:00", quiet_to="").status_code == 422
    change(phone.client, "/quiet", quiet_from="", quiet_to="")
    assert 'value="22:00"' not in phone.client.get(PAGE).text


def test_a_pause_of_three_days_or_until_a_day_can_be_ended(cast: Cast, phone: Phone) -> None:
    assert change(phone.client, "/pause", days="3").headers["location"] == f"{PAGE}?done=paused"
    with cast.store.read() as session:
        own = personal.own_reminders(session, session.get_one(Participant, (cast.study_id, cast.people["P01"])))
    assert own.paused_until is not None
    assert abs(own.paused_until - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=5)
    change(phone.client, "/resume")
    until = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    change(phone.client, "/pause", until=until)
    with cast.store.read() as session:
        own = personal.own_reminders(session, session.get_one(Participant, (cast.study_id, cast.people["P01"])))
    # The first moment of that day in Shanghai.
    assert own.paused_until == datetime.fromisoformat(f"{until}T00:00+08:00")
    for wrong in ("", "yesterday", "2020-01-01", "2999-01-01"):
        assert change(phone.client, "/pause", until=wrong).status_code == 422


def test_a_zone_is_changed_with_one_form(cast: Cast, phone: Phone) -> None:
    change(phone.client, "/zone", time_zone="America/New_York")
    assert "America/New_York" in words(phone.client.get(PAGE))
    assert change(phone.client, "/zone", time_zone="Mars/Olympus").status_code == 422


# The tap


def tap(client: TestClient, prompt_id: object) -> Response:
    return client.get(f"/d/p/{prompt_id}")


def live_prompt(cast: Cast, code: str = "P01", **changes: Any) -> UUID:
    now = datetime.now(UTC)
    given = {"sent_at": now, "claimed_at": now, "expires_at": now + timedelta(hours=2), **changes}
    return add_prompt(cast.store, cast.study_id, cast.people[code], now.date().isoformat(), **given)


def test_a_tap_in_time_leads_to_the_form_and_is_noted(cast: Cast, phone: Phone) -> None:
    prompt_id = live_prompt(cast)
    answer = tap(phone.client, prompt_id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/d/today?prompt={prompt_id}")
    with cast.store.read() as session:
        assert session.get_one(Prompt, (cast.study_id, prompt_id)).opened_at is not None


def test_an_old_tap_says_what_can_still_be_done(cast: Cast, phone: Phone) -> None:
    prompt_id = live_prompt(cast, expires_at=datetime.now(UTC) - timedelta(minutes=1))
    page = tap(phone.client, prompt_id)
    assert page.status_code == 200
    assert "过了时间，没关系" in words(page)
    assert f'href="/d/today?prompt={prompt_id}"' in page.text
    assert 'href="/d/mine"' in page.text
    assert 'href="/d/reminders#pause"' in page.text


def test_an_answered_tap_thanks(cast: Cast, phone: Phone) -> None:
    page = tap(phone.client, live_prompt(cast, answered_at=datetime.now(UTC), entry=uuid4()))
    assert "已经写过了" in words(page)


def test_no_tap_tells_whether_a_prompt_is_anothers_or_none(cast: Cast, phone: Phone) -> None:
    pages = [
        tap(phone.client, one)
        for one in (live_prompt(cast, "P02"), uuid4(), live_prompt(cast, state="cancelled"), "no-id", "x" * 300)
    ]
    bodies = {re.sub(r'value="[^"]*"', "", page.text) for page in pages}
    assert {page.status_code for page in pages} == {200}
    assert len(bodies) == 1
    assert "用不上了" in words(pages[0])


def test_a_tap_before_the_door_comes_back_after_it(cast: Cast) -> None:
    prompt_id = live_prompt(cast)
    phone = Phone(cast.client)
    answer = tap(cast.client, prompt_id)
    assert (answer.status_code, answer.headers["location"]) == (303, "/d")
    assert phone.open(cast.links["P01"].token).headers["location"] == "/d/consent"
    assert phone.agree("diary").headers["location"] == f"/d/p/{prompt_id}"
    assert tap(cast.client, prompt_id).headers["location"] == f"/d/today?prompt={prompt_id}"
    # It leads back once.
    assert phone.open(cast.links["P01"].token).headers["location"] == "/d/today"


@pytest.mark.parametrize(
    "planted", ["https://example.net/", "//example.net", "/d/p/../../x", "/studies", "/d/p/x\r\nX: y"]
)
def test_the_door_leads_nowhere_else(cast: Cast, planted: str) -> None:
    phone = Phone(cast.client)
    phone.start(cast.links["P01"].token)
    cast.client.cookies.set("xinlu_back", json.dumps(planted), path="/d")
    assert phone.open(cast.links["P01"].token).headers["location"] == "/d/today"


def test_who_has_left_reads_that_they_have(cast: Cast, phone: Phone) -> None:
    prompt_id = live_prompt(cast)
    with cast.store.write() as session:
        people.withdraw(session, "x", session.get_one(Participant, (cast.study_id, cast.people["P01"])))
    assert tap(phone.client, prompt_id).status_code == 410
    assert phone.client.get(PAGE).status_code == 410


# The workbench


def test_a_researcher_registers_ways_and_sees_them_masked(cast: Cast, engine: Engine) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = f"/studies/{SLUG}/participants/{cast.people['P01']}/contacts"
    for channel, address in (
        ("email", MAIL),
        ("sms", "+86 138-0000-1234"),
        ("apprise", "wxpusher://AT_abcdefghijkl/UID_1234"),
    ):
        answer = submit(cast.client, page, page, {"channel": channel, "address": address})
        assert answer.status_code == 303, answer.text
    shown = cast.client.get(page).text
    assert "w***@example.org" in shown
    assert "+86****1234" in shown
    assert "wxpusher://***1234" in shown
    assert MAIL not in shown
    assert "AT_abcdefghijkl" not in shown
    (first, *_rest) = re.findall(r"/contacts/([0-9a-f-]{36})/remove", shown)
    assert submit(cast.client, page, f"{page}/{first}/remove", {}).status_code == 303
    assert "w***@example.org" not in cast.client.get(page).text


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("apprise", "json://127.0.0.1/x"),
        ("apprise", "file:///etc/passwd"),
        ("sms", "call me"),
        ("webpush", "{}"),
        ("console", ""),
    ],
)
def test_what_cannot_be_a_way_is_refused(cast: Cast, channel: str, address: str) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = f"/studies/{SLUG}/participants/{cast.people['P01']}/contacts"
    assert submit(cast.client, page, page, {"channel": channel, "address": address}).status_code == 422


def test_only_researchers_see_and_change_ways(cast: Cast) -> None:
    page = f"/studies/{SLUG}/participants/{cast.people['P01']}/contacts"
    sign_in(cast.client, "viewer", PASSWORD)
    assert cast.client.get(page).status_code == 403
    assert cast.client.get(f"/studies/{SLUG}/settings/channels").status_code == 403
    cast.client.cookies.clear()
    sign_in(cast.client, "stranger", PASSWORD)
    assert cast.client.get(page).status_code == 404


def test_a_studys_own_service_is_kept_sealed_and_takes_the_persons_part(cast: Cast, engine: Engine) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = f"/studies/{SLUG}/settings/channels"
    for wrong in ("", "wxpusher://AT_key/all", "json://127.0.0.1/{address}"):
        assert submit(cast.client, page, page, {"template": wrong}).status_code == 422
    assert submit(cast.client, page, page, {"template": "wxpusher://AT_secretkey/{address}"}).status_code == 303
    shown = words(cast.client.get(page))
    assert "wxpusher://…" in shown
    assert "AT_secretkey" not in shown
    with engine.connect() as connection:
        kept = str([tuple(row) for row in connection.execute(text("SELECT * FROM study_channel"))])
    assert "AT_secretkey" not in kept
    submit(cast.client, page, page, {"template": "", "remove": "yes"})
    assert "wxpusher://…" not in words(cast.client.get(page))


def test_the_study_sees_whom_it_can_reach(cast: Cast) -> None:
    reach(cast, "email", MAIL)
    sign_in(cast.client, "owner", PASSWORD)
    assert "找得到 1 人，共 2 人" in words(cast.client.get(f"/studies/{SLUG}/settings/channels"))
