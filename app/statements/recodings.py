"""Coding a study again: asked for as a proposal or at once, and adopted or declined; every step is in the log."""

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import NotFound
from app.core.ids import uuid7
from app.jobs import queries as jobs
from app.jobs.models import FAILED, Job
from app.jobs.service import enqueue
from app.statements.errors import RecodeUnderWay, RecodingDecided, RecodingUndecided
from app.statements.holding import hold_alone
from app.statements.models import Recoding
from app.statements.recode import TASK
from app.studies.adaptations import choice_for
from app.studies.coders import Choice
from app.studies.models import Study

CODING: Final = "coding"
READY: Final = "ready"
ADOPTING: Final = "adopting"
ADOPTED: Final = "adopted"
DECLINED: Final = "declined"
UNDECIDED: Final = (CODING, READY)
Standing = Literal["coding", "ready", "adopting", "adopted", "declined", "failed"]


def request(session: Session, actor: str, study: Study, coder: str, *, preview: bool = False) -> Recoding:
    """Ask for all statements of the study to be coded by ``coder``, and for its scores to be in force then unless that is
    a ``preview``; returns the recoding, whose job does it.

    Asking again before the job has ended returns the same one, which is then no preview unless both times asked for one.
    Invalid for an unknown coder, CoderUnavailable for a slow one that lacks what it needs, NotAdapted for an adaptation
    that is not there, RecodeUnderWay if another coder is at it, RecodingUndecided if another's proposal waits.
    """
    choice = choice_for(session, study.id, coder)
    choice.require_available()
    version = choice.installed()
    hold_alone(session, study.id)
    running = _running(session, study.id, choice)
    if running is not None:
        running.preview = running.preview and preview
        return running
    found = _reusable(session, study.id, choice, preview=preview)
    detail = {"coder": coder, "version": version, "preview": preview}
    record(session, Change(actor, "coder.requested", study.id, detail=detail))
    if found is None:
        found = Recoding(study_id=study.id, id=uuid7(), coder=coder, adaptation_id=choice.adaptation_id)
        found.version, found.before = version, study.coder_version
    found.preview, found.state = preview, CODING
    found.requested_by, found.requested_at = actor, clock.now()
    _start(session, found, actor)
    return found


def adopt(session: Session, actor: str, study_id: UUID, recoding_id: UUID) -> Recoding:
    """Let a proposal that is ready be in force: its job codes what has come since, and switches. RecodingDecided if it is
    not ready; one that is being adopted, or was, is returned as it is."""
    hold_alone(session, study_id)
    found = get(session, study_id, recoding_id)
    now = standing(session, found)
    if now in (ADOPTING, ADOPTED):
        return found
    if now != READY and not (now == "failed" and found.state == ADOPTING):
        raise RecodingDecided()
    if jobs.open_jobs(session, TASK, study_id):
        raise RecodeUnderWay()
    _decide(session, found, actor, ADOPTING)
    found.preview = False
    _start(session, found, actor)
    return found


def decline(session: Session, actor: str, study_id: UUID, recoding_id: UUID) -> Recoding:
    """Leave everything as it is; what was coded stays beside. RecodingDecided if it is being adopted, or was."""
    hold_alone(session, study_id)
    found = get(session, study_id, recoding_id)
    if found.state == DECLINED:
        return found
    if found.state not in UNDECIDED and standing(session, found) != "failed":
        raise RecodingDecided()
    _decide(session, found, actor, DECLINED)
    return found


def get(session: Session, study_id: UUID, recoding_id: UUID) -> Recoding:
    """Return a recoding of the study as it stands now; NotFound if there is none."""
    found = session.get(Recoding, (study_id, recoding_id), populate_existing=True)
    if found is None:
        raise NotFound()
    return found


def recent(session: Session, study_id: UUID, most: int) -> Sequence[Recoding]:
    """Return the last recodings of the study, the newest first."""
    query = select(Recoding).where(Recoding.study_id == study_id).order_by(Recoding.id.desc()).limit(most)
    return session.scalars(query).all()


def undecided(session: Session, study_id: UUID) -> Recoding | None:
    """Return the proposal that waits for a decision, or is on its way to one."""
    query = select(Recoding).where(
        Recoding.study_id == study_id, Recoding.preview.is_(True), Recoding.state.in_(UNDECIDED)
    )
    return session.scalars(query.order_by(Recoding.id.desc()).limit(1)).one_or_none()


def standing(session: Session, found: Recoding) -> Standing:
    """Return the state of a recoding, `failed` where its job ended without reaching the next one."""
    job = job_of(session, found)
    if found.state in (CODING, ADOPTING) and (job is None or job.state == FAILED):
        return "failed"
    standing: Standing = found.state  # type: ignore[assignment]
    return standing


def job_of(session: Session, found: Recoding) -> Job | None:
    """Return the job of a recoding, while it is remembered."""
    return jobs.find(session, found.job_id)


def _running(session: Session, study_id: UUID, choice: Choice) -> Recoding | None:
    for job in jobs.open_jobs(session, TASK, study_id):
        named = job.arguments.get("recoding")
        found = get(session, study_id, UUID(named)) if named else None
        if found is None or found.state == DECLINED or not _of(found, choice):
            raise RecodeUnderWay()
        return found
    return None


def _reusable(session: Session, study_id: UUID, choice: Choice, *, preview: bool) -> Recoding | None:
    """The proposal of the same coder, to be brought up to date or adopted at once; another coder's must be decided first."""
    found = undecided(session, study_id)
    if found is None or _of(found, choice):
        return found
    if standing(session, found) == "failed":
        return None
    if preview:
        raise RecodingUndecided()
    return None


def _of(found: Recoding, choice: Choice) -> bool:
    return (found.coder, found.adaptation_id) == (choice.name, choice.adaptation_id)


def _start(session: Session, found: Recoding, actor: str) -> None:
    arguments = {"study": str(found.study_id), "coder": found.coder, "actor": actor, "recoding": str(found.id)}
    if found.adaptation_id is not None:
        arguments["adaptation"] = str(found.adaptation_id)
    found.job_id = enqueue(session, TASK, arguments, study_id=found.study_id)
    session.add(found)
    session.flush()


def _decide(session: Session, found: Recoding, actor: str, state: str) -> None:
    found.state, found.decided_by, found.decided_at = state, actor, clock.now()
    action = "recoding.adopted" if state == ADOPTING else "recoding.declined"
    detail = {"recoding": str(found.id), "coder": found.coder, "version": found.version}
    record(session, Change(actor, action, found.study_id, detail=detail))
    session.flush()
