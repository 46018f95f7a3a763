"""One archive holds everything of one person and nothing of anybody else, and its receipts verify with the key inside."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.core import clock
from app.core.crypto import verify
from app.core.db import Base
from app.diary.models import Attachment, AttachmentContent
from app.exchange.belongings import NOT_TOLD, TOLD_APART
from app.participants import relation
from app.participants.relation import EventGiven, MeasureGiven
from tests.support.browser import OpenPage
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.phone import Phone, words
from tests.support.program import xinlu
from tests.support.scene import SLUG
from tests.support.staff import submit

FIRST, SECOND, OTHERS = "第一版写的独一无二的话", "改过以后的另一句话", "别人写的话"
JPEG = b"\xff\xd8\xff\xe0 not really a photo"


@pytest.fixture
def entry_id(cast: Cast) -> UUID:
    """An edited entry with a photo of P01, read by the owner; P02 has written as well."""
    made = uuid4()
    etag = cast.put(cast.entry(FIRST), made).headers["etag"]
    assert cast.put(cast.entry(SECOND), made, if_match=etag).status_code == 200
    assert cast.put(cast.entry(OTHERS, participant="P02")).status_code == 201
    assert cast.get(f"/entries/{made}").status_code == 200
    moment, photo = clock.now(), uuid4()
    with cast.app.state.database.write() as session:
        session.add(
            Attachment(
                study_id=cast.study_id,
                id=photo,
                entry_id=made,
                participant_id=cast.people["P01"],
                kind="photo",
                media_type="image/jpeg",
                size=len(JPEG),
                width=1,
                height=1,
                sent_digest="0" * 64,
                recorded_at=moment,
                received_at=moment,
                signature="-",
            )
        )
        session.flush()
        session.add(AttachmentContent(study_id=cast.study_id, attachment_id=photo, content=JPEG))
    return made


def phone_of(cast: Cast, code: str = "P01") -> Phone:
    cast.client.cookies.clear()
    phone = Phone(cast.client)
    if phone.open(cast.links[code].token).headers["location"] == "/d/consent":
        assert phone.agree("diary").status_code == 303
    return phone


def archive_of(phone: Phone) -> zipfile.ZipFile:
    answer = submit(phone.client, "/d/takeaway", "/d/takeaway", {})
    assert answer.status_code == 200, words(answer)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def content_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    return dict(json.loads(archive.read("data.json")))


def test_it_holds_every_version_with_receipts_that_verify(cast: Cast, entry_id: UUID) -> None:
    content = content_of(archive_of(phone_of(cast)))
    (entry,) = content["entries"]
    assert (entry["id"], entry["answers"]["feeling"]) == (str(entry_id), SECOND)
    assert [one["content"]["answers"]["feeling"] for one in entry["earlier"]] == [FIRST]
    assert [one["text"] for one in entry["statements"]] == [FIRST, SECOND]
    assert all(one["scores"] for one in entry["statements"])
    assert [one["version"] for one in entry["receipts"]] == [1, 2]
    key = content["receipt_key"]["public_key"]
    for one in entry["receipts"]:
        signed = f"{one['id']}|{one['digest']}|{one['received_at']}".encode()
        assert verify(key, signed, one["signature"])
        assert not verify(key, signed + b"x", one["signature"])


def test_it_holds_consents_readers_log_and_files(cast: Cast, entry_id: UUID) -> None:
    archive = archive_of(phone_of(cast))
    content = content_of(archive)
    assert {one["method"] for one in content["consents"]} == {"paper", "person"}
    assert content["consent_texts"][0]["introduction"]
    assert [(one["role"], one["entries"]) for one in content["read_by"]] == [("program", 1)]
    assert {"entry.create", "entry.edit", "participant.enrolled"} <= {one["action"] for one in content["log"]}
    assert {one["by"] for one in content["log"]} == {"you", "team", "program"}
    (name,) = [name for name in archive.namelist() if name.startswith("attachments/")]
    assert archive.read(name) == JPEG
    assert name == content["entries"][0]["attachments"][0]["file"]
    assert "Ed25519" in archive.read("README.txt").decode()


def test_it_holds_what_the_organisation_recorded_of_the_person(cast: Cast, entry_id: UUID) -> None:
    with cast.store.write() as session:
        for code, label in (("P01", "我做过的事"), ("P02", "别人做过的事")):
            given = EventGiven(cast.people[code], "visit", date(2026, 1, 5), label)
            relation.record_events(session, f"import:user:{cast.user_ids['owner']}", cast.study_id, [given])
        relation.define_measure(session, "user:x", cast.study_id, MeasureGiven("nps", "推荐意愿"))
        relation.set_outcomes(session, "user:x", cast.study_id, "nps", {cast.people["P01"]: 9, cast.people["P02"]: 3})
    archive = archive_of(phone_of(cast))
    kept = content_of(archive)["relation"]
    assert [(one["label"], one["recorded_by"]) for one in kept["events"]] == [("我做过的事", "team")]
    assert [(one["name"], one["value"]) for one in kept["outcomes"]] == [("推荐意愿", 9)]
    page = archive.read("index.html").decode()
    assert "机构记下的您的事" in page
    assert "我做过的事" in page
    everything = page + archive.read("data.json").decode()
    assert "别人做过的事" not in everything
    assert str(cast.user_ids["owner"]) not in everything


def test_nothing_of_others_and_no_secret_is_in_it(cast: Cast, entry_id: UUID) -> None:
    archive = archive_of(phone_of(cast))
    everything = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    assert OTHERS not in everything
    assert "P02" not in everything
    assert str(cast.people["P02"]) not in everything
    for staff in cast.user_ids.values():
        assert str(staff) not in everything
    assert cast.links["P01"].token not in everything
    assert cast.keyring.token_hash(cast.links["P01"].token) not in everything


def test_the_page_reads_on_its_own_in_a_browser(
    cast: Cast, entry_id: UUID, tmp_path: Path, open_page: OpenPage
) -> None:
    archive_of(phone_of(cast)).extractall(tmp_path)
    page = open_page("phone", scripts=False)
    page.goto((tmp_path / "index.html").as_uri())
    said = page.inner_text("main")
    assert SECOND in said
    assert FIRST in (page.text_content("main") or "")
    assert "我的日记" in said
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    html = (tmp_path / "index.html").read_text()
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")


def test_an_empty_diary_makes_an_archive_too(cast: Cast) -> None:
    archive = archive_of(phone_of(cast, "P02"))
    assert content_of(archive)["entries"] == []
    assert "还没有写过" in archive.read("index.html").decode()


def test_it_is_asked_for_by_post_and_not_too_often(cast: Cast, entry_id: UUID) -> None:
    phone = phone_of(cast)
    assert "存成一个文件" in words(phone.client.get("/d/takeaway"))
    assert phone.client.post("/d/takeaway").status_code == 403
    for _time in range(4):
        archive_of(phone)
    assert submit(phone.client, "/d/takeaway", "/d/takeaway", {}).status_code == 429
    archive_of(phone_of(cast, "P02"))


def test_it_stands_in_the_log(cast: Cast, entry_id: UUID) -> None:
    archive_of(phone_of(cast))
    with cast.store.read() as session:
        taken = session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.taken_away")).one()
    assert (taken.actor, taken.subject_id) == (f"participant:{cast.people['P01']}", cast.people["P01"])


def test_who_has_left_can_still_take_it(cast: Cast, entry_id: UUID) -> None:
    phone = phone_of(cast)
    submit(phone.client, "/d/consent", "/d/withdraw", {})
    assert content_of(archive_of(phone))["person"]["withdrawn_at"]


def test_the_command_writes_the_same_for_staff(
    cast: Cast, entry_id: UUID, database: ScratchDatabase, tmp_path: Path
) -> None:
    target = tmp_path / "P01.zip"
    done = xinlu("takeaway", SLUG, "P01", "-o", str(target), env=cast_env(database))
    assert "P01" in done.stdout
    assert target.stat().st_mode & 0o077 == 0
    content = content_of(zipfile.ZipFile(target))
    assert content["entries"][0]["answers"]["feeling"] == SECOND
    again = xinlu("takeaway", SLUG, "P01", "-o", str(target), env=cast_env(database), check=False)
    assert (again.returncode, "写不了这个文件" in again.stderr) == (1, True)
    nobody = xinlu("takeaway", SLUG, "P99", "-o", str(tmp_path / "x.zip"), env=cast_env(database), check=False)
    assert nobody.returncode == 1
    assert not (tmp_path / "x.zip").exists()


def cast_env(database: ScratchDatabase) -> dict[str, str]:
    return database.env


def test_every_table_that_names_a_person_is_in_it() -> None:
    """A room that is added later is taken along by itself; what is told apart must be a table that is there."""
    naming = {name for name, table in Base.metadata.tables.items() if "participant_id" in table.columns}
    assert naming | {"participant"} >= TOLD_APART
    for name in naming - TOLD_APART:
        told = {column.name for column in Base.metadata.tables[name].columns} - NOT_TOLD
        assert told, name
        assert not [one for one in told if "hash" in one or "secret" in one or "sealed" in one], name
