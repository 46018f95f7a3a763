"""All that knows DBOS: a durable queue with one kind of workflow, which runs one of our jobs by its id.

It keeps its tables in our database (on PostgreSQL in the schema ``dbos``) and there only ids, step names and counts. It
never talks to the network: no conductor, no telemetry.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import DBOSPortableJSON
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine, event

from app.core.db import WAIT_FOR_LOCK_MS

QUEUE = "jobs"
WORKFLOW = "xinlu.job"
# Jobs are taken up again only under the version they began with; ours is one for ever, so that they survive an upgrade.
VERSION = "1"
AT_ONCE = 2

log = structlog.get_logger()


class _Relay(logging.Handler):
    """Passes what DBOS warns of to our log, without the text of exceptions: it can quote a row."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log.log(record.levelno, "job engine", place=f"{record.module}.{record.funcName}", error=error)


class Engine:
    """The one DBOS of this process."""

    def __init__(self, address: str, worker: str, run: Callable[[str], None], *, poll: float) -> None:
        self._poll = poll
        self._connections = _connections(address)
        _quiet()
        DBOS(config=_config(self._connections, worker))
        self._run = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(_as_workflow(run))

    def launch(self) -> None:
        """Make or migrate its tables, begin to work, and take up what a process of this name had left."""
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=self._poll)

    def hand(self, job_id: UUID) -> None:
        """Queue the job; a second time changes nothing."""
        with SetWorkflowID(str(job_id)):
            DBOS.enqueue_workflow(QUEUE, self._run, str(job_id))

    def take_over(self, living: Collection[str]) -> int:
        """Queue again what runs under the name of a process that is not among the ``living``; returns how many."""
        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        orphaned = sorted({one.executor_id for one in running if one.executor_id} - set(living))
        if not orphaned:
            return 0
        # Not resume_workflow: that one would also queue a job which another worker has just taken over and runs.
        return len(DBOS._recover_pending_workflows(orphaned))

    def forget(self, job_ids: Sequence[UUID]) -> None:
        """Drop what is kept of these jobs."""
        DBOS.delete_workflows([str(job_id) for job_id in job_ids])

    def close(self) -> None:
        """Stop working. What is under way stays where it is, to be taken up again."""
        DBOS.destroy(destroy_registry=True)
        self._connections.dispose()


def keep_step(name: str, work: Callable[[], Any]) -> Any:
    """Run ``work`` as a step of this thread's job and keep its JSON result, or return the one kept before."""
    return DBOS.run_step({"name": name}, work)


def _as_workflow(run: Callable[[str], None]) -> Callable[[str], None]:
    def job(job_id: str) -> None:
        run(job_id)

    return job


def _config(connections: SqlEngine, worker: str) -> DBOSConfig:
    return {
        "name": "xinlu",
        "system_database_engine": connections,
        "serializer": DBOSPortableJSON,
        "application_version": VERSION,
        "executor_id": worker,
        "enable_otlp": False,
        "use_listen_notify": False,
        "log_level": "WARNING",
        # Only how soon it notices that it should stop: nothing here waits for notifications.
        "notification_listener_polling_interval_sec": 0.1,
        "max_executor_threads": 8,
    }


def _quiet() -> None:
    logger = logging.getLogger("dbos")
    logger.handlers = [_Relay()]
    logger.propagate = False


def _connections(address: str) -> SqlEngine:
    if not address.startswith("sqlite"):
        return create_engine(address, pool_size=4, max_overflow=8, pool_pre_ping=True, pool_timeout=30)
    engine = create_engine(
        address, pool_size=4, max_overflow=8, pool_timeout=30, connect_args={"timeout": WAIT_FOR_LOCK_MS / 1000}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # As DBOS sets its own connections, so that a transaction never has to turn from reading to writing half-way.
        connection.isolation_level = "IMMEDIATE"
        # NORMAL: what the log loses with the power is less than our own commits keep, and is then done again.
        # No checkpoints: one connection does them (core.db).
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "wal_autocheckpoint = 0"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
