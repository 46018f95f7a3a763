"""Photos and voice notes of entries: taken in once, acknowledged by a receipt, shown to whom they belong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import AppError
from app.diary import attachment_queries as found
from app.diary import limits, phones, queries
from app.diary.clocks import believed, skew_of
from app.diary.errors import AttachmentConflict, EntryFirst, TooManyAttachments
from app.diary.media import Kind, Media
from app.diary.models import Attachment, AttachmentContent
from app.diary.phones import PhoneReport
from app.diary.schemas import ReceiptOut
from app.participants.deps import PhoneAccess
from app.participants.errors import ConsentMissing, StudyClosed, Withdrawn
from app.participants.standing import standings
from app.studies import queries as studies
from app.web.i18n import mark as _

MOST: Final = {"photo": limits.PHOTOS, "voice": limits.VOICES}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file on its way in: whose, of which entry, and by which clock. ``recorded_at`` None for now."""

    access: PhoneAccess
    id: UUID
    entry_id: UUID
    kind: Kind
    sent_digest: str
    recorded_at: datetime | None = None
    sent_at: str | None = None
    report: PhoneReport | None = None


def waiting_for(session: Session, arrival: Arrival) -> ReceiptOut | None:
    """Return the receipt of what is there already, or None when the file may come; raises what stands in its way."""
    study, person = arrival.access.study, arrival.access.participant
    present = session.get(Attachment, (study.id, arrival.id))
    if present is not None:
        same = (present.participant_id, present.sent_digest) == (person.id, arrival.sent_digest)
        if not same:
            raise AttachmentConflict()
        return _receipt(present)
    _check_standing(session, arrival)
    entry = queries.entries_by_id(session, study.id, {arrival.entry_id}).get(arrival.entry_id)
    if entry is None or entry.participant_id != person.id:
        raise EntryFirst()
    if found.count(session, study.id, arrival.entry_id, arrival.kind) >= MOST[arrival.kind]:
        raise TooManyAttachments()
    return None


def take_in(database: Database, keyring: Keyring, arrival: Arrival, media: Media) -> tuple[ReceiptOut, bool]:
    """Store a file made new; returns its receipt and whether this call stored it. All is asked again: time has passed."""
    refusal: AppError | None = None
    with database.write() as session:
        # Held until the end: two files of one entry that arrive at once are counted one after the other.
        queries.entries_by_id(session, arrival.access.study.id, {arrival.entry_id}, lock=True)
        try:
            receipt, made = waiting_for(session, arrival), False
        except AppError as error:
            receipt, made, refusal = None, False, error
        if receipt is None and refusal is None:
            receipt, made = _store(session, keyring, arrival, media), True
        if arrival.report is not None:
            waits = arrival.report.unsent + (refusal is not None)
            phones.note(session, [PhoneReport(arrival.report.token_hash, waits)])
    if receipt is None:
        raise refusal or EntryFirst()
    return receipt, made


def keep(database: Database, keyring: Keyring, access: PhoneAccess, entry_id: UUID, files: Iterable[Media]) -> None:
    """Store the files that a form carried, once its entry is stored. Their ids come from what they are."""
    for one in files:
        attachment_id = uuid5(entry_id, one.sent_digest)
        take_in(database, keyring, Arrival(access, attachment_id, entry_id, one.kind, one.sent_digest), one)


def _check_standing(session: Session, arrival: Arrival) -> None:
    study, person = arrival.access.study, arrival.access.participant
    standing = standings(session, study.id, [person.id]).get(person.id)
    if standing is None or standing.withdrawn_at is not None:
        raise Withdrawn(_("参与已经结束，这个没有保存"))
    if queries.is_over(session, study.id, clock.now()):
        raise StudyClosed(_("这项研究已经结束，这个没有保存"))
    if not standing.may_write(studies.protocol(session, study.id).required_purposes, on_phone=True):
        raise ConsentMissing()


def _store(session: Session, keyring: Keyring, arrival: Arrival, media: Media) -> ReceiptOut:
    study_id, person = arrival.access.study.id, arrival.access.participant
    at = clock.now()
    said = arrival.recorded_at or at
    row = Attachment(
        study_id=study_id,
        id=arrival.id,
        entry_id=arrival.entry_id,
        participant_id=person.id,
        kind=media.kind,
        media_type=media.media_type,
        size=len(media.content),
        width=media.width,
        height=media.height,
        milliseconds=media.milliseconds,
        sent_digest=media.sent_digest,
        recorded_at=believed(said, said, at, skew_of(arrival.sent_at, at)).recorded_at,
        received_at=at,
        signature=keyring.sign(f"{arrival.id}|{media.sent_digest}|{at.isoformat()}".encode()),
    )
    session.add(row)
    session.flush()
    content = {"study_id": study_id, "attachment_id": arrival.id, "content": media.content}
    session.execute(insert(AttachmentContent).values(content))
    detail = {"attachment": str(arrival.id), "entry": str(arrival.entry_id), "kind": media.kind}
    label = arrival.access.label
    audit.record(session, audit.Change(label, "attachment.create", study_id, person.id, detail))
    return _receipt(row)


def _receipt(row: Attachment) -> ReceiptOut:
    received_at = row.received_at.isoformat()
    return ReceiptOut(id=row.id, version=1, digest=row.sent_digest, received_at=received_at, signature=row.signature)
