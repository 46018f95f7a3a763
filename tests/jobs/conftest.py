"""Workers for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.jobs import service
from app.jobs.service import JobStatus
from app.jobs.worker import Pace, Worker
from tests.jobs.processes import WorkerProcess
from tests.jobs.steps import Trace
from tests.jobs.working import KEYRING, QUICK
from tests.support.databases import ScratchDatabase

StartWorker = Callable[..., Worker]
StartProcess = Callable[[str], WorkerProcess]


@pytest.fixture
def start_worker(store: Database, database: ScratchDatabase) -> Iterator[StartWorker]:
    """Starts workers in this process, one at a time: ``start_worker(pace=…)``. Stopped at the end."""
    started: list[Worker] = []

    def start(*, name: str = "main", pace: Pace = QUICK) -> Worker:
        settings = Settings(data_dir=database.data_dir, database_url=database.address, worker_name=name)
        worker = Worker(settings, store, KEYRING, pace=pace)
        started.append(worker)
        worker.start()
        return worker

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
def start_process(database: ScratchDatabase) -> Iterator[StartProcess]:
    """Starts workers in processes of their own, by name; killed at the end."""
    started: list[WorkerProcess] = []

    def start(name: str) -> WorkerProcess:
        started.append(WorkerProcess(database, name, "tests.jobs.steps"))
        return started[-1].start()

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """Where a job's steps leave their trace."""
    return Trace(tmp_path / "trace")


@pytest.fixture
def last_status(store: Database) -> Callable[[UUID], JobStatus]:
    """Waits for a job's end and returns its status then."""

    def wait(job_id: UUID) -> JobStatus:
        return list(service.watch(store, job_id, every=0.02))[-1]

    return wait
