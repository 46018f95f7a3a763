"""SELECTs of entries and what belongs to them, each within one study."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.diary.models import Entry, EntryRevision, Receipt
from app.diary.schemas import ReceiptOut
from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.sight import Sight
from app.statements.cells import CellKey, Contribution, Place, deltas
from app.statements.models import Statement
from app.studies.models import Study
from app.studies.retention import is_past

# Run at every entry: putting a statement together costs more than running it.
_ENDING = select(Study.closed_at, Study.retention_until, Study.time_zone).where(Study.id == bindparam("study_id"))


def entries_by_id(session: Session, study_id: UUID, ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Entry]:
    """Return the entries with these ids; ``lock`` holds them on PostgreSQL until the transaction ends."""
    query = select(Entry).where(Entry.study_id == study_id, Entry.id.in_(ids)).execution_options(populate_existing=True)
    return {entry.id: entry for entry in session.scalars(query.with_for_update() if lock else query)}


def is_over(session: Session, study_id: UUID, at: datetime) -> bool:
    """Return whether the study takes no more entries at the moment ``at``: closed, or past its retention date."""
    closed_at, retention_until, zone = session.execute(_ENDING, {"study_id": study_id}).one()
    return closed_at is not None or is_past(retention_until, zone, at)


def receipt(session: Session, study_id: UUID, entry_id: UUID, version: int) -> ReceiptOut:
    """Return the receipt that was given for one version of an entry."""
    row = session.get_one(Receipt, (study_id, entry_id, version))
    return ReceiptOut(
        id=row.entry_id,
        version=row.version,
        digest=row.digest,
        received_at=row.received_at.isoformat(),
        signature=row.signature,
    )


def first_received(session: Session, study_id: UUID, entry_id: UUID) -> datetime | None:
    """Return when the entry first reached us, whatever was made of it since."""
    query = select(Receipt.received_at).where(Receipt.study_id == study_id, Receipt.entry_id == entry_id)
    return session.scalar(query.order_by(Receipt.version).limit(1))


def revisions_of(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, list[EntryRevision]]:
    """Return what each of these entries said before, the first version first."""
    query = select(EntryRevision).where(EntryRevision.study_id == study_id, EntryRevision.entry_id.in_(entry_ids))
    found: dict[UUID, list[EntryRevision]] = {entry_id: [] for entry_id in entry_ids}
    for revision in session.scalars(query.order_by(EntryRevision.entry_id, EntryRevision.version)):
        found[revision.entry_id].append(revision)
    return found


def content_of(entry: Entry) -> dict[str, Any]:
    """Return what an entry says, as kept in its history when an edit replaces it."""
    return {
        "answers": entry.answers,
        "mood": entry.mood,
        "effort": entry.effort,
        "mark": entry.mark,
        "stage_id": str(entry.stage_id),
        "touchpoint_id": str(entry.touchpoint_id) if entry.touchpoint_id else None,
        "occurred_at": entry.occurred_at.isoformat(),
        "form_version": entry.form_version,
        "received_at": entry.received_at.isoformat(),
    }


def entry_of_study(session: Session, sight: Sight, entry_id: UUID) -> tuple[Entry, str]:
    """Return an entry of the study and its participant's code; NotFound otherwise, also if it may not be seen."""
    query = select(Entry, Participant.code).join(
        Participant, (Participant.study_id == Entry.study_id) & (Participant.id == Entry.participant_id)
    )
    wanted = (Entry.study_id == sight.study_id, Entry.id == entry_id, sight.reaches(Entry.participant_id))
    row = session.execute(query.where(*wanted)).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def entries_of_study(
    session: Session, sight: Sight, *, after: UUID | None, limit: int, participant_id: UUID | None = None
) -> Sequence[tuple[Entry, str]]:
    """Return entries that may be seen, in the order of their ids, beginning after ``after``.

    One more than ``limit`` tells that there are more.
    """
    query = select(Entry, Participant.code).join(
        Participant, (Participant.study_id == Entry.study_id) & (Participant.id == Entry.participant_id)
    )
    query = query.where(Entry.study_id == sight.study_id, sight.reaches(Entry.participant_id))
    query = query.order_by(Entry.id).limit(limit + 1)
    if after is not None:
        query = query.where(Entry.id > after)
    if participant_id is not None:
        query = query.where(Entry.participant_id == participant_id)
    return [(row[0], row[1]) for row in session.execute(query)]


def person_seen(session: Session, sight: Sight, participant_id: UUID) -> str:
    """Return the code of a person whose words may be seen; NotFound otherwise."""
    wanted = (Participant.study_id == sight.study_id, Participant.id == participant_id, IS_PERSON)
    code = session.scalar(select(Participant.code).where(*wanted, sight.reaches(Participant.id)))
    if code is None:
        raise NotFound()
    return code


def own_entries(session: Session, study_id: UUID, participant_id: UUID, *, limit: int | None = 500) -> Sequence[Entry]:
    """Return a person's entries, the latest moment first."""
    query = select(Entry).where(Entry.study_id == study_id, Entry.participant_id == participant_id)
    return session.scalars(query.order_by(Entry.occurred_at.desc(), Entry.id.desc()).limit(limit)).all()


def statements_of_entries(
    session: Session, study_id: UUID, entry_ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, list[Statement]]:
    """Return the statements in force of each entry; ``lock`` keeps anybody from coding them until the transaction ends."""
    query = select(Statement).where(
        Statement.study_id == study_id, Statement.source_id.in_(entry_ids), Statement.retracted_at.is_(None)
    )
    found: dict[UUID, list[Statement]] = {entry_id: [] for entry_id in entry_ids}
    query = query.order_by(Statement.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    for statement in session.scalars(query):
        found[statement.source_id].append(statement)
    return found


def count_by_participant(session: Session, study_id: UUID) -> dict[UUID, tuple[int, datetime]]:
    """Return per participant how many entries there are, and when the last one happened."""
    query = select(Entry.participant_id, func.count(), func.max(Entry.occurred_at)).where(Entry.study_id == study_id)
    return {row[0]: (row[1], row[2]) for row in session.execute(query.group_by(Entry.participant_id))}


def mood_deltas(session: Session, study_id: UUID) -> dict[CellKey, list[int]]:
    """Return every mood cell of the study, counted afresh from its entries."""
    query = select(
        Entry.participant_id, Entry.stage_id, Entry.touchpoint_id, Entry.wave_id, Entry.day, Entry.mood
    ).where(Entry.study_id == study_id, Entry.mood.is_not(None))
    return deltas(Contribution(Place(*row[:5]), "diary", (), row[5]) for row in session.execute(query))
