"""Runs one job: marks it running, calls its task, and writes down how it ended."""

from collections.abc import Callable
from threading import Condition
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core import clock
from app.core.errors import AppError
from app.jobs.context import INTERNAL, JobContext, KeepStep, WorkerContext
from app.jobs.declare import TASKS
from app.jobs.errors import JobFailed
from app.jobs.models import DONE, FAILED, OPEN, RUNNING, Job

R = TypeVar("R")

MOST_ATTEMPTS = 25
"""A job whose processes died so often is what kills them."""
WAIT_FOR_DATABASE = 1.0

log = structlog.get_logger()


class Runner:
    """Runs jobs under one worker's name, several at once."""

    def __init__(self, worker: WorkerContext, name: str, keep_step: KeepStep) -> None:
        self._worker = worker
        self._name = name
        self._keep_step = keep_step
        self._active = 0
        self._idle = Condition()

    def run(self, job_id: str) -> None:
        """Run the job to its end. A failure is written down and not raised; Interrupted leaves the job open."""
        with self._idle:
            self._active += 1
        try:
            self._run(UUID(job_id))
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait at most so long until no job runs; returns whether that came about."""
        with self._idle:
            return self._idle.wait_for(lambda: self._active == 0, seconds)

    def _run(self, job_id: UUID) -> None:
        self._worker.pause(0)
        begun = self._insist(lambda: self._begin(job_id))
        if begun is None:
            return
        name, arguments, attempts = begun
        code = "crashed" if attempts > MOST_ATTEMPTS else self._call(job_id, name, arguments)
        self._insist(lambda: self._end(job_id, code))
        log.info("job ended", job=str(job_id), task=name, code=code or "done")

    def _call(self, job_id: UUID, name: str, arguments: dict[str, Any]) -> str | None:
        try:
            if name not in TASKS:
                raise JobFailed("unknown_task")
            TASKS[name](JobContext(job_id, self._worker, self._keep_step), **arguments)
        except (AppError, JobFailed) as error:
            return error.code
        except Exception as error:  # noqa: BLE001 - a task may fail in any way; its job must still end
            # Not the task's failure: the engine was closed under a step that took too long.
            self._worker.pause(0)
            log.error("job failed", job=str(job_id), task=name, error=type(error).__name__)
            return INTERNAL
        return None

    def _begin(self, job_id: UUID) -> tuple[str, dict[str, Any], int] | None:
        mark = (
            update(Job)
            .where(Job.id == job_id, Job.state.in_(OPEN))
            .values(state=RUNNING, worker=self._name, attempts=Job.attempts + 1)
            .returning(Job.name, Job.arguments, Job.attempts)
        )
        with self._worker.database.write() as session:
            row = session.execute(mark).first()
            session.execute(
                update(Job).where(Job.id == job_id, Job.started_at.is_(None)).values(started_at=clock.now())
            )
        return None if row is None else (row.name, row.arguments, row.attempts)

    def _end(self, job_id: UUID, code: str | None) -> None:
        values = {"state": FAILED if code else DONE, "error_code": code, "finished_at": clock.now()}
        with self._worker.database.write() as session:
            session.execute(update(Job).where(Job.id == job_id, Job.state == RUNNING).values(values))

    def _insist(self, write: Callable[[], R]) -> R:
        # A job must not stay "running" for ever because the database was away when it ended.
        while True:
            try:
                return write()
            except (DBAPIError, PoolTimeout) as error:
                log.warning("the database is away", error=type(error).__name__)
                self._worker.pause(WAIT_FOR_DATABASE)
