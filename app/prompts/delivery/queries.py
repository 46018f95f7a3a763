"""SELECTs of the ways to reach people; each names the study it may see."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.prompts.delivery.models import Contact, StudyChannel
from app.prompts.models import PLANNED, Prompt, Schedule


def contacts_of(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[Contact]:
    """Return every way to reach the person, in their order."""
    statement = select(Contact).where(Contact.study_id == study_id, Contact.participant_id == participant_id)
    return session.scalars(statement.order_by(Contact.position, Contact.id)).all()


def contact(session: Session, study_id: UUID, participant_id: UUID, contact_id: UUID) -> Contact | None:
    """Return one way to reach this person; None if it is another's."""
    found = session.get(Contact, (study_id, contact_id))
    return found if found is not None and found.participant_id == participant_id else None


def by_mark(session: Session, study_id: UUID, participant_id: UUID, channel: str, mark: str) -> Contact | None:
    """Return the person's way with this address."""
    statement = select(Contact).where(
        Contact.study_id == study_id,
        Contact.participant_id == participant_id,
        Contact.channel == channel,
        Contact.mark == mark,
    )
    return session.scalars(statement).first()


def study_channel(session: Session, study_id: UUID, channel: str) -> StudyChannel | None:
    """Return what the study brings to a channel."""
    return session.get(StudyChannel, (study_id, channel))


def reachable(session: Session, study_id: UUID, channels: Collection[str]) -> dict[str, int]:
    """Return by channel, of those in force, how many people have a confirmed way; under "" those who have any."""
    usable = (
        Contact.study_id == study_id,
        Contact.channel.in_(channels),
        Contact.confirmed_at.is_not(None),
        Contact.disabled_at.is_(None),
    )
    people = func.count(Contact.participant_id.distinct())
    found = {
        row[0]: row[1]
        for row in session.execute(select(Contact.channel, people).where(*usable).group_by(Contact.channel))
    }
    return {**found, "": session.scalar(select(people).where(*usable)) or 0}


def tally(session: Session, study_id: UUID, since: datetime) -> dict[tuple[str, str], int]:
    """Return how many prompts planned after ``since`` are in each state, by (channel or "", state); none that wait."""
    statement = (
        select(Prompt.channel, Prompt.state, func.count())
        .where(Prompt.study_id == study_id, Prompt.planned_at > since, Prompt.state != PLANNED)
        .group_by(Prompt.channel, Prompt.state)
    )
    return {(channel or "", state): count for channel, state, count in session.execute(statement)}


def is_running(session: Session, study_id: UUID) -> bool:
    """Return whether the study's schedule asks for prompts."""
    found = session.get(Schedule, study_id)
    return found is not None and found.active


def scheduled_studies(session: Session) -> Sequence[UUID]:
    """Return the studies whose schedule asks for prompts."""
    return session.scalars(select(Schedule.study_id).where(Schedule.active).order_by(Schedule.study_id)).all()
