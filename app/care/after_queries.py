"""SELECTs of low moments, of when the team was in touch afterwards, and of what people wrote later; each within one study."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.care.alert_models import Alert, CareContact, FollowUp
from app.care.models import Message
from app.diary.models import Entry
from app.maps.ecosystem.models import SupportLog
from app.statements.models import Statement

AT_ONCE = 500
"""So many ids stand in one SELECT."""


@dataclass(frozen=True, slots=True)
class LowMoment:
    """The first entry for which a follow-up was opened or joined; ``mood`` 1..9 as it was then."""

    follow_up_id: UUID
    participant_id: UUID
    entry_id: UUID
    occurred_at: datetime
    mood: int | None


@dataclass(frozen=True, slots=True)
class Touch:
    """That the team was in touch with a person: ``contact`` reached them for a follow-up, others are messages and support."""

    participant_id: UUID
    at: datetime
    contact: bool


@dataclass(frozen=True, slots=True)
class Written:
    """An entry: when it happened, and the mood chosen (1..9)."""

    id: UUID
    participant_id: UUID
    occurred_at: datetime
    mood: int | None


def low_moments(session: Session, study_id: UUID, most: int) -> Sequence[LowMoment]:
    """Return the low moments of the newest ``most`` follow-ups, one of each; silence alone is none."""
    newest = select(FollowUp.id).where(FollowUp.study_id == study_id).order_by(FollowUp.opened_at.desc(), FollowUp.id)
    columns = (Alert.follow_up_id, Alert.participant_id, Alert.entry_id, Alert.occurred_at, Alert.mood)
    place = func.row_number().over(partition_by=Alert.follow_up_id, order_by=(Alert.occurred_at, Alert.id))
    first = (
        select(*columns, place.label("place"))
        .where(Alert.study_id == study_id, Alert.entry_id.is_not(None))
        .where(Alert.follow_up_id.in_(newest.limit(most)))
        .subquery()
    )
    rows = session.execute(select(*(first.c[one.key] for one in columns)).where(first.c.place == 1))
    return [LowMoment(*row) for row in rows]


def touches(session: Session, study_id: UUID) -> Sequence[Touch]:
    """Return when the team was in touch with single people: contacts that reached them, messages, support for one person."""
    follow_up = and_(FollowUp.study_id == CareContact.study_id, FollowUp.id == CareContact.follow_up_id)
    contacts = select(FollowUp.participant_id, CareContact.at).join(FollowUp, follow_up)
    contacts = contacts.where(CareContact.study_id == study_id, CareContact.reached)
    messages = select(Message.participant_id, Message.sent_at)
    messages = messages.where(Message.study_id == study_id, Message.from_person.is_(False))
    support = select(SupportLog.participant_id, SupportLog.created_at, SupportLog.on).where(
        SupportLog.study_id == study_id,
        SupportLog.participant_id.is_not(None),
        SupportLog.removed_at.is_(None),
        SupportLog.generic.is_(False),
    )
    found = [Touch(row[0], row[1], True) for row in session.execute(contacts)]
    found += [Touch(row[0], row[1], False) for row in session.execute(messages)]
    rows: Sequence[Any] = session.execute(support).all()
    return found + [Touch(row[0], at_noon(row[1], row[2]), False) for row in rows]


def written_by(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> Sequence[Written]:
    """Return the entries of these people, the earliest first."""
    found: list[Written] = []
    for some in _portions(participant_ids):
        query = select(Entry.id, Entry.participant_id, Entry.occurred_at, Entry.mood)
        query = query.where(Entry.study_id == study_id, Entry.participant_id.in_(some))
        found += [Written(*row) for row in session.execute(query)]
    return sorted(found, key=lambda one: (one.occurred_at, one.id))


def lowest_scores(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return of each entry that says something its lowest statement's score in force, in millionths."""
    found: dict[UUID, int] = {}
    for some in _portions(entry_ids):
        query = select(Statement.source_id, func.min(Statement.sentiment_micro)).where(
            Statement.study_id == study_id, Statement.source_id.in_(some), Statement.retracted_at.is_(None)
        )
        found |= {row[0]: row[1] for row in session.execute(query.group_by(Statement.source_id))}
    return found


def at_noon(logged_at: datetime, on: date | None) -> datetime:
    """Return when support was given: at noon (UTC) of the day that it is logged for, else when it was logged."""
    return logged_at if on is None else datetime.combine(on, time(12), UTC)


def _portions(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while some := list(islice(left, AT_ONCE)):
        yield some
