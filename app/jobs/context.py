"""What a task is given, and how its steps are run."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import AppError
from app.core.settings import Settings
from app.jobs.errors import Interrupted, JobFailed
from app.jobs.models import Job

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
FIRST_WAIT = 0.2
INTERNAL = "internal"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What the process lends to all that runs in it. ``stopping`` is set once it should end."""

    settings: Settings
    database: Database
    keyring: Keyring
    stopping: Event

    def pause(self, seconds: float) -> None:
        """Wait so long; raises Interrupted when the process is to end."""
        if self.stopping.wait(seconds):
            raise Interrupted


class KeepStep(Protocol):
    """The engine's part of a step: runs ``work`` and keeps its JSON result, or returns what was kept."""

    def __call__(self, name: str, work: Callable[[], Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class JobContext:
    """What one run of one job is given."""

    job_id: UUID
    worker: WorkerContext
    keep_step: KeepStep

    @property
    def database(self) -> Database:
        """The database; a task opens its transactions inside steps."""
        return self.worker.database

    def step(self, name: str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what ``work`` returns, a JSON value; when the job was taken up again, what it returned before.

        Tried up to five times, unless it raises AppError or JobFailed. Results go into the engine's tables: ids and
        counts, never anything a person wrote. Raises JobFailed, or Interrupted when the process is to end.
        """
        self.worker.pause(0)
        kept = self.keep_step(name, lambda: self._attempt(name, lambda: work(*args, **kwargs)))
        if "error" in kept:
            raise JobFailed(kept["error"])
        return cast("R", kept["result"])

    def _attempt(self, name: str, work: Callable[[], Any]) -> dict[str, Any]:
        # Failures are answers here: the engine would keep an exception's text, which can quote a row.
        for attempt in range(ATTEMPTS):
            try:
                return {"result": work()}
            except (AppError, JobFailed) as error:
                return {"error": error.code}
            except Exception as error:  # noqa: BLE001 - whatever a step meets is tried again, then ends its job
                log.warning(
                    "step failed", job=str(self.job_id), step=name, attempt=attempt + 1, error=type(error).__name__
                )
                self.worker.pause(FIRST_WAIT * 2**attempt if attempt + 1 < ATTEMPTS else 0)
        return {"error": INTERNAL}

    def report(self, session: Session, done: int, total: int | None = None) -> None:
        """Say, in the session's transaction, how far the job is; without ``total``, that stays as it was."""
        values = {"done": done} if total is None else {"done": done, "total": total}
        session.execute(update(Job).where(Job.id == self.job_id).values(values))
