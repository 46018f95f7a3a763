"""SELECTs of talks under way and of the notes taken in them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.interviews.models import Interview, Turn
from app.participants.models import Participant
from app.participants.queries import IS_PERSON


def talk(session: Session, study_id: UUID, interview_id: UUID, *, lock: bool = False) -> tuple[Interview, Participant]:
    """Return an interview and with whom it is; NotFound, also for an observation. ``lock``: held against other writers."""
    query = (
        select(Interview, Participant)
        .join(Participant, (Participant.study_id == Interview.study_id) & (Participant.id == Interview.participant_id))
        .where(Interview.study_id == study_id, Interview.id == interview_id, Interview.kind == "interview")
    )
    if lock:
        query = query.with_for_update(of=Interview).execution_options(populate_existing=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def notes(session: Session, study_id: UUID, interview_id: UUID) -> Sequence[Turn]:
    """Return the notes of a talk in the order in which they were begun."""
    query = select(Turn).where(Turn.study_id == study_id, Turn.interview_id == interview_id, Turn.origin == "note")
    return session.scalars(query.order_by(Turn.start_ms, Turn.position, Turn.id)).all()


def note(session: Session, study_id: UUID, note_id: UUID) -> Turn | None:
    """Return one turn of the study, whatever it is."""
    return session.get(Turn, (study_id, note_id), populate_existing=True)


def last_position(session: Session, study_id: UUID, interview_id: UUID) -> tuple[int, int]:
    """Return the highest position of the interview's turns (0 without any) and how many there are."""
    query = select(func.coalesce(func.max(Turn.position), 0), func.count()).where(
        Turn.study_id == study_id, Turn.interview_id == interview_id
    )
    highest, count = session.execute(query).one()
    return highest, count


def any_confirmed(session: Session, study_id: UUID, interview_id: UUID) -> bool:
    """Return whether somebody has confirmed the stage of one of the interview's turns."""
    query = select(Turn.id).where(
        Turn.study_id == study_id, Turn.interview_id == interview_id, Turn.confirmed_at.is_not(None)
    )
    return session.scalars(query.limit(1)).first() is not None


def open_talks(session: Session, study_id: UUID, most: int = 50) -> Sequence[tuple[Interview, str]]:
    """Return the talks that nobody has finished, with the person's code, the latest first."""
    query = (
        select(Interview, Participant.code)
        .join(Participant, (Participant.study_id == Interview.study_id) & (Participant.id == Interview.participant_id))
        .where(Interview.study_id == study_id, Interview.kind == "interview", Interview.state == "open")
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(Interview.held_at.desc()).limit(most))]


def people(session: Session, study_id: UUID) -> Sequence[Participant]:
    """Return who can be talked to: everybody who has not left, by code."""
    query = select(Participant).where(Participant.study_id == study_id, IS_PERSON, Participant.withdrawn_at.is_(None))
    return session.scalars(query.order_by(Participant.code)).all()
