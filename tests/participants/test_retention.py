"""On its last day a study takes entries; from the next on it refuses them in words, and everyone in it is erased."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, text

from app.accounts.actors import StaffActor
from app.audit import service as audit
from app.audit.models import AuditEvent
from app.audit.tasks import seal_waiting
from app.core import clock
from app.exchange import checkup
from app.jobs.context import WorkerContext
from app.participants import queries
from app.participants import service as participants
from app.participants.erasure import erase_expired
from app.participants.errors import StudyClosed
from app.participants.models import Participant
from app.participants.schemas import Enrolment
from app.participants.tasks import erase_expired_studies
from app.studies.models import Study
from app.studies.schemas import StudyIn
from app.studies.service import create_study
from tests.support.cast import Cast
from tests.support.databases import holding
from tests.support.phone import Phone, words
from tests.support.scene import SLUG

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST, SECOND, TYPED = "第一版写的独一无二的话", "改过以后的另一句话", "在手机上写的第三句话"
CODE, TOWN, OTHER = "QX-7731", "只此一人的小镇", "别的研究里的话"


@pytest.fixture
def last_day(cast: Cast) -> date:
    """The study's last day: tomorrow, as its people in Shanghai count."""
    day = clock.local_date(clock.now(), "Asia/Shanghai") + timedelta(days=1)
    change(cast, retention_until=day.isoformat())
    return day


@pytest.fixture
def after(last_day: date) -> datetime:
    """A minute after the last day has ended in Shanghai; elsewhere it has not."""
    return datetime.combine(last_day, time(), SHANGHAI) + timedelta(days=1, minutes=1)


@pytest.fixture
def written(cast: Cast, after: datetime) -> UUID:
    """An entry with a history, of a person who left all kinds of traces; the log is sealed."""
    cast.add_patient(CODE, 住处=TOWN)
    entry_id = uuid4()
    etag = cast.put(cast.entry(FIRST, participant=CODE), entry_id).headers["etag"]
    assert cast.put(cast.entry(SECOND, participant=CODE), entry_id, if_match=etag).status_code == 200
    phone = Phone(cast.client)
    phone.start(cast.links[CODE].token)
    assert phone.write(feeling=TYPED).status_code == 303
    seal_waiting(context(cast))
    return entry_id


def change(cast: Cast, **changes: str) -> None:
    answer = cast.client.patch(f"/api/v1/studies/{SLUG}", json=changes, headers=cast.headers["owner"])
    assert answer.status_code == 200, answer.text


def context(cast: Cast) -> WorkerContext:
    return WorkerContext(cast.app.state.settings, cast.store, cast.keyring, threading.Event())


def erase(cast: Cast, at: datetime) -> None:
    with clock.frozen_at(at):
        erase_expired_studies(context(cast))


def rows_of(engine: Engine, participant_id: UUID) -> set[str]:
    """Return the tables that name this person."""
    return holding(engine, participant_id.hex, str(participant_id))


def points(cast: Cast, by: str = "stage") -> Iterator[dict[str, Any]]:
    return iter(cast.get(f"/curve.json?by={by}").json()["points"])


def erasures(cast: Cast) -> list[dict[str, Any]]:
    with cast.store.read() as session:
        found = select(AuditEvent).where(AuditEvent.action == "study.erased").order_by(AuditEvent.id)
        assert {event.study_id for event in session.scalars(found)} <= {cast.study_id}
        return [dict(event.detail or {}) for event in session.scalars(found)]


def test_nothing_of_a_person_remains_after_the_date(cast: Cast, engine: Engine, written: UUID, after: datetime) -> None:
    traces = (FIRST, SECOND, TYPED, CODE, TOWN)
    before = holding(engine, *traces)
    assert {"participant", "entry", "entry_revision", "statement", "audit_event"} <= before
    named = rows_of(engine, cast.people[CODE])
    assert {"consent", "invite", "diary_session", "anchor_event", "curve_cell"} <= named
    erase(cast, after)
    assert holding(engine, *traces) == set()
    # The log still says that someone was there, under a number that leads nowhere.
    assert rows_of(engine, cast.people[CODE]) == {"audit_event"}
    for table in ("participant", "entry", "entry_revision", "receipt", "statement", "machine_coding", "curve_cell"):
        with engine.connect() as connection:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table
    assert cast.get(f"/entries/{written}").status_code == 404


def test_the_log_says_what_was_erased_and_its_chain_holds(cast: Cast, written: UUID, after: datetime) -> None:
    with cast.store.read() as session:
        events = session.scalar(select(func.count()).where(AuditEvent.subject_id.in_(cast.people.values())))
    erase(cast, after)
    assert erasures(cast) == [{"participants": 3, "log_details": events, "participants_left": 0}]
    seal_waiting(context(cast))
    with cast.store.read() as session:
        assert audit.check(session, cast.keyring.public_key) == []
        assert session.scalar(select(func.count()).where(AuditEvent.seal_seq.is_(None))) == 0


def test_doing_it_again_changes_nothing(cast: Cast, written: UUID, after: datetime) -> None:
    erase(cast, after)
    revision, said = cast.get("").json()["revision"], erasures(cast)
    erase(cast, after + timedelta(days=400))
    with clock.frozen_at(after), cast.store.write() as session:
        assert erase_expired(session, cast.study_id) == 0
    assert (cast.get("").json()["revision"], erasures(cast)) == (revision, said)


def test_a_curve_held_in_memory_forgets_them_at_once(cast: Cast, written: UUID, after: datetime) -> None:
    cast.put(cast.entry("另一个人的话", participant="P01"))
    seen = cast.get("/curve.json")
    for by in ("stage", "day"):
        assert sum(point["n_entries"] for point in points(cast, by)) == 3
    people = iter((2, 1))
    for _ in range(2):  # P01 and P02 one by one, then the last
        with clock.frozen_at(after), cast.store.write() as session:
            assert erase_expired(session, cast.study_id, most=1) == 1
        fresh = cast.get("/curve.json", **{"If-None-Match": seen.headers["etag"]})
        assert fresh.status_code == 200
        assert fresh.headers["etag"] != seen.headers["etag"]
        seen = fresh
        assert sum(point["n_entries"] for point in points(cast, "day")) == 2
        assert next(people) == erasures(cast)[-1]["participants_left"]
    erase(cast, after)
    assert cast.get("/curve.json", **{"If-None-Match": seen.headers["etag"]}).status_code == 200
    for by in ("stage", "day", "touchpoint"):
        assert sum(point["n_entries"] + point["n_participants"] for point in points(cast, by)) == 0
    assert cast.get("/quotes?key=recovery").json() == []


def test_other_studies_are_left_alone(cast: Cast, engine: Engine, written: UUID, after: datetime) -> None:
    with cast.store.write() as session:
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        study = create_study(session, owner, StudyIn(title="另一个研究", slug="other", template="dental_implant"))
        person, _ = participants.enrol(session, cast.keyring, "user:test", study, Enrolment(code="P01"))
        participants.give_consent(session, "user:test", person, ["diary"], version=1, method="paper")
    entry_id = uuid4()
    assert cast.put(cast.entry(OTHER, study="other"), entry_id).status_code == 201
    revision = study.protocol_revision
    erase(cast, after)
    kept = cast.client.get(f"/api/v1/studies/other/entries/{entry_id}", headers=cast.headers["owner"])
    assert kept.json()["answers"]["feeling"] == OTHER
    with cast.store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.study_id == study.id)).all()
        assert len(events) > 3
        assert all(event.salt and event.detail is not None for event in events)
        assert session.get_one(Study, study.id).protocol_revision == revision


def test_until_its_last_day_has_ended_nothing_is_erased(cast: Cast, written: UUID, after: datetime) -> None:
    last = after - timedelta(minutes=2)
    erase(cast, last)
    assert cast.get(f"/entries/{written}").status_code == 200
    with clock.frozen_at(last):
        assert cast.put(cast.entry("最后一天写的")).status_code == 201
        assert Phone(cast.client).client.get("/d/today").status_code == 200


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_day_ends_where_the_study_is(cast: Cast, last_day: date, zone: str) -> None:
    change(cast, time_zone=zone, retention_until=(last_day + timedelta(days=2)).isoformat())
    midnight = datetime.combine(last_day + timedelta(days=3), time(), ZoneInfo(zone)).astimezone(UTC)
    with cast.store.read() as session:
        assert queries.studies_to_erase(session, midnight - timedelta(seconds=1)) == []
        assert queries.studies_to_erase(session, midnight) == [cast.study_id]


def test_a_date_that_was_moved_meanwhile_stops_the_erasing(cast: Cast, written: UUID, after: datetime) -> None:
    change(cast, retention_until=(after.date() + timedelta(days=300)).isoformat())
    with clock.frozen_at(after), cast.store.write() as session:
        assert erase_expired(session, cast.study_id) == 0
    assert cast.get(f"/entries/{written}").status_code == 200


@pytest.mark.parametrize("erased", [False, True], ids=["before erasing", "after erasing"])
def test_past_the_date_programs_are_refused_in_words(
    cast: Cast, written: UUID, after: datetime, *, erased: bool
) -> None:
    if erased:
        erase(cast, after)
    with clock.frozen_at(after):
        answer = cast.put(cast.entry("晚了", participant=CODE))
        edit = cast.put(cast.entry("晚了", participant=CODE), written, if_match="*")
        batch = cast.client.post(
            "/api/v1/entries/batch",
            json={"entries": [{"id": str(uuid4()), **cast.entry("晚了", participant=CODE)}]},
            headers=cast.headers["owner"],
        )
        people = cast.client.post(
            f"/api/v1/studies/{SLUG}/participants", json={"code": "P99"}, headers=cast.headers["owner"]
        )
        repeat = cast.put(cast.entry(SECOND, participant=CODE), written)
    for refused in (answer, edit, people):
        assert (refused.status_code, refused.json()["code"]) == (410, "study_closed")
    assert answer.json()["title"] == "这项研究已经结束，这条没有保存"
    assert batch.json()[0]["status"] == 410
    assert repeat.status_code == (410 if erased else 200), "a receipt is given again as long as there is an entry"


def test_past_the_date_the_phone_says_so_and_keeps_what_was_typed(cast: Cast, written: UUID, after: datetime) -> None:
    phone = Phone(cast.client)
    sheet = phone.sheet()
    with clock.frozen_at(after):
        for page in (phone.client.get("/d/today"), phone.open(cast.links[CODE].token)):
            assert page.status_code == 410
            assert "这项研究已经结束" in words(page)
        rescued = phone.send(sheet, feeling="晚了一步")
        assert rescued.status_code == 410
        assert "晚了一步" in words(rescued)
    erase(cast, after)
    assert phone.client.get("/d/today").headers["location"] == "/d"
    gone = phone.open(cast.links[CODE].token)
    assert gone.status_code == 404
    assert "资料和链接都已经删除" in words(gone)


def test_the_doctor_tells_a_month_ahead_and_of_what_is_overdue(cast: Cast, written: UUID, after: datetime) -> None:
    found = {}
    for days in (-40, -10, 0):
        with clock.frozen_at(after + timedelta(days=days)):
            findings = checkup.check(cast.app.state.settings, cast.store, cast.keyring)
            found[days] = [(one.level, one.words) for one in findings if "保存期" in one.words]
    assert found[-40] == []
    assert found[-10] == [("warn", "再过 9 天，保存期就到了，参与者和日记会自动删除")]
    assert found[0] == [("warn", "保存期已过，参与者和日记还没有删完")]
    erase(cast, after)
    with clock.frozen_at(after):
        findings = checkup.check(cast.app.state.settings, cast.store, cast.keyring)
        assert [one for one in findings if "保存期" in one.words or one.level == "fail"] == []


def test_nobody_is_taken_in_past_the_date(cast: Cast, after: datetime) -> None:
    with cast.store.read() as session:
        study = session.get_one(Study, cast.study_id)
    with clock.frozen_at(after), cast.store.write() as session:
        with pytest.raises(StudyClosed):
            participants.enrol(session, cast.keyring, "user:test", study, Enrolment(code="P99"))
        assert session.scalar(select(func.count()).select_from(Participant)) == 2
