"""Whoever of the staff is shown a person's words is noted, and the person sees by role, day and count who it was."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import OperationalError

from app.accounts.actors import StaffActor
from app.core import clock
from app.participants.models import Reading
from app.participants.readings import MARK_BYTES, Readings
from app.studies import membership
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.phone import Phone, words
from tests.support.program import xinlu
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

COMPLAINT = "打了三次电话都没人接，在走廊等了两个小时，伤口疼得厉害。"


@pytest.fixture
def entry_id(cast: Cast) -> UUID:
    """An entry of P01 with a text that scenes quote; P02 has written one too."""
    made = uuid4()
    assert cast.put(cast.entry(COMPLAINT), made).status_code == 201
    assert cast.put(cast.entry(COMPLAINT, participant="P02")).status_code == 201
    return made


def stored(cast: Cast, code: str = "P01") -> list[Reading]:
    cast.app.state.readings.flush()
    with cast.store.read() as session:
        mine = select(Reading).where(Reading.participant_id == cast.people[code]).order_by(Reading.day, Reading.reader)
        return list(session.scalars(mine))


def told(cast: Cast, code: str = "P01") -> str:
    phone = Phone(cast.client)
    cast.client.cookies.clear()
    phone.start(cast.links[code].token)
    return words(phone.client.get("/d/readers"))


def test_nobody_has_read_yet(cast: Cast, entry_id: UUID) -> None:
    assert "还没有人打开过" in told(cast)
    assert stored(cast) == []


def statement_of(cast: Cast, entry_id: UUID) -> str:
    with cast.store.read() as session:
        found = session.execute(
            text("SELECT id FROM statement WHERE source_id = :id"), {"id": _as_stored(cast, entry_id)}
        )
        return str(UUID(str(found.scalar_one())))


def _as_stored(cast: Cast, given: UUID) -> object:
    return given.hex if cast.store.dialect == "sqlite" else given


@pytest.mark.parametrize(
    "path",
    ["/entries", "/entries/{entry}", "/quotes?key=recovery", "/scenes", "/statements/{statement}/coding"],
)
def test_every_answer_with_words_is_noted_for_the_api(cast: Cast, entry_id: UUID, path: str) -> None:
    statement = statement_of(cast, entry_id)
    assert cast.get(path.format(entry=entry_id, statement=statement)).status_code == 200
    (reading,) = stored(cast)
    assert (reading.role, reading.entries, reading.exported) == ("program", 1, False)
    assert len(reading.seen) == MARK_BYTES
    assert entry_id.bytes[:MARK_BYTES] not in reading.seen


@pytest.mark.parametrize("path", ["", "/quotes?key=recovery", "/scenes", "/statements/{statement}"])
def test_every_page_with_words_is_noted(cast: Cast, entry_id: UUID, path: str) -> None:
    for code in ("P03", "P04", "P05"):
        cast.add_patient(code)
        cast.put(cast.entry("一切都好，医生很温柔", participant=code, stage="visit"))
        cast.put(cast.entry(COMPLAINT, participant=code))
    cast.put(cast.entry("一切都好，医生很温柔", stage="visit"))
    cast.put(cast.entry("护士很耐心，谢谢她", participant="P02", stage="visit"))
    sign_in(cast.client, "owner", PASSWORD)
    page = cast.client.get(f"/studies/{SLUG}{path.format(statement=statement_of(cast, entry_id))}")
    assert page.status_code == 200
    shown = [code for code in cast.people if code in words(page)] if path != "" else ["P01", "P02", "P03", "P04", "P05"]
    noted = {code for code in cast.people if stored(cast, code)}
    assert noted, page.text[:300]
    assert noted <= set(shown)
    assert {one.role for one in stored(cast, "P01")} <= {"owner"}


def test_what_shows_no_words_is_not_noted(cast: Cast, entry_id: UUID) -> None:
    for path in ("/curve.json", "", "/participants", "/participants/P01"):
        assert cast.get(path).status_code == 200
    assert cast.get("/entries", who="viewer").status_code == 403
    assert cast.get(f"/entries/{entry_id}", who="stranger").status_code == 404
    etag = cast.get(f"/entries/{entry_id}").headers["etag"]
    assert len(stored(cast)) == 1
    seen_at = stored(cast)[0].last_at
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        assert cast.get(f"/entries/{entry_id}", **{"If-None-Match": etag}).status_code == 304
    assert stored(cast)[0].last_at == seen_at


def test_the_person_sees_role_day_and_number_and_no_name(cast: Cast, entry_id: UUID) -> None:
    cast.put(cast.entry("第二条"))
    with cast.store.write() as session:
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        membership.set_role(session, owner, cast.study_id, "stranger", "care")
    noon = clock.now()
    with clock.frozen_at(noon):
        for login in ("owner", "teammate", "stranger"):
            cast.client.cookies.clear()
            sign_in(cast.client, login, PASSWORD)
            cast.client.get(f"/studies/{SLUG}/quotes?key=recovery")
        cast.client.cookies.clear()
        cast.client.get(f"/api/v1/studies/{SLUG}/entries/{entry_id}", headers=cast.headers["owner"])
        said = told(cast)
    day = clock.local_date(noon, "Asia/Shanghai")
    when = f"{day.year}年{day.month}月{day.day}日"
    assert f"研究人员（2 位），{when}看过您的 2 条日记" in said
    assert f"康复关怀师，{when}看过您的 2 条日记" in said or "康复关怀师" not in said, (
        "care sees whom its purpose lets it"
    )
    assert f"研究团队的程序，{when}看过您的 1 条日记" in said
    assert not [name for name in ("Owner", "Teammate", "owner", "teammate") if name in said]


def test_an_entry_opened_twice_counts_once_and_days_stand_apart(cast: Cast, entry_id: UUID) -> None:
    noon = clock.now()
    for days in (0, 0, 1):
        with clock.frozen_at(noon + timedelta(days=days)):
            cast.get(f"/entries/{entry_id}")
            cast.app.state.readings.flush()
    assert [(one.day - stored(cast)[0].day).days for one in stored(cast)] == [0, 1]
    assert [one.entries for one in stored(cast)] == [1, 1]


def test_a_database_that_cannot_write_delays_the_note_and_no_answer(cast: Cast, entry_id: UUID) -> None:
    database = cast.app.state.database

    def fail(connection: object, *_rest: object) -> None:
        raise OperationalError("no", None, Exception("away"))

    event.listen(database.writer, "commit", fail)
    try:
        assert cast.get(f"/entries/{entry_id}").status_code == 200
        cast.app.state.readings.flush()
    finally:
        event.remove(database.writer, "commit", fail)
    (reading,) = stored(cast)
    assert reading.entries == 1


def test_what_was_seen_of_someone_erased_is_dropped(cast: Cast, entry_id: UUID, engine: Engine) -> None:
    cast.get("/entries")
    erased = cast.client.delete(f"/api/v1/studies/{SLUG}/participants/P01", headers=cast.headers["owner"])
    assert erased.status_code == 204
    cast.app.state.readings.flush()
    assert stored(cast) == []
    assert len(stored(cast, "P02")) == 1
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM reading")).scalar_one() == 1


def test_two_processes_that_saw_the_same_add_up_to_one(cast: Cast, entry_id: UUID) -> None:
    first, second = Readings(), Readings()
    with cast.store.read() as session:
        study = session.get_one(Study, cast.study_id)
    who, other = cast.people["P01"], uuid4()
    for readings, seen in ((first, [entry_id, other]), (second, [entry_id])):
        readings.note_of(study, "user:x", "owner", [(who, one) for one in seen])
    for readings in (first, second):
        with cast.store.write() as session:
            readings.write_in(session)
    (reading,) = stored(cast)
    assert reading.entries == 2


def test_a_sheet_for_coding_is_words_taken_out(cast: Cast, entry_id: UUID, database: ScratchDatabase) -> None:
    xinlu("coder", "sheet", "--study", SLUG, "-o", str(database.data_dir / "sheet.csv"), env=database.env)
    (reading,) = stored(cast)
    assert (reading.role, reading.reader, reading.entries, reading.exported) == ("operator", "cli", 1, True)
    xinlu("export", SLUG, "-o", str(database.data_dir / "entries.csv"), env=database.env)
    assert [one.entries for one in stored(cast)] == [1]
    assert [(one.reader, one.exported) for one in stored(cast, "P02")] == [("cli", True)]
    said = told(cast)
    assert "管理系统的人" in said
    assert "并拷贝成了文件" in said
