"""One person is erased at their own or the owner's word: rows, sums, log, memory, and every byte on the disk."""

import random
import re
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from app.audit import service as audit
from app.audit.models import AuditEvent
from app.audit.tasks import seal_waiting
from app.care.models import Message
from app.coding import search_index
from app.core import clock
from app.core.scrubbing import scrub
from app.jobs import service as jobs
from app.jobs.context import WorkerContext
from app.jobs.models import Job
from app.participants.erasure import SCRUB
from app.participants.models import Participant
from app.participants.tasks import scrub_database
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, holding, only_on
from tests.support.phone import Phone, words
from tests.support.program import xinlu
from tests.support.scene import SLUG
from tests.support.staff import submit

CODE, TOWN = "QX-7731", "只此一人的小镇"
FIRST, SECOND, TYPED = "第一版写的独一无二的话", "改过以后的另一句话", "在手机上写的第三句话"
CANARY = "金丝雀唱过的歌"
IN_INDEX = FIRST[6:9]
"""What an index of three letters each would keep of it."""
TRACES = (FIRST, SECOND, TYPED, CODE, TOWN, IN_INDEX)
COMPLAINT = "打了三次电话都没人接，在走廊等了两个小时，伤口疼得厉害。"
KEPT = "另一个人留下的话"


@pytest.fixture
def phone(cast: Cast) -> Phone:
    """The phone of a person who left all kinds of traces, beside one who stays; the log is sealed."""
    cast.add_patient(CODE, 住处=TOWN)
    entry_id = uuid4()
    etag = cast.put(cast.entry(FIRST, participant=CODE), entry_id).headers["etag"]
    assert cast.put(cast.entry(SECOND, participant=CODE), entry_id, if_match=etag).status_code == 200
    assert cast.put(cast.entry(KEPT)).status_code == 201
    opened = Phone(cast.client)
    opened.start(cast.links[CODE].token)
    assert opened.write(feeling=TYPED).status_code == 303
    seal_waiting(context(cast))
    return opened


def context(cast: Cast) -> WorkerContext:
    return WorkerContext(cast.app.state.settings, cast.app.state.database, cast.keyring, threading.Event())


def erase_on_phone(phone: Phone) -> str:
    answer = submit(phone.client, "/d/erase", "/d/erase", {"word": "删除"})
    assert answer.status_code == 200
    return words(answer)


def naming(engine: Engine, participant_id: UUID) -> set[str]:
    return holding(engine, participant_id.hex, str(participant_id))


def points(cast: Cast) -> Iterator[dict[str, Any]]:
    return iter(cast.get("/curve.json").json()["points"])


def test_a_person_erases_themselves_and_nothing_of_them_remains(cast: Cast, phone: Phone, engine: Engine) -> None:
    assert {"participant", "entry", "entry_revision", "statement"} <= holding(engine, *TRACES)
    assert "马上就删" in words(phone.client.get("/d/erase"))
    assert "都删掉了" in erase_on_phone(phone)
    assert holding(engine, *TRACES) == set()
    assert naming(engine, cast.people[CODE]) == {"audit_event"}, "the log alone, under a number that leads nowhere"
    assert holding(engine, KEPT) >= {"entry", "statement"}
    assert phone.client.get("/d/today").headers["location"] == "/d"
    assert phone.open(cast.links[CODE].token).status_code == 404


def test_the_log_says_so_and_its_chain_holds(cast: Cast, phone: Phone) -> None:
    erase_on_phone(phone)
    seal_waiting(context(cast))
    with cast.store.read() as session:
        assert audit.check(session, cast.keyring.public_key) == []
        (erased,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.erased"))
        assert erased.actor == f"participant:{cast.people[CODE]}"
        assert erased.detail is not None
        assert erased.detail["participants_left"] == 2
        about = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == cast.people[CODE])).all()
        assert len(about) == erased.detail["log_details"]
        assert {(event.salt, event.detail) for event in about} == {(None, None)}


@pytest.mark.parametrize("word", ["", "是的", "删", "不删除"])
def test_a_slip_of_the_thumb_erases_nobody(cast: Cast, phone: Phone, engine: Engine, word: str) -> None:
    page = submit(phone.client, "/d/erase", "/d/erase", {"word": word})
    assert page.status_code == 422
    assert "请照着打" in words(page)
    assert "participant" in holding(engine, CODE)
    assert phone.client.get("/d/today").status_code == 200


def test_without_the_page_s_token_nobody_is_erased(cast: Cast, phone: Phone, engine: Engine) -> None:
    assert phone.client.post("/d/erase", data={"word": "删除"}).status_code == 403
    assert "participant" in holding(engine, CODE)


def test_who_has_left_can_still_erase(cast: Cast, phone: Phone, engine: Engine) -> None:
    left = submit(phone.client, "/d/consent", "/d/withdraw", {})
    assert 'href="/d/erase"' in left.text
    assert phone.client.get("/d/today").status_code == 410
    assert "都删掉了" in erase_on_phone(phone)
    assert holding(engine, *TRACES) == set()


def test_curves_and_scenes_in_memory_forget_at_once(cast: Cast, phone: Phone) -> None:
    assert cast.put(cast.entry(COMPLAINT, participant=CODE)).status_code == 201
    seen = cast.get("/curve.json")
    assert sum(point["n_entries"] for point in points(cast)) == 4
    assert cast.get("/scenes").status_code == 200
    held, kept = cast.app.state.matrices._held, cast.app.state.scenes._kept
    assert held
    assert CODE in str(kept)
    erase_on_phone(phone)
    assert not held
    assert not kept
    fresh = cast.get("/curve.json", **{"If-None-Match": seen.headers["etag"]})
    assert fresh.status_code == 200
    assert sum(point["n_entries"] for point in fresh.json()["points"]) == 1
    said = [quote["text"] for quote in cast.get("/quotes?key=recovery").json()]
    assert said == [KEPT]


def test_another_process_s_scenes_go_at_its_next_look(cast: Cast, phone: Phone) -> None:
    assert cast.put(cast.entry(COMPLAINT, participant=CODE)).status_code == 201
    cast.get("/scenes")
    cast.app.state.forgetful = ()  # as if another process had erased
    erase_on_phone(phone)
    assert CODE in str(cast.app.state.scenes._kept)
    assert CODE not in cast.get("/scenes").text
    assert CODE not in str(cast.app.state.scenes._kept)


def test_a_point_of_too_few_people_is_hidden_again(cast: Cast) -> None:
    for number in range(8):
        cast.add_patient(f"K{number}")
        assert cast.put(cast.entry(f"第 {number} 位说的话", participant=f"K{number}")).status_code == 201
    shown = {point["key"]: point["suppressed"] for point in cast.get("/curve.json", who="viewer").json()["points"]}
    assert shown["recovery"] is False
    headers = cast.headers["owner"]
    assert cast.client.delete(f"/api/v1/studies/{SLUG}/participants/K3", headers=headers).status_code == 204
    shown = {point["key"]: point["suppressed"] for point in cast.get("/curve.json", who="viewer").json()["points"]}
    assert shown["recovery"] is True


def test_jobs_about_the_person_are_deleted_and_others_stay(cast: Cast, phone: Phone) -> None:
    who = cast.people[CODE]
    with cast.app.state.database.write() as session:
        jobs.enqueue(session, "some.task", {"participant": str(who)}, study_id=cast.study_id)
        jobs.enqueue(session, "some.task", {}, key=f"about-{who}", study_id=cast.study_id)
        other = jobs.enqueue(session, "some.task", {"participant": str(uuid4())}, study_id=cast.study_id)
    erase_on_phone(phone)
    with cast.store.read() as session:
        left = {job.id: job.name for job in session.scalars(select(Job).where(Job.study_id == cast.study_id))}
    assert left.pop(other) == "some.task"
    assert list(left.values()) == [SCRUB]


def test_the_owner_erases_over_the_api_and_others_may_not(cast: Cast, phone: Phone, engine: Engine) -> None:
    path = f"/api/v1/studies/{SLUG}/participants/{CODE}"
    for who, status in (("stranger", 404), ("viewer", 403), ("teammate", 403)):
        assert cast.client.delete(path, headers=cast.headers[who]).status_code == status
    lesser = cast.key("owner", "statements:read", "entries:write")
    assert cast.client.delete(path, headers=lesser).status_code == 403
    assert "participant" in holding(engine, CODE)
    assert cast.client.delete(path, headers=cast.headers["owner"]).status_code == 204
    assert cast.client.delete(path, headers=cast.headers["owner"]).status_code == 404
    assert holding(engine, *TRACES) == set()


def test_the_command_asks_for_the_code_and_erases(
    cast: Cast, phone: Phone, engine: Engine, database: ScratchDatabase
) -> None:
    refused = xinlu("erase", SLUG, CODE, env=database.env, stdin="P01\n", check=False)
    assert refused.returncode == 1
    assert "participant" in holding(engine, CODE)
    done = xinlu("erase", SLUG, CODE, env=database.env, stdin=f"{CODE}\n")
    assert CODE in done.stdout
    assert holding(engine, *TRACES) == set()
    assert xinlu("erase", SLUG, CODE, "--yes", env=database.env, check=False).returncode == 1


@only_on("sqlite")  # PostgreSQL's files are its own to clean: docs/privacy.md says what VACUUM does
def test_no_byte_of_their_words_is_left_on_the_disk(cast: Cast, phone: Phone, database: ScratchDatabase) -> None:
    """Long and short texts, edited and grown beside other people's, so that pages split and leave copies behind."""
    for number in range(6):
        entry_id = uuid4()
        etag = cast.put(cast.entry(f"{CANARY}{number}", participant=CODE), entry_id).headers["etag"]
        grown = cast.entry(f"{CANARY}改过{number}" + "更长" * 300, participant=CODE)
        assert cast.put(grown, entry_id, if_match=etag).status_code == 200
    fill_pages(cast)
    with cast.app.state.database.write() as session:
        assert search_index.put(session, cast.study_id)
    assert on_disk(database)
    erase_on_phone(phone)
    run_scrub(cast)
    assert on_disk(database) == {}
    with cast.store.read() as session:
        assert len(session.scalars(select(Participant)).all()) == 2
    assert cast.get("/quotes?key=recovery").status_code == 200


def fill_pages(cast: Cast) -> None:
    """Store messages of two people in an order that splits pages again and again, the same each time."""
    chance, kept = random.Random(7), []
    people = [cast.people[CODE], cast.people["P01"]]
    for _batch in range(8):
        with cast.app.state.database.write() as session:
            for _number in range(500):
                row = Message(
                    study_id=cast.study_id,
                    id=UUID(int=chance.getrandbits(128)),
                    participant_id=chance.choice(people),
                    from_person=True,
                    author="test",
                    text="",
                    sent_at=clock.now(),
                )
                row.text = said_by(row, people[0]) + "字" * chance.choice([1, 5, 30, 100, 300, 700, 900])
                session.add(row)
                kept.append((row.id, row.participant_id))
            session.flush()
            for message_id, _who in chance.sample(kept, 150):
                row = session.get_one(Message, (cast.study_id, message_id))
                row.text = said_by(row, people[0]) + "改" * chance.choice([1, 50, 200, 900])


def said_by(row: Message, person: UUID) -> str:
    return CANARY if row.participant_id == person else "别人的话"


def run_scrub(cast: Cast) -> None:
    """Do what the worker does for the job that erasing asked for."""
    with cast.store.read() as session:
        assert [job.name for job in session.scalars(select(Job))] == [SCRUB]
    outcome: list[bool] = []

    class Now:
        database = cast.app.state.database

        def step(self, _name: str, work: Any, *args: Any) -> None:
            outcome.append(work(*args))

    scrub_database(Now())  # type: ignore[arg-type]
    assert outcome == [True]


def on_disk(database: ScratchDatabase) -> dict[str, int]:
    """Return how often the canary and the other traces stand in each file beside the database, text or JSON."""
    found = {}
    for path in database.data_dir.iterdir():
        if path.is_file() and path.name.startswith("xinlu.db"):
            raw = path.read_bytes()
            hits = sum(raw.count(one.encode()) for one in (CANARY, *TRACES))
            if hits:
                found[path.name] = hits
    return found


@only_on("sqlite")  # it is about the file that SQLite writes
def test_scrubbing_leaves_the_log_empty_and_the_rest_whole(cast: Cast, phone: Phone, database: ScratchDatabase) -> None:
    before = cast.get("/curve.json").json()["points"]
    assert scrub(cast.app.state.database) is True
    wal = database.data_dir / "xinlu.db-wal"
    assert not wal.exists() or wal.stat().st_size == 0
    assert cast.get("/curve.json").json()["points"] == before
    assert cast.put(cast.entry("洗过以后照样写")).status_code == 201


def test_the_owner_erases_from_the_person_s_page(cast: Cast, phone: Phone, engine: Engine) -> None:
    client = cast.client
    client.cookies.clear()
    assert (
        submit(client, "/sign-in", "/sign-in", {"login": "owner", "password": "a-long-enough-password"}).status_code
        == 303
    )
    page = f"/studies/{SLUG}/participants/{cast.people[CODE]}"
    assert "删除这个人的一切" in client.get(page).text
    wrong = submit(client, page, f"{page}/erase", {"code": "P01"})
    assert wrong.status_code == 422
    assert "participant" in holding(engine, CODE)
    done = submit(client, page, f"{page}/erase", {"code": CODE})
    assert re.search(f"{CODE} 的一切都删掉了", words(done))
    assert holding(engine, *TRACES) == set()
