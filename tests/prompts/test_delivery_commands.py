"""``xinlu prompts``, and what ``xinlu doctor`` says of reminders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.participants.models import Participant
from app.prompts.delivery import contacts
from app.prompts.schemas import ScheduleChange, ScheduleIn
from app.prompts.service import apply_schedule
from tests.support.databases import ScratchDatabase, only_on
from tests.support.listening import Mailbox, mail_server
from tests.support.program import xinlu
from tests.support.scene import Scene, set_scene

# A command is a process of its own, and asks the same of either database.
pytestmark = [only_on("sqlite"), pytest.mark.usefixtures("cheap_passwords")]
RULE = {"key": "evening", "name": "晚上", "when": {"kind": "daily", "at": ["20:00"]}}


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[Mailbox]:
    with mail_server(tmp_path) as box:
        yield box


@pytest.fixture
def env(database: ScratchDatabase, mail: Mailbox, tmp_path: Path) -> dict[str, str]:
    return {
        **database.env,
        "XINLU_SMTP_HOST": "localhost",
        "XINLU_SMTP_PORT": str(mail.port),
        "XINLU_SMTP_FROM": "diary@example.org",
        "XINLU_SMTP_PASSWORD": "hush-hush",
        "XINLU_SMS_URL": "https://sms.example.org/send",
        "XINLU_SMS_HEADERS": '{"Authorization": "Bearer top-secret"}',
        "SSL_CERT_FILE": str(tmp_path / "server.pem"),
    }


@pytest.fixture
def scene(database: ScratchDatabase, store: Database) -> Scene:
    return set_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))


def test_a_test_mail_says_what_became_of_it(env: dict[str, str], mail: Mailbox) -> None:
    assert xinlu("prompts", "test", "--channel", "email", "--to", "wang@example.org", env=env).stdout == "email: sent\n"
    assert len(mail.letters) == 1
    mail.say["RCPT"] = "550 nobody"
    refused = xinlu("prompts", "test", "--channel", "email", "--to", "wang@example.org", env=env, check=False)
    assert (refused.returncode, refused.stdout) == (1, "email: refused smtp_550\n")


def test_a_text_message_can_be_looked_at_before_it_is_sent(env: dict[str, str]) -> None:
    said = xinlu("prompts", "test", "--channel", "sms", "--to", "13800001234", "--dry-run", env=env).stdout
    assert said.startswith("POST https://sms.example.org/send\n")
    assert '"to": "13800001234"' in said
    assert "top-secret" not in said


@pytest.mark.parametrize(("channel", "to"), [("console", ""), ("pigeon", "x"), ("email", "nobody")])
def test_what_cannot_be_tried_is_said_in_a_line(env: dict[str, str], channel: str, to: str) -> None:
    refused = xinlu("prompts", "test", "--channel", channel, "--to", to, env=env, check=False)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert refused.stderr.startswith("xinlu: ")


def test_status_and_doctor_say_whether_anybody_can_be_reached(env: dict[str, str], scene: Scene) -> None:
    with scene.store.write() as session:
        given = ScheduleIn.model_validate({"active": True, "rules": [RULE]})
        apply_schedule(session, "user:test", scene.study_id, ScheduleChange(revision=0, schedule=given))
    assert "2 人，找得到 0 人" in xinlu("prompts", "status", env=env).stdout
    checked = xinlu("doctor", env=env, check=False).stdout
    assert "warn  implant / 提醒: 日程在运行，但一个人也找不到" in checked
    assert "hush-hush" not in checked
    assert "top-secret" not in checked
    with scene.store.write() as session:
        person = session.get_one(Participant, (scene.study_id, scene.people["P01"]))
        contacts.add_contact(session, scene.keyring, "x", person, "email", "wang@example.org", confirmed=True)
    assert "2 人，找得到 1 人 (邮箱 1)" in xinlu("prompts", "status", env=env).stdout
    assert "ok    implant / 提醒: 2 人里找得到 1 人" in xinlu("doctor", env=env, check=False).stdout
