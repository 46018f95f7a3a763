"""What is kept of being followed up: taken along by its person, gone when they are erased, and looked at by the doctor."""

import io
import json
import zipfile
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, func, select

from app.care.alert_models import Alert, CareContact, FollowUp
from app.care.follow_ups import log_contact
from app.care.notice_models import CareNotice
from app.core import clock
from app.core.ids import uuid7
from app.core.scrubbing import scrub
from app.exchange.checkup import check
from app.participants.erasure import erase_person
from app.participants.sight import everyone
from app.studies.models import Study
from tests.care.care_site import HARM, HOUR, actor, all_follow_ups, do_jobs, set_rules, write
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, holding, only_on
from tests.support.phone import Phone
from tests.support.program import xinlu
from tests.support.scene import SLUG
from tests.support.staff import submit

NOTE, DOCTOR = "金丝雀：她说女儿今晚来陪", "只此一位的周医生"
OTHERS = "另一位的话：老伴在家"
NURSE = "nurse@clinic.example.org"


@pytest.fixture
def called(cast: Cast) -> Cast:
    """P01 and P02 wrote what is of concern, and were called; a mail about P01 is down."""
    for code, note, passed_to in (("P01", NOTE, DOCTOR), ("P02", OTHERS, "")):
        write(cast, HARM, code=code, mood=1)
        do_jobs(cast)
        with cast.store.write() as session:
            study = session.get_one(Study, cast.study_id)
            found = session.scalars(select(FollowUp).where(FollowUp.participant_id == cast.people[code])).one()
            everybody = everyone(cast.study_id)
            log_contact(
                session, actor(cast), study, everybody, found.id, uuid7(), way="phone", reached=True, note=note,
                passed_to=passed_to,
            )  # fmt: skip
    with cast.store.write() as session:
        session.add(notice(cast, follow_up_of(cast, "P01"), "sent"))
    return cast


def follow_up_of(cast: Cast, code: str) -> UUID:
    return next(one.id for one in all_follow_ups(cast) if one.participant_id == cast.people[code])


def notice(cast: Cast, follow_up_id: UUID, state: str, *, age: timedelta = timedelta()) -> CareNotice:
    at = clock.now() - age
    return CareNotice(
        study_id=cast.study_id,
        id=uuid7(),
        follow_up_id=follow_up_id,
        occasion="late",
        address=NURSE,
        state=state,
        wanted_at=at,
        try_at=at,
        attempts=1,
    )


def archive_of(cast: Cast, code: str) -> zipfile.ZipFile:
    cast.client.cookies.clear()
    phone = Phone(cast.client)
    if phone.open(cast.links[code].token).headers["location"] == "/d/consent":
        assert phone.agree("diary").status_code == 303
    return zipfile.ZipFile(io.BytesIO(submit(phone.client, "/d/takeaway", "/d/takeaway", {}).content))


def test_a_person_takes_along_why_they_were_called_and_what_was_written_down(called: Cast) -> None:
    archive = archive_of(called, "P01")
    page, text = archive.read("index.html").decode(), archive.read("data.json").decode()
    (one,) = json.loads(text)["care"]
    assert sorted(alert["kind"] for alert in one["alerts"]) == ["low", "self_harm"]
    assert [(contact["note"], contact["passed_to"], contact["reached"]) for contact in one["contacts"]] == [
        (NOTE, DOCTOR, True)
    ]
    for said in ("团队惦记您的时候", "您写的话让人放心不下", "打过电话，和您说上了话", NOTE, DOCTOR):
        assert said in page, said
    for hidden in (OTHERS, NURSE, str(called.user_ids["owner"])):
        assert hidden not in page + text, hidden
    assert not {"follow_up", "alert"} & json.loads(text)["further"].keys()


def test_who_was_never_called_reads_nothing_of_it(cast: Cast) -> None:
    archive = archive_of(cast, "P02")
    assert json.loads(archive.read("data.json"))["care"] == []
    assert "团队惦记您的时候" not in archive.read("index.html").decode()


def test_erasing_takes_alerts_follow_ups_contacts_and_notices_along(called: Cast, engine: Engine) -> None:
    assert holding(engine, NOTE, DOCTOR, NURSE) == {"care_contact", "care_notice"}
    erase(called, "P01")
    assert holding(engine, NOTE, DOCTOR, NURSE) == set()
    who = called.people["P01"]
    assert holding(engine, who.hex, str(who)) == {"audit_event"}
    assert holding(engine, OTHERS) == {"care_contact"}
    with called.store.read() as session:
        left = [session.scalar(select(func.count()).select_from(table)) for table in (FollowUp, Alert, CareContact)]
    assert left == [1, 2, 1]


@only_on("sqlite")  # PostgreSQL's files are its own to clean
def test_no_byte_of_a_note_is_left_on_the_disk(called: Cast, database: ScratchDatabase) -> None:
    assert on_disk(database)
    erase(called, "P01")
    assert scrub(called.app.state.database)
    assert not on_disk(database)


def erase(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        erase_person(session, "cli", cast.study_id, cast.people[code])


def on_disk(database: ScratchDatabase) -> set[str]:
    files = [path for path in database.data_dir.iterdir() if path.name.startswith("xinlu.db")]
    return {path.name for path in files if any(one.encode() in path.read_bytes() for one in (NOTE, DOCTOR))}


def said_by_doctor(database: ScratchDatabase) -> list[str]:
    lines = xinlu("doctor", env=database.env).stdout.splitlines()
    return [line for line in lines if f"{SLUG} / 回访" in line]


def test_the_doctor_tells_of_who_was_not_called_in_time_and_of_mail_that_is_lost(
    cast: Cast, database: ScratchDatabase
) -> None:
    with clock.frozen_at(clock.now() - 30 * HOUR):
        write(cast, mood=1)
        do_jobs(cast)
    follow_up_id = follow_up_of(cast, "P01")
    set_rules(cast, notices=[NURSE])
    with cast.store.write() as session:
        session.add(notice(cast, follow_up_id, "failed"))
    late, lost, unset = said_by_doctor(database)
    assert late.startswith("warn")
    assert "1 位参与者的回访过了时间" in late
    assert "1 封" in lost
    assert "没有设置邮件服务器" in unset


def test_only_mail_that_did_not_go_out_lately_is_told_of(cast: Cast) -> None:
    write(cast, mood=1)
    do_jobs(cast)
    lost = {"failed": 0, "uncertain": 1, "waiting": 1}
    unremarkable = {"waiting": 0, "sent": 0, "dropped": 0, "failed": 9}
    for states, told in ((unremarkable, False), (lost, True)):
        for state, days in states.items():
            with cast.store.write() as session:
                session.execute(delete(CareNotice))
                session.add(notice(cast, follow_up_of(cast, "P01"), state, age=timedelta(days=days)))
            findings = check(cast.app.state.settings, cast.store, cast.keyring)
            assert any("回访" in one.subject for one in findings) is told, (state, days)
