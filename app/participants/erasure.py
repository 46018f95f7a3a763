"""Erasing people: their rows, all that hangs on them, and what the log says of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Change
from app.core import clock
from app.core.errors import NotFound
from app.jobs import queries as jobs
from app.jobs.service import enqueue, forget_about
from app.participants import queries
from app.participants.models import Participant
from app.studies.models import Study
from app.studies.retention import is_past

ACTOR = "retention"
SCRUB = "participants.scrub"
BATCH = 20
"""People a transaction: on SQLite everyone who writes waits for it."""


def erase_expired(session: Session, study_id: UUID, *, most: int = BATCH) -> int:
    """Erase up to ``most`` people, and observers, of a study that is past its retention date and return how many.

    0, and nothing changed, once nobody is left, and for a study whose date has not come or was moved meanwhile.
    """
    study = queries.held_study(session, study_id)
    if not is_past(study.retention_until, study.time_zone, clock.now()):
        return 0
    ids = queries.to_erase(session, study_id, most)
    if ids:
        details = _erase(session, study, list(ids))
        _scrub_later(session, study.id)
        left = queries.count(session, study_id)
        people = sum(ids.values())
        counts = {"participants": people, "log_details": details, "participants_left": left}
        counts |= {"observers": len(ids) - people} if len(ids) > people else {}
        audit.record(session, Change(ACTOR, "study.erased", study_id, detail=counts))
    return len(ids)


def erase_person(session: Session, actor: str, study_id: UUID, participant_id: UUID) -> int:
    """Erase one person at once, at their own or their team's word; returns of how many events the detail was destroyed.

    NotFound if they are not in the study. The log keeps that ``actor`` erased somebody, under a number that leads nowhere.
    """
    study = queries.held_study(session, study_id)
    if queries.by_id(session, study_id, participant_id) is None:
        raise NotFound()
    details = _erase(session, study, [participant_id])
    counts = {"log_details": details, "participants_left": queries.count(session, study_id)}
    audit.record(session, Change(actor, "participant.erased", study_id, detail=counts))
    _scrub_later(session, study_id)
    return details


def _scrub_later(session: Session, study_id: UUID) -> None:
    """Ask a worker to take the last traces out of the database's file, unless it is asked already."""
    if not jobs.is_queued(session, SCRUB, study_id):
        enqueue(session, SCRUB, {}, study_id=study_id)


def _erase(session: Session, study: Study, ids: Sequence[UUID]) -> int:
    """Erase these people of a study that is held; returns of how many events of the log the detail was destroyed.

    The database takes along what refers to a person: entries with their history and receipts, statements with their
    codings, cells, consents, links, phones, prompts, messages, the log of readings, the anchor event. The protocol's
    revision tells every process that what it holds of the study is no longer so.
    """
    study.protocol_revision += 1
    session.flush()
    session.execute(
        delete(Participant)
        .where(Participant.study_id == study.id, Participant.id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    forget_about(session, study.id, ids)
    return audit.destroy_details(session, study.id, ids)
