"""SELECTs for taking sheets in, each within one study."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.diary.models import Entry, Receipt
from app.participants.models import Consent, Participant
from app.participants.queries import IS_PERSON
from app.statements.models import Statement
from app.studies.models import Study


def digests(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Return the digests under which each of these entries was ever stored."""
    found: dict[UUID, set[str]] = {}
    query = select(Receipt.entry_id, Receipt.digest).where(Receipt.study_id == study_id)
    for entry_id, digest in session.execute(query.where(Receipt.entry_id.in_(entry_ids))):
        found.setdefault(entry_id, set()).add(digest)
    return found


def time_zones(session: Session, study_id: UUID, references: Collection[str]) -> dict[str, str]:
    """Return the time zone of each participant whose code or id is among ``references``."""
    ids = {parsed for reference in references if (parsed := as_id(reference))}
    known = or_(Participant.code.in_(references), Participant.id.in_(ids))
    query = select(Participant.code, Participant.id, Participant.time_zone).where(
        Participant.study_id == study_id, known, IS_PERSON
    )
    found: dict[str, str] = {}
    for code, participant_id, zone in session.execute(query):
        found[code] = found[str(participant_id)] = zone
    return found


def took_consent_back(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these participants who have taken back a consent they had given."""
    query = select(Consent.participant_id).where(
        Consent.study_id == study_id, Consent.participant_id.in_(participant_ids), Consent.withdrawn_at.is_not(None)
    )
    return set(session.scalars(query))


def as_id(reference: str) -> UUID | None:
    """Return the UUID that ``reference`` is, if it is one."""
    try:
        return UUID(reference)
    except ValueError:
        return None


def said_by(session: Session, study_id: UUID, code: str) -> Sequence[tuple[UUID, str]]:
    """Return id and text of what the person with this code has said, in the order in which it happened."""
    query = (
        select(Statement.id, Statement.text)
        .join(Participant, and_(Participant.study_id == study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == study_id, Participant.code == code, Statement.retracted_at.is_(None))
        .order_by(Statement.occurred_at, Statement.id)
    )
    return [(statement_id, text) for statement_id, text in session.execute(query)]


def logged(session: Session, study_id: UUID, action: str) -> bool:
    """Return whether the log knows of ``action`` in the study."""
    query = select(AuditEvent.id).where(AuditEvent.study_id == study_id, AuditEvent.action == action).limit(1)
    return session.scalar(query) is not None


def all_studies(session: Session) -> Sequence[Study]:
    """Return every study of the installation, for its operator."""
    return session.scalars(select(Study).order_by(Study.id)).all()


def entry_at(session: Session, study_id: UUID, participant_id: UUID, occurred_at: datetime) -> UUID | None:
    """Return the id of what the person wrote of that moment, or None."""
    mine = (Entry.study_id == study_id, Entry.participant_id == participant_id)
    return session.scalar(select(Entry.id).where(*mine, Entry.occurred_at == occurred_at).limit(1))
