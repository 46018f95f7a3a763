"""SELECTs behind personas, phases, votes and what people are joined by; each names its study."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.maps.ecosystem.models import SupportLog
from app.maps.groups.models import Persona, PhasePlan, Vote
from app.participants.models import Participant
from app.participants.queries import IS_PERSON


def personas(session: Session, study_id: UUID) -> Sequence[Persona]:
    """Return the personas that stand, in their order."""
    query = select(Persona).where(Persona.study_id == study_id, Persona.retired_at.is_(None))
    return session.scalars(query.order_by(Persona.position, Persona.id)).all()


def persona(session: Session, study_id: UUID, persona_id: UUID, *, hold: bool = False) -> Persona | None:
    """Return the persona, retired or not; held until the transaction ends, if it is to be changed."""
    query = select(Persona).where(Persona.study_id == study_id, Persona.id == persona_id)
    return session.scalars(query.with_for_update() if hold else query).first()


def plans(session: Session, study_id: UUID) -> Mapping[str, PhasePlan]:
    """Return what is planned, by phase."""
    return {one.phase: one for one in session.scalars(select(PhasePlan).where(PhasePlan.study_id == study_id))}


def votes(session: Session, study_id: UUID) -> Sequence[Vote]:
    """Return every vote of the study."""
    return session.scalars(select(Vote).where(Vote.study_id == study_id)).all()


def votes_of(session: Session, study_id: UUID, user_id: UUID) -> Sequence[Vote]:
    """Return the ballot of one member."""
    return session.scalars(select(Vote).where(Vote.study_id == study_id, Vote.user_id == user_id)).all()


def attributes(session: Session, study_id: UUID) -> Mapping[UUID, Mapping[str, Any]]:
    """Return of everybody who takes part what segments are made of."""
    query = select(Participant.id, Participant.attributes).where(Participant.study_id == study_id, IS_PERSON)
    return {row.id: row.attributes for row in session.execute(query)}


def codes(session: Session, study_id: UUID) -> Mapping[UUID, str]:
    """Return the code of everybody who takes part."""
    query = select(Participant.id, Participant.code).where(Participant.study_id == study_id, IS_PERSON)
    return {row.id: row.code for row in session.execute(query)}


def cared_for(session: Session, study_id: UUID) -> set[UUID]:
    """Return who got support of their own, by the log."""
    query = select(SupportLog.participant_id).where(
        SupportLog.study_id == study_id, SupportLog.participant_id.is_not(None), SupportLog.removed_at.is_(None)
    )
    return {one for one in session.scalars(query) if one is not None}


def last_position(session: Session, study_id: UUID) -> int:
    """Return the highest position of a persona, retired ones too; 0 where there is none."""
    return session.scalar(select(func.max(Persona.position)).where(Persona.study_id == study_id)) or 0
