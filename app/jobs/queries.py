"""Every SELECT of this room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs.models import OPEN, QUEUED, Job, JobWorker


def find(session: Session, job_id: UUID) -> Job | None:
    """Return the job, or None."""
    return session.get(Job, job_id, populate_existing=True)


def by_key(session: Session, name: str, key: str) -> UUID | None:
    """Return the id of the job ``name`` with this key, whatever its state."""
    return session.scalar(select(Job.id).where(Job.name == name, Job.key == key))


def waiting(session: Session, most: int) -> Sequence[UUID]:
    """Return up to ``most`` jobs that no worker has handed to the engine yet, the oldest first."""
    return session.scalars(select(Job.id).where(Job.handed_at.is_(None)).order_by(Job.id).limit(most)).all()


def open_jobs(session: Session, name: str, study_id: UUID) -> Sequence[Job]:
    """Return the jobs ``name`` of a study that have not ended, the oldest first."""
    query = select(Job).where(Job.study_id == study_id, Job.name == name, Job.state.in_(OPEN)).order_by(Job.id)
    return session.scalars(query).all()


def arguments_of(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return id, arguments and key of every job of the study."""
    return session.execute(select(Job.id, Job.arguments, Job.key).where(Job.study_id == study_id)).all()


def is_queued(session: Session, name: str, study_id: UUID) -> bool:
    """Return whether a job ``name`` of the study waits to begin; it then does not begin before the session has ended.

    So whoever finds one need not ask for another: that one will see what this transaction writes.
    """
    query = select(Job.id).where(Job.study_id == study_id, Job.name == name, Job.state == QUEUED).limit(1)
    return session.scalar(query.with_for_update(read=True)) is not None


def latest_ended(session: Session, name: str, study_id: UUID) -> Job | None:
    """Return the job ``name`` of the study that ended last, or None."""
    ended = select(Job).where(Job.study_id == study_id, Job.name == name, Job.finished_at.is_not(None))
    return session.scalars(ended.order_by(Job.finished_at.desc()).limit(1)).one_or_none()


def ended_before(session: Session, moment: datetime, most: int) -> Sequence[UUID]:
    """Return up to ``most`` jobs that ended before ``moment``."""
    return session.scalars(select(Job.id).where(Job.finished_at < moment).limit(most)).all()


def workers(session: Session) -> Sequence[JobWorker]:
    """Return every process that has said it works on jobs and has not said goodbye."""
    return session.scalars(select(JobWorker).order_by(JobWorker.name)).all()
