"""Coding a study again: beside the old scores, in force all at once, and nothing lost on the way."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import app.registry  # noqa: F401 - declares the tasks
from app.audit.models import AuditEvent
from app.core.db import Database, to_micro
from app.core.errors import Invalid
from app.diary.desk import EntryDesk
from app.diary.schemas import Submission
from app.diary.service import Handed, Writer, prepare
from app.diary.storing import Store, Stored
from app.jobs import service as jobs
from app.jobs.context import JobContext
from app.jobs.service import JobStatus
from app.statements import cells, recode, recodings, service, tasks
from app.statements.cells import Place
from app.statements.errors import RecodeUnderWay
from app.statements.models import MachineCoding, Statement
from app.statements.service import Utterance
from app.studies.coders import Choice, get_coder
from app.studies.models import Stage, Study
from nlp import Coder, Coding
from tests.jobs.conftest import StartWorker
from tests.jobs.processes import WorkerProcess
from tests.jobs.working import KEYRING
from tests.support.databases import ScratchDatabase
from tests.support.scene import Scene, set_scene

LastStatus = Callable[[UUID], JobStatus]
WRITER = Writer("user:test")
TEXTS = (
    "伤口很疼，整夜睡不着",
    "护士特别耐心，安心多了",
    "今天能吃软的东西了，高兴",
    "没有人告诉我要等多久",
    "和昨天差不多",
)
OLD, NEW = "default", "lexicon"


@pytest.fixture
def scene(store: Database) -> Scene:
    return set_scene(store, KEYRING)


@pytest.fixture
def desk(store: Database) -> Iterator[EntryDesk]:
    opened = EntryDesk(store, KEYRING)
    yield opened
    opened.close()


def speak(scene: Scene, count: int) -> None:
    """Store so many statements of the two patients, coded by the study's coder."""
    with scene.store.write() as session:
        speak_in(session, scene, count)


def speak_in(session: Session, scene: Scene, count: int) -> None:
    coder = get_coder(OLD)
    stages = session.scalars(select(Stage.id).where(Stage.study_id == scene.study_id)).all()
    spoken = service.code(coder, [("feeling", f"{TEXTS[number % 5]}（{number}）") for number in range(count)])
    people = list(scene.people.values())
    places = [
        Place(people[number % 2], stages[number % len(stages)], None, None, number % 20) for number in range(count)
    ]
    moment = datetime(2026, 3, 13, tzinfo=UTC)
    utterances = [Utterance("diary", uuid4(), place, moment, (one,)) for place, one in zip(places, spoken, strict=True)]
    service.record(session, scene.study_id, coder.version, utterances)


def ask(scene: Scene, coder: str = NEW) -> UUID:
    with scene.store.write() as session:
        return recodings.request(session, "cli", session.get_one(Study, scene.study_id), coder).job_id


def assert_in_force(scene: Scene, name: str, statements: int) -> None:
    """Every statement shows the score of the coder, codings stand for each, and cells equal a recount."""
    coder = get_coder(name)
    with scene.store.read() as session:
        study = session.get_one(Study, scene.study_id)
        assert (study.coder, study.coder_version) == (name, coder.version)
        rows = session.execute(select(Statement.text, Statement.model_version, Statement.sentiment_micro)).all()
        assert len(rows) == statements
        assert {row.model_version for row in rows} == {coder.version}
        expected = coder.code([row.text for row in rows])
        assert [row.sentiment_micro for row in rows] == [to_micro(coding.sentiment) for coding in expected]
        assert recode.count_coded(session, scene.study_id, coder.version) == statements
        assert cells.stored(session, scene.study_id) == cells.text_deltas(session, scene.study_id)


def test_a_study_is_coded_again_beside_the_old_codings(
    scene: Scene, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recode, "BATCH", 10)
    speak(scene, 35)
    assert_in_force(scene, OLD, 35)
    job_id = ask(scene)
    start_worker()
    seen = list(jobs.watch(scene.store, job_id, every=0.005))
    assert seen[-1] == JobStatus("done", 35, 35, None)
    assert {one.total for one in seen} <= {None, 35}
    assert_in_force(scene, NEW, 35)
    with scene.store.read() as session:
        codings = select(MachineCoding.model_version, func.count().label("codings")).group_by(
            MachineCoding.model_version
        )
        counted = {row.model_version: row.codings for row in session.execute(codings)}
        assert counted == {get_coder(name).version: 35 for name in (OLD, NEW)}
        log = (
            select(AuditEvent.actor, AuditEvent.action).where(AuditEvent.action.like("coder.%")).order_by(AuditEvent.id)
        )
        assert [tuple(row) for row in session.execute(log)] == [("cli", "coder.requested"), ("cli", "coder.chosen")]


def submission(text: str) -> Submission:
    return Submission(
        study="implant",
        participant="P01",
        stage="recovery",
        occurred_at=datetime(2026, 3, 13, 13, 40, tzinfo=UTC),
        answers={"feeling": text, "mood": 3},
    )


@pytest.fixture
def held_before_switch(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Events: all is coded and the switch is next; it may go on."""
    coded, go_on = threading.Event(), threading.Event()
    real = tasks._switch

    def held(context: JobContext, order: tasks.Order, version: str) -> None:
        coded.set()
        assert go_on.wait(20)
        real(context, order, version)

    monkeypatch.setattr(tasks, "_switch", held)
    yield coded, go_on
    go_on.set()


def test_old_scores_stay_until_all_are_there_and_none_is_lost_in_the_switch(
    scene: Scene,
    desk: EntryDesk,
    start_worker: StartWorker,
    held_before_switch: tuple[threading.Event, threading.Event],
    last_status: LastStatus,
) -> None:
    coded, go_on = held_before_switch
    speak(scene, 20)
    job_id = ask(scene)
    start_worker()
    assert coded.wait(90)
    assert status_of(scene, job_id) == JobStatus("running", 20, 20, None)
    with scene.store.read() as session:
        assert recode.count_coded(session, scene.study_id, get_coder(NEW).version) == 20
    assert_in_force(scene, OLD, 20)
    desk.submit(WRITER, scene.study_id, uuid4(), submission("写在换编码器之前，疼"))
    with scene.store.read() as session:
        [overtaken] = prepare(
            session, scene.study_id, [Handed(uuid4(), submission("换之前编的码，换之后才存，疼"), WRITER)]
        )
    assert not isinstance(overtaken, Invalid)
    go_on.set()
    assert last_status(job_id).state == "done"
    assert_in_force(scene, NEW, 21)
    with scene.store.write() as session:
        [stored] = Store(KEYRING)(session, [overtaken])
    assert isinstance(stored, Stored)
    desk.submit(WRITER, scene.study_id, uuid4(), submission("之后写的，好多了"))
    assert_in_force(scene, NEW, 23)


def test_a_switch_waits_for_who_is_in_the_middle_of_writing(scene: Scene) -> None:
    speak(scene, 4)

    def switch() -> None:
        with scene.store.write() as session:
            recode.switch(session, "cli", scene.study_id, get_coder(NEW))

    with ThreadPoolExecutor(1) as thread:
        with scene.store.write() as session:
            speak_in(session, scene, 1)
            switched = thread.submit(switch)
            time.sleep(0.3)
            assert not switched.done()
        switched.result(90)
    assert_in_force(scene, NEW, 5)


def test_entries_and_edits_that_come_in_meanwhile_are_coded_too(
    scene: Scene, desk: EntryDesk, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch, last_status: LastStatus
) -> None:
    monkeypatch.setattr(recode, "BATCH", 20)
    speak(scene, 200)
    ended = threading.Event()

    def write(writer: int) -> int:
        written = 0
        while written < 3 or (written < 30 and not ended.is_set()):
            entry_id = uuid4()
            desk.submit(WRITER, scene.study_id, entry_id, submission(f"第{writer}位写的第{written}条，有点疼"))
            desk.submit(WRITER, scene.study_id, entry_id, submission("改过了，其实还好"), if_match="*")
            written += 1
        return written

    start_worker()
    with ThreadPoolExecutor(4) as threads:
        writers = [threads.submit(write, number) for number in range(4)]
        try:
            statuses = [last_status(ask(scene, coder)) for coder in (NEW, OLD, NEW)]
        finally:
            ended.set()
        written = sum(writer.result() for writer in writers)
    assert [status.state for status in statuses] == ["done"] * 3
    assert_in_force(scene, NEW, 200 + 2 * written)


def test_a_killed_worker_finishes_the_recoding(
    scene: Scene, database: ScratchDatabase, last_status: LastStatus
) -> None:
    speak(scene, 6000)
    worker = WorkerProcess(database, "main", "app.registry")
    job_id = ask(scene)
    try:
        worker.start()
        deadline = time.monotonic() + 90
        while (now := status_of(scene, job_id)).done == 0:
            assert time.monotonic() < deadline, "the job did not begin in time"
            time.sleep(0.002)
        worker.kill()
        assert now.state == "running"
        with scene.store.read() as session:
            begun = recode.count_coded(session, scene.study_id, get_coder(NEW).version)
        assert 0 < begun < 6000
        assert begun % recode.BATCH == 0
        assert_in_force(scene, OLD, 6000)
        worker.start()
        assert last_status(job_id) == JobStatus("done", 6000, 6000, None)
    finally:
        worker.kill()
    assert_in_force(scene, NEW, 6000)


def status_of(scene: Scene, job_id: UUID) -> JobStatus:
    with scene.store.read() as session:
        return jobs.status(session, job_id)


def test_one_recoding_at_a_time(scene: Scene, start_worker: StartWorker, last_status: LastStatus) -> None:
    speak(scene, 3)
    job_id = ask(scene)
    assert ask(scene) == job_id
    with pytest.raises(RecodeUnderWay):
        ask(scene, "snownlp")
    with pytest.raises(Invalid):
        ask(scene, "no-such-coder")
    start_worker()
    assert last_status(job_id).state == "done"
    again = ask(scene, OLD)
    assert again != job_id
    assert last_status(again).state == "done"
    assert_in_force(scene, OLD, 3)


class Upgraded:
    """The coder as it is after an upgrade of the program."""

    name = NEW
    version = "lexicon-99"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        return get_coder(NEW).code(texts, explain=explain)


def test_an_upgrade_in_the_middle_changes_nothing(
    scene: Scene, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch, last_status: LastStatus
) -> None:
    speak(scene, 5)
    coders: list[Coder] = [get_coder(NEW)]
    monkeypatch.setattr(Choice, "installed", lambda _choice: None)
    monkeypatch.setattr(Choice, "load", lambda _choice: coders.pop() if coders else Upgraded())
    start_worker()
    status = last_status(ask(scene))
    assert (status.state, status.error_code) == ("failed", "coder_changed")
    assert_in_force(scene, OLD, 5)
