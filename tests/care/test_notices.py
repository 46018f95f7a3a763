"""Mail to a study's addresses when somebody is to be followed up: once each, never why, and never to no avail unsaid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.care import notices
from app.care.alert_models import Alert, FollowUp
from app.care.follow_ups import log_contact
from app.care.notice_models import CareNotice
from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.settings import Settings
from app.jobs.context import WorkerContext
from app.participants import consents
from app.participants.models import Participant
from app.participants.sight import everyone
from app.studies.models import Study
from tests.support.listening import Mailbox, mail_server
from tests.support.scene import SLUG, Scene, set_scene

NURSE, DOCTOR = "nurse@clinic.example.org", "doctor@clinic.example.org"
MORNING = datetime(2026, 3, 13, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Clinic:
    """A scene whose team wants to be written to, its mail server, and the settings that lead there."""

    scene: Scene
    settings: Settings
    mail: Mailbox
    now: datetime = MORNING
    ids: dict[str, UUID] = field(default_factory=dict)

    def rules(self, *addresses: str, watching: bool = True) -> None:
        with self.scene.store.write() as session:
            study = session.get_one(Study, self.scene.study_id)
            study.care = {"notices": list(addresses), "watching": watching}
            study.protocol_revision += 1

    def open(self, code: str = "P01", *, urgent: bool = False, hours: int = 24) -> UUID:
        follow_up_id = uuid4()
        whose = {"study_id": self.scene.study_id, "participant_id": self.scene.people[code]}
        opened = FollowUp(
            **whose,
            id=follow_up_id,
            state="open",
            urgent=urgent,
            opened_at=self.now,
            due_at=self.now + hours * HOUR,
            version=1,
        )
        with self.scene.store.write() as session:
            session.add(opened)
            session.flush()
            self.alert(session, follow_up_id, whose)
        return follow_up_id

    def alert(self, session: Session, follow_up_id: UUID, whose: dict[str, UUID]) -> None:
        raised = {"kind": "silent", "key": str(uuid4()), "occurred_at": self.now, "raised_at": self.now}
        session.add(Alert(**whose, id=uuid4(), follow_up_id=follow_up_id, **raised))

    def reach(self, follow_up_id: UUID) -> None:
        """Let the owner reach the person."""
        owner = StaffActor(self.scene.user_ids["owner"], "owner", "Owner", False)
        study_id = self.scene.study_id
        with clock.frozen_at(self.now), self.scene.store.write() as session:
            study = session.get_one(Study, study_id)
            log_contact(
                session,
                owner,
                study,
                everyone(study_id),
                follow_up_id,
                uuid4(),
                way="phone",
                reached=True,
                version=None,
            )

    def change(self, follow_up_id: UUID, **values: object) -> None:
        with self.scene.store.write() as session:
            row = session.get_one(FollowUp, (self.scene.study_id, follow_up_id))
            for name, value in values.items():
                setattr(row, name, value)

    def context(self, **changes: object) -> WorkerContext:
        given = Settings.model_validate({**self.settings.model_dump(), **changes})
        return WorkerContext(given, self.scene.store, self.scene.keyring, Event())

    def tell(self, *, later: timedelta = timedelta(), **changes: object) -> None:
        self.now += later
        with clock.frozen_at(self.now):
            notices.tell(self.context(**changes))

    def letters(self) -> list[tuple[str, str, str]]:
        """Return address, subject and words of what was taken."""
        found = []
        for to, body in self.mail.letters:
            letter = message_from_bytes(body, policy=policy.default)
            found.append((to[9:-1], str(letter["Subject"]), letter.get_content()))
        return found

    def subjects(self) -> list[str]:
        return [subject for _, subject, _ in self.letters()]

    def rows(self) -> list[tuple[str, str]]:
        with self.scene.store.read() as session:
            found = session.scalars(select(CareNotice).order_by(CareNotice.wanted_at, CareNotice.id))
            return [(one.occasion, one.state) for one in found]


@pytest.fixture
def clinic(
    settings: Settings, store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheap_passwords: None
) -> Iterator[Clinic]:
    with mail_server(tmp_path) as mail:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        smtp = {"smtp_host": "localhost", "smtp_port": mail.port, "smtp_from": "diary@example.org"}
        scene = set_scene(store, Keyring(b"k" * 32))
        with store.write() as session:
            person = session.get_one(Participant, (scene.study_id, scene.people["P01"]))
            consents.give_consent(session, "user:test", person, ["diary", "care"], version=1, method="paper")
        made = Clinic(scene, settings.model_copy(update=smtp), mail)
        made.rules(NURSE)
        yield made


def test_an_opened_follow_up_is_told_of_once(clinic: Clinic) -> None:
    follow_up_id = clinic.open()
    clinic.tell()
    clinic.tell(later=HOUR)
    ((address, subject, words),) = clinic.letters()
    assert (address, subject) == (NURSE, "一位参与者需要回访（P01，24 小时内）")
    assert f"/studies/{SLUG}/care/{follow_up_id}" in words
    assert "信里没有日记的内容" in words
    assert clinic.rows() == [("opened", "sent")]


def test_each_address_is_written_to(clinic: Clinic) -> None:
    clinic.rules(NURSE, DOCTOR)
    clinic.open()
    clinic.tell()
    assert sorted(address for address, *_ in clinic.letters()) == [DOCTOR, NURSE]


def test_becoming_urgent_and_being_late_are_told_once_each(clinic: Clinic) -> None:
    follow_up_id = clinic.open()
    clinic.tell()
    clinic.change(follow_up_id, urgent=True, due_at=clinic.now + 2 * HOUR)
    clinic.tell()
    clinic.tell(later=HOUR)
    clinic.tell(later=HOUR)
    clinic.tell(later=HOUR)
    assert clinic.subjects() == [
        "一位参与者需要回访（P01，24 小时内）",
        "请尽快看：一位参与者需要回访（P01，2 小时内）",
        "过了时间，还没有人联系：P01",
    ]


def test_one_that_becomes_urgent_when_it_is_late_already_is_told_of_again(clinic: Clinic) -> None:
    follow_up_id = clinic.open(hours=2)
    clinic.tell(later=3 * HOUR)
    clinic.change(follow_up_id, urgent=True)
    clinic.tell(later=HOUR)
    clinic.tell(later=HOUR)
    assert clinic.subjects() == ["过了时间，还没有人联系：P01", "请尽快看：一位参与者需要回访（P01，1 小时内）"]


def test_what_nobody_could_be_told_of_in_time_is_told_of_once(clinic: Clinic) -> None:
    clinic.open(urgent=True, hours=2)
    clinic.tell(later=3 * HOUR)
    clinic.tell(later=HOUR)
    assert clinic.subjects() == ["过了时间，还没有人联系：P01"]


def test_once_somebody_was_reached_it_is_not_late(clinic: Clinic) -> None:
    follow_up_id = clinic.open()
    clinic.tell()
    clinic.reach(follow_up_id)
    clinic.tell(later=30 * HOUR)
    assert len(clinic.letters()) == 1


def test_one_that_is_urgent_from_the_start_is_told_of_once(clinic: Clinic) -> None:
    clinic.open(urgent=True, hours=2)
    clinic.tell()
    clinic.tell(later=HOUR)
    assert clinic.subjects() == ["请尽快看：一位参与者需要回访（P01，2 小时内）"]


def test_who_did_not_agree_to_be_seen_by_care_staff_is_not_named(clinic: Clinic) -> None:
    clinic.open("P02")
    clinic.tell()
    ((_, subject, words),) = clinic.letters()
    assert subject == "一位参与者需要回访（24 小时内）"
    assert "P02" not in words


@pytest.mark.parametrize("seen_to", ["reached", "closed"])
def test_nobody_hears_of_what_is_seen_to_already(clinic: Clinic, seen_to: str) -> None:
    clinic.mail.say["MAIL"] = "451 later"
    follow_up_id = clinic.open()
    clinic.tell()
    if seen_to == "reached":
        clinic.reach(follow_up_id)
    else:
        clinic.change(follow_up_id, state="closed", closed_at=clinic.now, outcome="no_need")
    clinic.mail.say.clear()
    clinic.tell(later=30 * HOUR)
    assert (clinic.letters(), clinic.rows()) == ([], [("opened", "dropped")])


def test_what_the_mail_server_puts_off_is_tried_again(clinic: Clinic) -> None:
    clinic.mail.say["RCPT"] = "451 later"
    clinic.open()
    clinic.tell()
    clinic.tell()
    assert clinic.rows() == [("opened", "waiting")]
    clinic.mail.say.clear()
    clinic.tell(later=HOUR)
    assert (len(clinic.letters()), clinic.rows()) == (1, [("opened", "sent")])


def test_after_a_bad_day_only_the_gravest_is_told(clinic: Clinic) -> None:
    clinic.mail.say["RCPT"] = "451 later"
    clinic.open(hours=2)
    clinic.tell()
    clinic.tell(later=3 * HOUR)
    clinic.mail.say.clear()
    clinic.tell(later=2 * HOUR)
    assert clinic.subjects() == ["过了时间，还没有人联系：P01"]
    assert sorted(clinic.rows()) == [("late", "sent"), ("opened", "dropped")]


def test_what_cannot_be_sent_for_a_day_is_given_up(clinic: Clinic) -> None:
    clinic.mail.say["RCPT"] = "451 later"
    clinic.open(hours=100)
    clinic.tell()
    clinic.tell(later=25 * HOUR)
    assert clinic.rows() == [("opened", "failed")]


def test_an_address_that_is_refused_fails_at_once(clinic: Clinic) -> None:
    clinic.mail.say["RCPT"] = "550 nobody here"
    clinic.open()
    clinic.tell()
    assert clinic.rows() == [("opened", "failed")]


def test_what_a_worker_died_in_is_not_sent_again(clinic: Clinic) -> None:
    clinic.open()
    with clinic.scene.store.write() as session:
        notices.want(session, clinic.now)
    with clinic.scene.store.write() as session:
        assert notices.claim(session, clinic.now, "worker-that-dies") is not None
    clinic.tell()
    assert clinic.rows() == [("opened", "sending")]
    clinic.tell(later=HOUR)
    assert (clinic.letters(), clinic.rows()) == ([], [("opened", "uncertain")])


def test_a_notice_goes_to_one_of_two_workers(clinic: Clinic) -> None:
    clinic.open()
    with clinic.scene.store.write() as session:
        notices.want(session, clinic.now)
        notices.want(session, clinic.now)
    with clinic.scene.store.write() as session:
        first = notices.claim(session, clinic.now, "one")
    with clinic.scene.store.write() as session:
        assert first is not None
        assert notices.claim(session, clinic.now, "two") is None


def test_two_workers_put_the_same_notice_down_once(clinic: Clinic) -> None:
    clinic.open()
    with clinic.scene.store.read() as session:
        seen_by_the_other = notices.wanted(session, clinic.now)
    clinic.tell()
    with clinic.scene.store.write() as session:
        notices.put(session, seen_by_the_other)
    clinic.tell()
    assert len(clinic.letters()) == 1


@pytest.mark.parametrize("rules", [{"watching": False}, {}])
def test_a_study_that_does_not_want_it_is_not_written_to(clinic: Clinic, rules: dict[str, bool]) -> None:
    clinic.rules(*([NURSE] if rules else []), **rules)
    clinic.open()
    clinic.tell()
    assert (clinic.letters(), clinic.rows()) == ([], [])


def test_without_a_mail_server_the_log_tells_a_developer(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.open()
    clinic.tell(smtp_host=None)
    assert clinic.rows() == [("opened", "waiting")]
    clinic.tell(smtp_host=None, channels="console")
    assert clinic.rows() == [("opened", "sent")]
    assert f"/studies/{SLUG}/care/" in capsys.readouterr().out
