"""People who write what is of concern, jobs done on the spot, and what then stands."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.audit.models import AuditEvent
from app.care.alert_models import Alert, CareContact, FollowUp
from app.core import clock
from app.diary import concerns
from app.jobs.context import JobContext, WorkerContext
from app.jobs.declare import TASKS
from app.jobs.models import QUEUED, Job
from app.studies import membership
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.scene import PASSWORD

NOW = datetime(2026, 3, 14, 4, tzinfo=UTC)
"""Noon in Shanghai, four days after the operation."""
HOUR = timedelta(hours=1)
WELL = "今天挺好的，护士很耐心。"
HARM = "夜里又疼又怕，真的不想活了。"


def actor(cast: Cast, who: str = "owner") -> StaffActor:
    """Return a signed-in member of the staff."""
    return StaffActor(cast.user_ids[who], who, who.title(), False)


def add_carer(cast: Cast, name: str = "carer") -> StaffActor:
    """Take in a member of the care staff, with an API key."""
    with cast.store.write() as session:
        user = accounts.create_user(session, name, name.title(), PASSWORD)
        membership.set_role(session, actor(cast), cast.study_id, name, "care")
        _, token = accounts.create_api_key(session, cast.keyring, user.id, "test", list(SCOPES))
        cast.user_ids[name] = user.id
    cast.headers[name] = {"Authorization": f"Bearer {token}"}
    return actor(cast, name)


def set_rules(cast: Cast, **rules: Any) -> None:
    """Set the study's rules, as its team does."""
    with cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        study.care = {**study.care, **rules}
        study.protocol_revision += 1


def write(
    cast: Cast,
    text: str = WELL,
    *,
    code: str = "P01",
    entry_id: UUID | None = None,
    ago: timedelta = HOUR,
    if_match: str | None = None,
    **answers: Any,
) -> tuple[UUID, str]:
    """Hand an entry in over the API, of a moment ``ago``; returns its id and ETag."""
    given_id = entry_id or uuid4()
    at = (clock.now() - ago).isoformat()
    body = cast.entry(participant=code, occurred_at=at, answers={"feeling": text, "mood": 6, **answers})
    answer = cast.put(body, given_id, if_match=if_match)
    assert answer.status_code in (200, 201), answer.text
    return given_id, answer.headers["etag"]


def worker(cast: Cast) -> WorkerContext:
    """Return what a worker's process lends to what it runs."""
    return WorkerContext(cast.app.state.settings, cast.store, cast.keyring, threading.Event())


def job_context(cast: Cast, job_id: UUID) -> JobContext:
    """Return what one run of a job is given, without an engine that keeps its steps."""

    def once(name: str, work: Callable[[], Any]) -> Any:
        return work()

    return JobContext(job_id, worker(cast), once)


def asked(cast: Cast) -> Sequence[Job]:
    """Return the looks that were asked for, done or not, in their order."""
    with cast.store.read() as session:
        return session.scalars(select(Job).where(Job.name == concerns.TASK).order_by(Job.id)).all()


def do_jobs(cast: Cast, *, again: bool = False) -> int:
    """Do the looks that wait, or once more all there ever were; returns how many jobs."""
    waiting = [job for job in asked(cast) if again or job.state == QUEUED]
    for job in waiting:
        TASKS[job.name](job_context(cast, job.id), **job.arguments)
    with cast.store.write() as session:
        for job in waiting:
            session.get_one(Job, job.id).state = "done"
    return len(waiting)


def all_follow_ups(cast: Cast) -> Sequence[FollowUp]:
    """Return every follow-up, as they were opened."""
    with cast.store.read() as session:
        return session.scalars(select(FollowUp).order_by(FollowUp.id)).all()


def all_alerts(cast: Cast) -> Sequence[Alert]:
    """Return every alert, as they were raised."""
    with cast.store.read() as session:
        return session.scalars(select(Alert).order_by(Alert.id)).all()


def all_contacts(cast: Cast) -> Sequence[CareContact]:
    """Return every contact, as they were logged."""
    with cast.store.read() as session:
        return session.scalars(select(CareContact).order_by(CareContact.at, CareContact.id)).all()


def logged(cast: Cast) -> Sequence[AuditEvent]:
    """Return what the log says of follow-ups."""
    with cast.store.read() as session:
        query = select(AuditEvent).where(AuditEvent.action.startswith("follow_up."))
        return session.scalars(query.order_by(AuditEvent.id)).all()
