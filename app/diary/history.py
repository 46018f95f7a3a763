"""How long an entry may be changed by who wrote it, and what it said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.diary import queries
from app.diary.models import Entry, EntryRevision
from app.diary.words import EntryWords, words_of
from app.studies.protocol import StudyProtocol


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """What an entry said, in words, until ``replaced_at``."""

    words: EntryWords
    replaced_at: datetime


def editable_until(session: Session, entry: Entry, protocol: StudyProtocol) -> datetime:
    """Return until when the person may change the entry: counted from when we first received it, edits do not prolong it."""
    first = queries.first_received(session, entry.study_id, entry.id) or entry.received_at
    return first + timedelta(hours=protocol.study.edit_hours)


def may_edit(session: Session, entry: Entry, protocol: StudyProtocol) -> bool:
    """Return whether the person may still change the entry."""
    return clock.now() < editable_until(session, entry, protocol)


def earlier_versions(session: Session, entry: Entry, protocol: StudyProtocol) -> Sequence[EarlierVersion]:
    """Return what the entry said before, the latest version first."""
    return version_words(entry, queries.revisions_of(session, entry.study_id, {entry.id})[entry.id], protocol)


def version_words(
    entry: Entry, revisions: Sequence[EntryRevision], protocol: StudyProtocol
) -> Sequence[EarlierVersion]:
    """Return these earlier versions of the entry in words, the latest first."""
    return [EarlierVersion(words_of(_as_entry(one, entry), protocol), one.replaced_at) for one in reversed(revisions)]


def _as_entry(revision: EntryRevision, entry: Entry) -> Entry:
    """Return the entry as it was: a row that is never stored."""
    content = revision.content
    answers = content["answers"]
    touchpoint = content["touchpoint_id"]
    return Entry(
        study_id=entry.study_id,
        id=entry.id,
        participant_id=entry.participant_id,
        stage_id=UUID(content["stage_id"]),
        touchpoint_id=UUID(touchpoint) if touchpoint else None,
        form_version=content["form_version"],
        answers=answers,
        mood=content.get("mood"),
        effort=content.get("effort"),
        mark=content.get("mark"),
        occurred_at=datetime.fromisoformat(content["occurred_at"]),
        received_at=datetime.fromisoformat(content["received_at"]),
    )
