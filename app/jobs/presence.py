"""Which processes work on jobs: each says so every few seconds, and one that has gone quiet is taken for dead."""

import os
import socket
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from app.core import clock
from app.jobs import queries
from app.jobs.errors import WorkerNameTaken
from app.jobs.models import JobWorker

QUIET = timedelta(seconds=30)
PID_NAMESPACE = Path("/proc/self/ns/pid")


def here() -> str:
    """Return the name of this machine or container, within which a process id means one process."""
    try:
        namespace = str(PID_NAMESPACE.readlink())
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}/{namespace}"[:200]


def claim(session: Session, name: str) -> None:
    """Sign on as ``name``; WorkerNameTaken if a live process has it. A dead one of the same name is succeeded."""
    present = session.get(JobWorker, name, with_for_update=True)
    mine = present is not None and present.host == here() and present.pid == os.getpid()
    if present is not None and not mine and _alive(present, clock.now()):
        raise WorkerNameTaken
    if present is not None:
        session.delete(present)
        session.flush()
    moment = clock.now()
    session.add(JobWorker(name=name, host=here(), pid=os.getpid(), started_at=moment, seen_at=moment))


def beat(session: Session, name: str) -> bool:
    """Say that this process is alive; returns whether the name is still its own."""
    said = session.execute(update(JobWorker).where(*_ours(name)).values(seen_at=clock.now()).returning(JobWorker.name))
    return said.first() is not None


def release(session: Session, name: str) -> None:
    """Sign off, so that others take up at once what is left."""
    session.execute(delete(JobWorker).where(*_ours(name)))


def live(session: Session) -> Collection[str]:
    """Return the names of the processes that are alive."""
    moment = clock.now()
    return {one.name for one in queries.workers(session) if _alive(one, moment)}


def forget(session: Session, before: datetime) -> None:
    """Drop the processes that were last heard of before that moment."""
    session.execute(delete(JobWorker).where(JobWorker.seen_at < before))


def _ours(name: str) -> tuple[ColumnElement[bool], ...]:
    return JobWorker.name == name, JobWorker.host == here(), JobWorker.pid == os.getpid()


def _alive(worker: JobWorker, moment: datetime) -> bool:
    if moment - worker.seen_at > QUIET:
        return False
    return worker.host != here() or _runs(worker.pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
