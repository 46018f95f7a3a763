"""Jobs as the rooms use them: asked for in a transaction, tried, watched, taken up again."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, inspect, select, text, update

from app.core import clock
from app.core.db import Database
from app.core.errors import NotFound
from app.jobs import context, presence, service
from app.jobs.errors import WorkerNameTaken
from app.jobs.models import Job, JobWorker
from app.jobs.service import JobStatus
from app.jobs.worker import Pace
from tests.jobs.conftest import StartProcess, StartWorker
from tests.jobs.steps import SECRET, Trace
from tests.jobs.working import QUICK
from tests.support.databases import only_on

LastStatus = Callable[[UUID], JobStatus]


class ChangedItsMind(Exception):
    """Raised inside a transaction."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between two tries."""
    monkeypatch.setattr(context, "FIRST_WAIT", 0.01)


def ask(store: Database, name: str, **arguments: object) -> UUID:
    with store.write() as session:
        return service.enqueue(session, name, arguments)


def test_what_is_rolled_back_was_never_asked_for(store: Database, start_worker: StartWorker, trace: Trace) -> None:
    start_worker()
    asked: list[UUID] = []

    def regret() -> None:
        with store.write() as session:
            asked.append(service.enqueue(session, "test.count", {"trace": str(trace.path), "upto": 1}))
            time.sleep(0.4)  # several rounds of the worker, which must not see it
            raise ChangedItsMind

    with pytest.raises(ChangedItsMind):
        regret()
    time.sleep(0.4)
    with store.read() as session, pytest.raises(NotFound):
        service.status(session, asked[0])
    assert trace.notes() == []


def test_a_key_asks_once(store: Database) -> None:
    def enqueue(_: int) -> UUID:
        with store.write() as session:
            return service.enqueue(session, "test.count", {"upto": 1}, key="a")

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(enqueue, range(16)))
    assert len(ids) == 1
    with store.write() as session:
        session.execute(update(Job).values(state="done", finished_at=clock.now()))
        assert service.enqueue(session, "test.count", {"upto": 1}, key="a") in ids
        others = {
            service.enqueue(session, "test.count", {"upto": 1}, key="b"),
            service.enqueue(session, "test.flaky", {"upto": 1}, key="a"),
            service.enqueue(session, "test.count", {"upto": 1}),
            service.enqueue(session, "test.count", {"upto": 1}),
        }
    assert len(others | ids) == 5


def test_progress_is_seen_as_it_comes(store: Database, start_worker: StartWorker, trace: Trace) -> None:
    trace.open_for(0)
    job_id = ask(store, "test.count", trace=str(trace.path), upto=3)
    seen = service.watch(store, job_id, every=0.01)
    assert next(seen) == JobStatus("queued", 0, None, None)
    start_worker()
    assert next(seen).state == "running"
    for number in (1, 2):
        trace.open_for(number)
        assert next(seen) == JobStatus("running", number, 3, None)
    trace.open_for(3)
    assert list(seen)[-1] == JobStatus("done", 3, 3, None)


@pytest.mark.usefixtures("impatient")
def test_a_step_that_fails_is_tried_again(
    store: Database, start_worker: StartWorker, trace: Trace, last_status: LastStatus
) -> None:
    start_worker()
    assert last_status(ask(store, "test.flaky", trace=str(trace.path), failures=3)).state == "done"
    assert len(trace.notes()) == 4


@pytest.mark.usefixtures("impatient")
def test_a_failure_keeps_its_code_and_not_its_words(
    store: Database, engine: Engine, start_worker: StartWorker, trace: Trace, last_status: LastStatus
) -> None:
    start_worker()
    refused = last_status(ask(store, "test.refuse", trace=str(trace.path)))
    assert (refused.state, refused.error_code) == ("failed", "conflict")
    assert trace.notes() == ["refused"]  # a decision is not tried again
    always = ask(store, "test.flaky", trace=str(trace.path), failures=99)
    for job_id in (always, ask(store, "test.break")):
        assert last_status(job_id) == JobStatus("failed", 0, None, "internal")
    assert last_status(ask(store, "test.unheard-of")).error_code == "unknown_task"
    kept = everything_in(engine)
    assert "conflict" in kept
    assert "unheard-of" in kept
    assert SECRET not in kept
    assert SECRET.encode("unicode_escape").decode() not in kept


def everything_in(engine: Engine) -> str:
    """Return every row of every table, the job engine's too, as text."""
    looked_at = inspect(engine)
    rows: list[object] = []
    with engine.connect() as connection:
        for schema in [None, *(["dbos"] if engine.dialect.name == "postgresql" else [])]:
            for table in looked_at.get_table_names(schema):
                name = f'"{schema}"."{table}"' if schema else f'"{table}"'
                rows += connection.execute(text(f"SELECT * FROM {name}")).all()
    return "\n".join(map(str, rows))


def test_a_worker_that_stops_leaves_its_job_to_the_next(
    store: Database, start_worker: StartWorker, trace: Trace, last_status: LastStatus
) -> None:
    trace.open_for(3)
    first = start_worker()
    job_id = ask(store, "test.count", trace=str(trace.path), upto=8)
    wait_for(lambda: len(trace.notes()) == 3)
    first.stop()
    with store.read() as session:
        assert service.status(session, job_id).state == "running"
    trace.open_for(8)
    # Its first look round must do: the second comes after the test.
    start_worker(name="another", pace=Pace(hand_over=QUICK.hand_over, poll=QUICK.poll, beat=3600))
    assert last_status(job_id) == JobStatus("done", 8, 8, None)
    assert [line.split()[1] for line in trace.notes()] == [str(number) for number in range(8)]


def test_workers_come_and_go_without_a_trace(store: Database, start_worker: StartWorker) -> None:
    before = set(threading.enumerate())
    for _ in range(3):
        worker = start_worker()
        worker.stop()
        with store.read() as session:
            assert session.scalars(select(JobWorker)).all() == []
    wait_for(lambda: set(threading.enumerate()) <= before)


def test_sixteen_writers_and_the_jobs_do_not_lock_each_other_out(
    store: Database, start_worker: StartWorker, trace: Trace, last_status: LastStatus
) -> None:
    start_worker()
    jobs = [ask(store, "test.count", trace=str(trace.path), upto=5) for number in range(4)]
    ended = threading.Event()

    def write(writer: int) -> int:
        written = 0
        while not ended.is_set():
            with store.write() as session:
                service.enqueue(session, "test.count", {"trace": "", "upto": 0}, key=f"{writer}-{written}")
                session.execute(update(Job).where(Job.key == f"{writer}-{written}").values(handed_at=clock.now()))
            written += 1
        return written

    with ThreadPoolExecutor(16) as threads:
        writers = [threads.submit(write, number) for number in range(16)]
        try:
            statuses = [last_status(job_id) for job_id in jobs]
        finally:
            ended.set()
        written = [writer.result() for writer in writers]
    assert {status.state for status in statuses} == {"done"}
    assert min(written) > 0
    with store.read() as session:
        assert session.scalar(select(func.count()).where(Job.key.is_not(None))) == sum(written)


@only_on("sqlite")  # the rule is the same query on both
def test_a_name_is_one_process_s_until_it_is_dead(
    store: Database, start_process: StartProcess, start_worker: StartWorker
) -> None:
    other = start_process("main")
    with pytest.raises(WorkerNameTaken):
        start_worker()
    other.kill()
    start_worker()


def test_one_that_has_gone_quiet_is_taken_for_dead(store: Database) -> None:
    moment = clock.now()
    with store.write() as session:
        session.add(JobWorker(name="far", host="elsewhere", pid=1, started_at=moment, seen_at=moment))
    with clock.frozen_at(moment + timedelta(seconds=20)), store.write() as session:
        assert presence.live(session) == {"far"}
        with pytest.raises(WorkerNameTaken):
            presence.claim(session, "far")
    with clock.frozen_at(moment + timedelta(seconds=40)), store.write() as session:
        assert presence.live(session) == set()
        presence.claim(session, "far")
        assert presence.live(session) == {"far"}


def test_old_jobs_are_forgotten(
    store: Database, engine: Engine, start_worker: StartWorker, trace: Trace, last_status: LastStatus
) -> None:
    pace = Pace(hand_over=QUICK.hand_over, poll=QUICK.poll, forget=0.2)
    start_worker(pace=pace)
    old, recent = (ask(store, "test.count", trace=str(trace.path), upto=1) for _ in range(2))
    for job_id in (old, recent):
        assert last_status(job_id).state == "done"
    with store.write() as session:
        long_ago = clock.now() - timedelta(days=31)
        session.execute(update(Job).where(Job.id == old).values(finished_at=long_ago))
        session.add(JobWorker(name="gone", host="elsewhere", pid=1, started_at=long_ago, seen_at=long_ago))

    def forgotten() -> bool:
        with store.read() as session:
            return session.get(Job, old) is None and session.scalars(select(JobWorker.name)).all() == ["main"]

    wait_for(forgotten)
    kept = everything_in(engine)
    assert str(old) not in kept
    assert str(recent) in kept


def wait_for(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until ``condition`` holds; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
