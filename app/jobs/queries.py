"""Every SELECT of this room."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs.models import OPEN, Job, JobWorker


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


def ended_before(session: Session, moment: datetime, most: int) -> Sequence[UUID]:
    """Return up to ``most`` jobs that ended before ``moment``."""
    return session.scalars(select(Job.id).where(Job.finished_at < moment).limit(most)).all()


def workers(session: Session) -> Sequence[JobWorker]:
    """Return every process that has said it works on jobs and has not said goodbye."""
    return session.scalars(select(JobWorker).order_by(JobWorker.name)).all()
