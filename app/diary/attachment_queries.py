"""SELECTs of photos and voice notes, each within one study; what they hold is read one by one."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.diary.models import Attachment, AttachmentContent
from app.participants.sight import Sight


def count(session: Session, study_id: UUID, entry_id: UUID, kind: str) -> int:
    """Return how many of a kind an entry has."""
    query = select(func.count()).select_from(Attachment)
    wanted = (Attachment.study_id == study_id, Attachment.entry_id == entry_id, Attachment.kind == kind)
    return session.scalar(query.where(*wanted)) or 0


def counts(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many of each kind those of the entries have that have any."""
    query = select(Attachment.entry_id, Attachment.kind, func.count()).group_by(Attachment.entry_id, Attachment.kind)
    wanted = (Attachment.study_id == study_id, Attachment.entry_id.in_(entry_ids))
    counted: dict[UUID, dict[str, int]] = {}
    for entry_id, kind, number in session.execute(query.where(*wanted)):
        counted.setdefault(entry_id, {})[kind] = number
    return counted


def of_entries(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """Return the attachments of each entry, photos first, each kind in the order in which they were made."""
    query = select(Attachment).where(Attachment.study_id == study_id, Attachment.entry_id.in_(entry_ids))
    attached: dict[UUID, list[Attachment]] = {entry_id: [] for entry_id in entry_ids}
    for one in session.scalars(query.order_by(Attachment.kind, Attachment.recorded_at, Attachment.id)):
        attached[one.entry_id].append(one)
    return attached


def of_person(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[Attachment]:
    """Return every attachment of a person, the first made first."""
    query = select(Attachment).where(Attachment.study_id == study_id, Attachment.participant_id == participant_id)
    return session.scalars(query.order_by(Attachment.recorded_at, Attachment.id)).all()


def seen(session: Session, sight: Sight, attachment_id: UUID) -> Attachment:
    """Return an attachment of the study that may be seen; NotFound otherwise."""
    wanted = (Attachment.study_id == sight.study_id, Attachment.id == attachment_id)
    row = session.scalars(select(Attachment).where(*wanted, sight.reaches(Attachment.participant_id))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def own(session: Session, study_id: UUID, participant_id: UUID, attachment_id: UUID) -> Attachment:
    """Return a person's own attachment; NotFound otherwise."""
    row = session.get(Attachment, (study_id, attachment_id))
    if row is None or row.participant_id != participant_id:
        raise NotFound()
    return row


def content(session: Session, study_id: UUID, attachment_id: UUID) -> bytes:
    """Return the bytes of an attachment; NotFound when it was just erased."""
    wanted = (AttachmentContent.study_id == study_id, AttachmentContent.attachment_id == attachment_id)
    held = session.scalar(select(AttachmentContent.content).where(*wanted))
    if held is None:
        raise NotFound()
    return held
