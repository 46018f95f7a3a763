"""SELECTs behind what a person takes along, each of one person of one study."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.care.models import Message
from app.diary.models import Receipt
from app.participants.models import Consent
from app.statements.models import MachineCoding, Statement

SLICE = 500
"""So many ids stand in one question: a person may have written more than a database takes at once."""


def consents_of(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[Consent]:
    """Return every consent the person gave, in force or taken back, the first one first."""
    mine = (Consent.study_id == study_id, Consent.participant_id == participant_id)
    return session.scalars(select(Consent).where(*mine).order_by(Consent.given_at, Consent.id)).all()


def messages_of(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[Message]:
    """Return the person's conversation with the team."""
    mine = (Message.study_id == study_id, Message.participant_id == participant_id)
    return session.scalars(select(Message).where(*mine).order_by(Message.sent_at, Message.id)).all()


def events_about(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[AuditEvent]:
    """Return what the log says of the person."""
    about = (AuditEvent.study_id == study_id, AuditEvent.subject_id == participant_id)
    return session.scalars(select(AuditEvent).where(*about).order_by(AuditEvent.id)).all()


def receipts_of(session: Session, study_id: UUID, entry_ids: Sequence[UUID]) -> Mapping[UUID, list[Receipt]]:
    """Return every receipt of each entry, by version."""
    found: defaultdict[UUID, list[Receipt]] = defaultdict(list)
    for ids in _slices(entry_ids):
        query = select(Receipt).where(Receipt.study_id == study_id, Receipt.entry_id.in_(ids))
        for one in session.scalars(query.order_by(Receipt.entry_id, Receipt.version)):
            found[one.entry_id].append(one)
    return found


def statements_of(session: Session, study_id: UUID, source_ids: Sequence[UUID]) -> Mapping[UUID, list[Statement]]:
    """Return the statements of each entry, replaced ones too."""
    found: defaultdict[UUID, list[Statement]] = defaultdict(list)
    for ids in _slices(source_ids):
        query = select(Statement).where(Statement.study_id == study_id, Statement.source_id.in_(ids))
        for one in session.scalars(query.order_by(Statement.id)):
            found[one.source_id].append(one)
    return found


def codings_of(session: Session, study_id: UUID, source_ids: Sequence[UUID]) -> Mapping[UUID, list[MachineCoding]]:
    """Return what each version of a coder gave each statement of these entries."""
    found: defaultdict[UUID, list[MachineCoding]] = defaultdict(list)
    same = and_(MachineCoding.study_id == Statement.study_id, MachineCoding.statement_id == Statement.id)
    for ids in _slices(source_ids):
        query = select(MachineCoding).join(Statement, same)
        query = query.where(Statement.study_id == study_id, Statement.source_id.in_(ids))
        for one in session.scalars(query.order_by(MachineCoding.statement_id, MachineCoding.model_version)):
            found[one.statement_id].append(one)
    return found


def _slices(ids: Sequence[UUID]) -> Sequence[Collection[UUID]]:
    return [ids[start : start + SLICE] for start in range(0, len(ids), SLICE)]
