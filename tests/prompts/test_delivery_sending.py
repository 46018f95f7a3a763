"""Sending what is due: to whom, by which way, once, and what is left when something breaks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.ids import uuid7
from app.core.settings import Settings
from app.jobs.context import WorkerContext
from app.participants import service as people
from app.participants.models import Participant
from app.prompts import personal, planner
from app.prompts.delivery import contacts, queries
from app.prompts.delivery.keys import AddressUnreadable, open_address, seal_address
from app.prompts.delivery.sending import Sender
from app.prompts.models import Prompt
from app.prompts.schemas import ScheduleChange, ScheduleIn
from app.prompts.service import apply_schedule
from tests.support.browser_subscription import BrowserSubscription
from tests.support.databases import ScratchDatabase
from tests.support.listening import Answer, Listener, Mailbox, listening, mail_server
from tests.support.scene import Scene, set_scene

NUMBER, MAIL = "13800001234", "wang.secret@example.org"


@dataclass
class Post:
    """A scene with its servers, and the settings that lead to them."""

    scene: Scene
    settings: Settings
    push: Listener
    sms: Listener
    mail: Mailbox
    browsers: dict[str, BrowserSubscription] = field(default_factory=dict)

    def sender(self, *, database: Any = None, **changes: object) -> Sender:
        """Return the sender of a process; ``changes`` are settings."""
        given = Settings.model_validate({**self.settings.model_dump(), **changes})
        return Sender(WorkerContext(given, database or self.scene.store, self.scene.keyring, Event()))

    def person(self, code: str = "P01") -> Participant:
        with self.scene.store.read() as session:
            return session.get_one(Participant, (self.scene.study_id, self.scene.people[code]))

    def reach(self, channel: str, address: str, code: str = "P01") -> UUID:
        """Let the person be reached by ``address``, after their other ways."""
        with self.scene.store.write() as session:
            person = session.get_one(Participant, (self.scene.study_id, self.scene.people[code]))
            return contacts.add_contact(
                session, self.scene.keyring, "user:test", person, channel, address, confirmed=True
            ).id

    def reach_browser(self, code: str = "P01", *, host: str | None = None) -> UUID:
        name = f"{code}{len(self.browsers)}"
        browser = BrowserSubscription(f"http://{host or self.push.host}/push/{name}")
        self.browsers[name] = browser
        return self.reach("webpush", json.dumps(browser.given), code)

    def due(self, code: str = "P01") -> UUID:
        """Put a prompt into the ledger that is due now."""
        with self.scene.store.write() as session:
            return personal.nudge(session, "user:test", self.scene.study_id, self.scene.people[code]).id

    def prompt(self, prompt_id: UUID) -> Prompt:
        with self.scene.store.read() as session:
            return session.get_one(Prompt, (self.scene.study_id, prompt_id))


@pytest.fixture
def post(
    settings: Settings,
    database: ScratchDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cheap_passwords: None,
) -> Iterator[Post]:
    with listening() as push, listening() as sms, mail_server(tmp_path) as mail:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        given = settings.model_copy(
            update={
                "internal_hosts": f"{push.host},{sms.host},127.0.0.1:1",
                "smtp_host": "localhost",
                "smtp_port": mail.port,
                "smtp_from": "diary@example.org",
                "sms_url": f"http://{sms.host}/send",
            }
        )
        store = Database(database.address)
        try:
            yield Post(set_scene(store, Keyring(b"k" * 32)), given, push, sms, mail)
        finally:
            store.close()


def test_a_due_prompt_goes_out_once_with_kind_words_and_a_link(post: Post) -> None:
    post.reach_browser()
    prompt_id = post.due()
    assert post.sender().send_due() == 1
    assert post.sender().send_due() == 0
    (request,) = post.push.got
    opened = post.browsers["P010"].open(request.body)
    assert opened["body"] == "今天过得怎么样？写一两句就好。"
    assert opened["url"] == f"{post.settings.public_address}/d/p/{prompt_id}"
    prompt = post.prompt(prompt_id)
    assert (prompt.state, prompt.channel) == ("sent", "webpush")


def test_the_studys_own_words_are_said(post: Post) -> None:
    rule = {
        "key": "evening",
        "name": "晚上",
        "when": {"kind": "daily", "at": ["20:00"]},
        "words": "晚饭后，记一句今天的牙。",
    }
    with post.scene.store.write() as session:
        given = ScheduleIn.model_validate({"active": True, "rules": [rule]})
        apply_schedule(session, "user:test", post.scene.study_id, ScheduleChange(revision=0, schedule=given))
    post.reach("sms", NUMBER)
    with post.scene.store.write() as session:
        planner.plan_newcomers(session, post.scene.study_id, clock.now())
    # 20:30 in Shanghai tomorrow: what the rule asks for at 20:00 is due.
    with clock.frozen_at((datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=30)):
        post.sender().send_due()
    assert "晚饭后，记一句今天的牙。" in json.loads(post.sms.got[-1].body)["text"]


def test_every_browser_of_a_person_is_told(post: Post) -> None:
    post.reach_browser()
    post.reach_browser()
    post.due()
    post.sender().send_due()
    assert sorted(one.path for one in post.push.got) == ["/push/P010", "/push/P011"]


def test_a_browser_that_is_gone_is_not_asked_again_and_the_next_way_is_taken(post: Post) -> None:
    gone = post.reach_browser()
    post.reach("email", MAIL)
    post.push.answer = lambda _request: Answer(410)
    first = post.due()
    post.sender().send_due()
    assert [to[8:] for to, _ in post.mail.letters] == [f"<{MAIL}>"]
    assert (post.prompt(first).state, post.prompt(first).channel) == ("sent", "email")
    with post.scene.store.read() as session:
        contact = queries.contact(session, post.scene.study_id, post.scene.people["P01"], gone)
        assert contact is not None
        assert contact.disabled_because == "http_410"
    with clock.frozen_at(datetime.now(UTC) + timedelta(hours=2)):
        post.due()
        post.sender().send_due()
    assert len(post.push.got) == 1
    assert len(post.mail.letters) == 2


@pytest.mark.parametrize("first", ["unreachable", "refusing"])
def test_the_next_way_is_taken_when_one_surely_did_not(post: Post, first: str) -> None:
    post.push.answer = lambda _request: Answer(403)
    post.reach_browser(host="127.0.0.1:1" if first == "unreachable" else None)
    post.reach("sms", NUMBER)
    prompt_id = post.due()
    post.sender().send_due()
    assert len(post.sms.got) == 1
    assert (post.prompt(prompt_id).state, post.prompt(prompt_id).channel) == ("sent", "sms")


def test_the_order_is_the_persons(post: Post) -> None:
    post.reach("sms", NUMBER)
    mail = post.reach("email", MAIL)
    with post.scene.store.write() as session:
        contact = queries.contact(session, post.scene.study_id, post.scene.people["P01"], mail)
        assert contact is not None
        contacts.prefer_contact(session, contact)
    post.due()
    post.sender().send_due()
    assert (len(post.mail.letters), len(post.sms.got)) == (1, 0)


def test_a_push_service_that_asks_to_wait_is_asked_again_then_and_no_other_way_taken(post: Post) -> None:
    post.reach_browser()
    post.reach("email", MAIL)
    post.push.answer = lambda _request: Answer(429, headers={"Retry-After": "120"})
    prompt_id = post.due()
    began = datetime.now(UTC)
    sender = post.sender()
    sender.send_due()
    prompt = post.prompt(prompt_id)
    assert prompt.state == "planned"
    assert began + timedelta(seconds=119) <= prompt.due_at <= datetime.now(UTC) + timedelta(seconds=121)
    assert sender.send_due() == 0
    post.push.answer = lambda _request: Answer(201)
    with clock.frozen_at(datetime.now(UTC) + timedelta(seconds=130)):
        sender.send_due()
    assert (len(post.push.got), len(post.mail.letters)) == (2, 0)
    assert post.prompt(prompt_id).state == "sent"


def test_an_answer_that_never_comes_within_its_time_ends_as_failed(post: Post) -> None:
    post.reach("email", MAIL)
    post.mail.say["RCPT"] = "450 come again"
    prompt_id = post.due()
    expires = post.prompt(prompt_id).expires_at
    with clock.frozen_at(expires - timedelta(seconds=5)):
        post.sender().send_due()
    assert (post.prompt(prompt_id).state, post.prompt(prompt_id).reason) == ("failed", "smtp_450")


def test_a_person_without_an_address_is_seen_in_the_ledger(post: Post) -> None:
    prompt_id = post.due()
    post.sender().send_due()
    assert (post.prompt(prompt_id).state, post.prompt(prompt_id).reason) == ("failed", "no_address")


def test_an_address_that_was_not_confirmed_gets_nothing(post: Post) -> None:
    with post.scene.store.write() as session:
        person = session.get_one(Participant, (post.scene.study_id, post.scene.people["P01"]))
        contacts.add_contact(session, post.scene.keyring, "x", person, "email", MAIL, confirmed=False)
    post.due()
    post.sender().send_due()
    assert post.mail.letters == []


@pytest.mark.parametrize("state", ["withdrawn", "consent taken back", "paused"])
def test_nobody_is_written_to_who_must_not_be(post: Post, state: str) -> None:
    post.reach("sms", NUMBER)
    prompt_id = post.due()
    with post.scene.store.write() as session:
        person = session.get_one(Participant, (post.scene.study_id, post.scene.people["P01"]))
        if state == "withdrawn":
            people.withdraw(session, "user:test", person)
        elif state == "paused":
            personal.pause(session, "user:test", person.study_id, person.id, None)
        else:
            people.withdraw_purpose(session, "user:test", person, "diary")
    post.sender().send_due()
    assert post.sms.got == []
    assert post.prompt(prompt_id).state in ("cancelled", "skipped")


def test_who_leaves_between_the_claim_and_the_sending_gets_nothing(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.reach("sms", NUMBER)
    prompt_id = post.due()
    prepared = Sender._prepared

    def leave(sender: Sender, session: Any, due: Any) -> Any:
        with post.scene.store.write() as other:
            person = other.get_one(Participant, (post.scene.study_id, post.scene.people["P01"]))
            people.withdraw(other, "user:test", person)
        return prepared(sender, session, due)

    monkeypatch.setattr(Sender, "_prepared", leave)
    post.sender().send_due()
    assert post.sms.got == []
    assert post.prompt(prompt_id).state == "cancelled"


def test_two_senders_share_out_what_is_due(post: Post) -> None:
    codes = [f"Q{number:02d}" for number in range(24)]
    for code in codes:
        post.scene.add_patient(code)
        post.reach("sms", f"138{number_of(code):08d}", code)
        post.due(code)
    senders = [post.sender(worker_name=name, sms_success=None) for name in ("one", "two")]
    threads = [Thread(target=sender.send_due) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [json.loads(one.body)["to"] for one in post.sms.got]
    assert sorted(told) == sorted(f"138{number_of(code):08d}" for code in codes)


def number_of(code: str) -> int:
    return int(code[1:])


def test_more_than_the_rate_waits(post: Post) -> None:
    for number in range(4):
        post.scene.add_patient(f"Q{number:02d}")
        post.reach("sms", f"138{number:08d}", f"Q{number:02d}")
        post.due(f"Q{number:02d}")
    post.sender(send_rates="sms=3").send_due()
    assert len(post.sms.got) == 3


def test_what_cannot_be_marked_at_once_is_marked_before_anything_else(post: Post) -> None:
    post.reach("sms", NUMBER)
    prompt_id = post.due()
    store = post.scene.store

    class Flaky:
        """A database that takes the claim and the beginning, and then fails once."""

        writes = 0

        def read(self) -> Any:
            return store.read()

        def write(self) -> Any:
            self.writes += 1
            if self.writes == 3:
                raise OperationalError("UPDATE", {}, Exception("database is locked"))
            return store.write()

    sender = post.sender(database=Flaky())
    sender.send_due()
    assert post.prompt(prompt_id).state == "sent"
    assert len(post.sms.got) == 1


def test_a_channel_that_breaks_leaves_it_uncertain_and_is_not_asked_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError(f"cannot send to {NUMBER}")

    monkeypatch.setattr("app.prompts.delivery.gateway.SmsChannel.send", broken)
    post.reach("sms", NUMBER)
    prompt_id = post.due()
    sender = post.sender()
    sender.send_due()
    sender.send_due()
    assert (post.prompt(prompt_id).state, post.prompt(prompt_id).attempts) == ("uncertain", 1)


def test_what_a_dead_worker_had_begun_is_repeated_by_the_same_way_alone(post: Post) -> None:
    post.reach("email", MAIL)
    post.reach_browser()
    prompt_id = post.due()
    with post.scene.store.write() as session:
        prompt = session.get_one(Prompt, (post.scene.study_id, prompt_id))
        # As the ledger leaves it when a worker died over a push.
        prompt.channel, prompt.repeatable, prompt.reason = "webpush", True, "worker_died"
    post.sender().send_due()
    assert (len(post.push.got), len(post.mail.letters)) == (1, 0)
    assert post.prompt(prompt_id).state == "sent"


def test_what_a_dead_worker_had_begun_on_a_way_that_is_no_more_stays_uncertain(post: Post) -> None:
    post.reach("email", MAIL)
    prompt_id = post.due()
    with post.scene.store.write() as session:
        prompt = session.get_one(Prompt, (post.scene.study_id, prompt_id))
        prompt.channel, prompt.repeatable = "webpush", True
    post.sender().send_due()
    assert post.mail.letters == []
    assert post.prompt(prompt_id).state == "uncertain"


def test_neither_log_nor_database_holds_an_address_in_plain(
    post: Post, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = post.reach_browser()
    post.reach("email", MAIL)
    post.reach("sms", NUMBER)
    post.push.answer = lambda _request: Answer(410)
    post.mail.say["RCPT"] = f"550 no {MAIL} here"
    post.due()
    post.sender().send_due()
    assert len(post.sms.got) == 1
    said = "".join(capsys.readouterr())
    assert "reminder" in said
    with engine.connect() as connection:
        kept = " ".join(
            str(tuple(row))
            for table in ("contact", "prompt", "audit_event")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        )
    for secret in (MAIL, NUMBER, post.browsers["P010"].endpoint, post.browsers["P010"].given["auth"]):
        assert secret not in said
        assert secret not in kept
    assert str(browser) in kept or browser.hex in kept


def test_the_console_of_development_tells_no_words(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    prompt_id = post.due()
    post.sender(channels="console").send_due()
    said = "".join(capsys.readouterr())
    assert str(prompt_id) in said
    assert "今天过得怎么样" not in said
    assert post.prompt(prompt_id).state == "sent"


def test_addresses_go_with_their_person(post: Post, engine: Engine) -> None:
    post.reach("email", MAIL)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = ON")) if engine.dialect.name == "sqlite" else None
        connection.execute(text("DELETE FROM participant WHERE code = 'P01'"))
        assert connection.execute(text("SELECT count(*) FROM contact")).scalar() == 0


def test_an_address_opens_under_its_own_study_and_secret_only(post: Post) -> None:
    study, other = uuid7(), uuid7()
    sealed = seal_address(post.scene.keyring, study, MAIL)
    assert open_address(post.scene.keyring, study, sealed) == MAIL
    for keyring, place in ((post.scene.keyring, other), (Keyring(b"x" * 32), study)):
        with pytest.raises(AddressUnreadable):
            open_address(keyring, place, sealed)
