"""Asking for work, and seeing how far it is."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.core.errors import NotFound
from app.core.ids import uuid7
from app.jobs import queries
from app.jobs.models import OPEN, QUEUED, Job


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How far a job is. ``state`` is queued, running, done or failed; ``total`` is None until the task knows it."""

    state: str
    done: int
    total: int | None
    error_code: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in OPEN


def enqueue(
    session: Session, name: str, arguments: Mapping[str, Any], *, key: str | None = None, study_id: UUID | None = None
) -> UUID:
    """Ask for the task ``name`` with JSON ``arguments`` (ids, never anything a person wrote); returns the job's id.

    Workers see the job once the session's transaction commits, and never if it does not. Asking again for the same name
    and ``key`` returns the job there is, also when it has ended.
    """
    job_id = uuid7()
    values = {"id": job_id, "name": name, "key": key, "study_id": study_id, "arguments": dict(arguments)}
    fresh = {"state": QUEUED, "attempts": 0, "done": 0, "created_at": clock.now()}
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(Job).values(values | fresh).on_conflict_do_nothing(index_elements=[Job.name, Job.key])
    if session.scalar(statement.returning(Job.id)) is not None:
        return job_id
    present = queries.by_key(session, name, key or "")
    if present is None:
        raise RuntimeError("a job's key collided with one that is not there")
    return present


def forget_about(session: Session, study_id: UUID, ids: Collection[UUID]) -> int:
    """Delete the study's jobs whose arguments or key name one of ``ids``, ended or not; returns how many.

    An engine that still holds one finds nothing to do.
    """
    named = {str(one) for one in ids} | {one.hex for one in ids}
    found = [
        job_id
        for job_id, arguments, key in queries.arguments_of(session, study_id)
        if any(one in f"{arguments} {key}" for one in named)
    ]
    session.execute(delete(Job).where(Job.id.in_(found)).execution_options(synchronize_session=False))
    return len(found)


def status(session: Session, job_id: UUID) -> JobStatus:
    """Return how far the job is; NotFound if there is none (jobs are forgotten a month after they ended)."""
    job = queries.find(session, job_id)
    if job is None:
        raise NotFound
    return JobStatus(job.state, job.done, job.total, job.error_code)


def watch(database: Database, job_id: UUID, *, every: float = 0.2) -> Iterator[JobStatus]:
    """Yield the job's status each time it has changed, looked at ``every`` so many seconds, until it has ended."""
    seen: JobStatus | None = None
    while seen is None or not seen.ended:
        if seen is not None:
            time.sleep(every)
        with database.read() as session:
            now = status(session, job_id)
        if now != seen:
            yield now
        seen = now
