"""SELECTs of messages, each within one study."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from app.care.models import Message
from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.sight import Sight


def message(session: Session, study_id: UUID, message_id: UUID) -> Message | None:
    """Return the message ``message_id`` of the study."""
    return session.get(Message, (study_id, message_id))


def thread(session: Session, study_id: UUID, participant_id: UUID, most: int) -> Sequence[Message]:
    """Return the last ``most`` messages of one person's conversation, the first one first."""
    query = select(Message).where(Message.study_id == study_id, Message.participant_id == participant_id)
    latest = session.scalars(query.order_by(Message.sent_at.desc(), Message.id.desc()).limit(most)).all()
    return latest[::-1]


def unread(session: Session, study_id: UUID, participant_id: UUID, *, from_person: bool) -> Sequence[Message]:
    """Return the messages of one side that the other has not seen."""
    query = select(Message).where(Message.study_id == study_id, Message.participant_id == participant_id)
    return session.scalars(query.where(Message.from_person.is_(from_person), Message.read_at.is_(None))).all()


def count_unread(session: Session, study_id: UUID, participant_id: UUID) -> int:
    """Return how many messages of the team the person has not seen."""
    query = select(func.count()).select_from(Message)
    query = query.where(Message.study_id == study_id, Message.participant_id == participant_id)
    return session.scalar(query.where(Message.from_person.is_(False), Message.read_at.is_(None))) or 0


def sent_since(session: Session, study_id: UUID, participant_id: UUID, since: datetime, *, from_person: bool) -> int:
    """Return how many messages one side has sent since the moment ``since``."""
    query = select(func.count()).select_from(Message)
    query = query.where(Message.study_id == study_id, Message.participant_id == participant_id)
    return session.scalar(query.where(Message.from_person.is_(from_person), Message.sent_at >= since)) or 0


def conversations(session: Session, sight: Sight, most: int) -> Sequence[Any]:
    """Return per person that may be seen and has a conversation: the Participant, ``last_at``, ``unread`` by the team.

    Whoever waits for the team comes first, the longest wait on top; then the others, the latest first.
    """
    waiting = and_(Message.from_person.is_(True), Message.read_at.is_(None))
    unread_by_team = func.sum(case((waiting, 1), else_=0))
    first_unread = func.min(case((waiting, Message.sent_at)))
    last_at = func.max(Message.sent_at)
    grouped = (
        select(
            Message.participant_id,
            unread_by_team.label("unread"),
            first_unread.label("first_unread"),
            last_at.label("last_at"),
        )
        .where(Message.study_id == sight.study_id, sight.reaches(Message.participant_id))
        .group_by(Message.participant_id)
        .subquery()
    )
    query = select(Participant, grouped.c.unread, grouped.c.first_unread, grouped.c.last_at).join(
        grouped, and_(Participant.study_id == sight.study_id, Participant.id == grouped.c.participant_id)
    )
    order = (grouped.c.unread == 0, grouped.c.first_unread, grouped.c.last_at.desc(), Participant.id)
    return session.execute(query.order_by(*order).limit(most)).all()


def last_messages(session: Session, study_id: UUID, participant_ids: Sequence[UUID]) -> dict[UUID, Message]:
    """Return the latest message of each of these people's conversations."""
    number = func.row_number().over(
        partition_by=Message.participant_id, order_by=(Message.sent_at.desc(), Message.id.desc())
    )
    ranked = select(Message.id, number.label("place")).where(
        Message.study_id == study_id, Message.participant_id.in_(participant_ids)
    )
    numbered = ranked.subquery()
    query = select(Message).join(numbered, Message.id == numbered.c.id)
    query = query.where(Message.study_id == study_id, numbered.c.place == 1)
    return {one.participant_id: one for one in session.scalars(query)}


def person_seen(session: Session, sight: Sight, participant_id: UUID) -> Participant | None:
    """Return the person, if the reader may see their words."""
    query = select(Participant).where(Participant.study_id == sight.study_id, Participant.id == participant_id)
    return session.scalars(query.where(sight.reaches(Participant.id), IS_PERSON)).first()
