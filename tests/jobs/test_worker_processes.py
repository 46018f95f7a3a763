"""Workers in processes of their own: killed, replaced, and several at once."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from app.core.db import Database
from app.jobs import service
from app.jobs.service import JobStatus
from tests.jobs.conftest import StartProcess
from tests.jobs.steps import Trace

AT_ONCE = 2
"""How many jobs a worker has in hand."""

LastStatus = Callable[[UUID], JobStatus]


def ask(store: Database, trace: Trace, upto: int) -> UUID:
    with store.write() as session:
        return service.enqueue(session, "test.count", {"trace": str(trace.path), "upto": upto})


def wait_for_notes(trace: Trace, count: int) -> None:
    deadline = time.monotonic() + 90
    while len(trace.notes()) < count:
        assert time.monotonic() < deadline, "the job did not get so far in time"
        time.sleep(0.01)


def assert_each_step_ran(trace: Trace, upto: int) -> None:
    """Every step ran; only the one that was under way when its process was killed may have run twice."""
    ran = Counter(int(line.split()[1]) for line in trace.notes())
    assert sorted(ran) == list(range(upto))
    assert sum(ran.values()) <= upto + 1


def processes_in(trace: Trace) -> set[int]:
    return {int(line.split()[2]) for line in trace.notes()}


def test_a_killed_worker_goes_on_where_it_was(
    store: Database, start_process: StartProcess, trace: Trace, last_status: LastStatus
) -> None:
    trace.open_for(4)
    worker = start_process("main")
    job_id = ask(store, trace, 10)
    wait_for_notes(trace, 4)
    worker.kill()
    trace.open_for(10)
    worker.start()
    assert last_status(job_id) == JobStatus("done", 10, 10, None)
    assert_each_step_ran(trace, 10)
    assert len(processes_in(trace)) == 2
    assert worker.stop() == 0, worker.said()
    assert "Traceback" not in worker.said()
    assert "dbos" not in worker.said().lower()


def test_two_workers_share_the_jobs_and_one_takes_over_from_the_other(
    store: Database, start_process: StartProcess, tmp_path: Path, last_status: LastStatus
) -> None:
    workers = [start_process(name) for name in ("one", "two")]
    shared = Trace(tmp_path / "shared")
    shared.open_for(1)  # whoever is quicker has its hands full with the first few, until the other has begun, too
    jobs = [ask(store, shared, 2) for _ in range(24)]
    wait_for_notes(shared, len(workers) * AT_ONCE)
    shared.open_for(2)
    assert {last_status(job_id).state for job_id in jobs} == {"done"}
    ran = Counter(tuple(line.split()[:2]) for line in shared.notes())
    assert ran == Counter({(str(job_id), str(number)): 1 for job_id in jobs for number in range(2)})
    assert len(processes_in(shared)) == 2

    left = Trace(tmp_path / "left")
    left.open_for(2)
    job_id = ask(store, left, 10)
    wait_for_notes(left, 2)
    next(worker for worker in workers if worker.pid in processes_in(left)).kill()
    left.open_for(10)
    assert last_status(job_id).state == "done"
    assert_each_step_ran(left, 10)
    assert len(processes_in(left)) == 2
