"""SELECTs of who stands where on the road today and of when the team was last in touch; each within one study."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.care.after_queries import at_noon
from app.care.alert_models import CLOSED, CareContact, FollowUp
from app.care.models import Message
from app.diary.models import Entry
from app.maps.ecosystem.models import SupportLog
from app.participants.models import AnchorEvent, Participant
from app.participants.queries import IS_PERSON
from app.participants.sight import Sight

TouchKind = Literal["contact", "message", "support"]


@dataclass(frozen=True, slots=True)
class OnTheRoad:
    """A person who takes part, and the date that their days are counted from."""

    id: UUID
    code: str
    time_zone: str
    anchor_on: date


@dataclass(frozen=True, slots=True)
class InTouch:
    """The last time that the team was in touch with a person in one ``way``: that of a contact, or a support's channel.
    ``reached`` is False for an attempt that did not reach them."""

    participant_id: UUID
    kind: TouchKind
    way: str
    at: datetime
    reached: bool


@dataclass(frozen=True, slots=True)
class LastMood:
    """The mood (1..9) of a person's latest entry that has one, and when it happened."""

    mood: int
    occurred_at: datetime


def on_the_road(session: Session, sight: Sight, first: date, last: date) -> Sequence[OnTheRoad]:
    """Return the people whom the reader may see and whose anchor event is from ``first`` to ``last``, in the order of codes."""
    query = (
        select(Participant.id, Participant.code, Participant.time_zone, AnchorEvent.on)
        .join(AnchorEvent, _event())
        .where(*_taking_part(sight), AnchorEvent.on >= first, AnchorEvent.on <= last)
        .order_by(Participant.code)
    )
    return [OnTheRoad(*row) for row in session.execute(query)]


def count_nowhere(session: Session, sight: Sight) -> int:
    """Return how many people have no date to count their days from."""
    query = select(func.count()).select_from(Participant).outerjoin(AnchorEvent, _event())
    return session.scalar(query.where(*_taking_part(sight), AnchorEvent.on.is_(None))) or 0


def in_touch(session: Session, study_id: UUID, since: datetime) -> Sequence[InTouch]:
    """Return the last time of each way in which the team was in touch with single people ``since`` then.

    What goes out to everybody alike is none, nor is a reminder to write.
    """
    follow_up = and_(FollowUp.study_id == CareContact.study_id, FollowUp.id == CareContact.follow_up_id)
    kinds = (FollowUp.participant_id, CareContact.way, CareContact.reached)
    contacts = select(*kinds, func.max(CareContact.at)).join(FollowUp, follow_up)
    contacts = contacts.where(CareContact.study_id == study_id, CareContact.at >= since).group_by(*kinds)
    messages = select(Message.participant_id, func.max(Message.sent_at)).where(
        Message.study_id == study_id, Message.from_person.is_(False), Message.sent_at >= since
    )
    found = [InTouch(row[0], "contact", row[1], row[3], row[2]) for row in session.execute(contacts)]
    by_message = session.execute(messages.group_by(Message.participant_id))
    found += [InTouch(row[0], "message", "message", row[1], True) for row in by_message]
    return found + _supported(session, study_id)


def last_moods(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> Mapping[UUID, LastMood]:
    """Return the latest mood of each of these people who chose one."""
    place = func.row_number().over(
        partition_by=Entry.participant_id, order_by=(Entry.occurred_at.desc(), Entry.id.desc())
    )
    ranked = (
        select(Entry.participant_id, Entry.mood, Entry.occurred_at, place.label("place"))
        .where(Entry.study_id == study_id, Entry.participant_id.in_(participant_ids), Entry.mood.is_not(None))
        .subquery()
    )
    latest = select(ranked.c.participant_id, ranked.c.mood, ranked.c.occurred_at).where(ranked.c.place == 1)
    return {row[0]: LastMood(row[1], row[2]) for row in session.execute(latest)}


def open_follow_ups(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return by person the follow-up that is not closed."""
    query = select(FollowUp.participant_id, FollowUp.id).where(
        FollowUp.study_id == study_id, FollowUp.participant_id.in_(participant_ids), FollowUp.state != CLOSED
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _supported(session: Session, study_id: UUID) -> list[InTouch]:
    kinds = (SupportLog.participant_id, SupportLog.channel, SupportLog.on)
    query = select(*kinds, func.max(SupportLog.created_at)).where(
        SupportLog.study_id == study_id,
        SupportLog.participant_id.is_not(None),
        SupportLog.removed_at.is_(None),
        SupportLog.generic.is_(False),
    )
    rows: Sequence[Any] = session.execute(query.group_by(*kinds)).all()
    return [InTouch(row[0], "support", row[1], at_noon(row[3], row[2]), True) for row in rows]


def _event() -> ColumnElement[bool]:
    return and_(AnchorEvent.study_id == Participant.study_id, AnchorEvent.participant_id == Participant.id)


def _taking_part(sight: Sight) -> tuple[ColumnElement[bool], ...]:
    of_study = (Participant.study_id == sight.study_id, IS_PERSON, Participant.withdrawn_at.is_(None))
    return (*of_study, sight.reaches(Participant.id))
