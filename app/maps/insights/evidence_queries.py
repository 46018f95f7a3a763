"""SELECTs of what a study holds: the ground of the self-check and of the programme."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.interviews.models import Interview
from app.maps.board.models import ExperienceMap, MapNote, MapTarget
from app.maps.ecosystem.models import SupportLog, TouchpointFacts
from app.maps.groups.models import Persona, PhasePlan
from app.participants.relation_models import CONTACT, PURCHASE, REFERRAL, VISIT, RelationEvent
from app.studies.models import Membership

OF_A_RELATION = (VISIT, PURCHASE, REFERRAL, CONTACT)


def as_is_map(session: Session, study_id: UUID) -> UUID | None:
    """Return the study's first as-is map that is in use; None: it has none."""
    query = select(ExperienceMap.id).where(
        ExperienceMap.study_id == study_id, ExperienceMap.kind == "as_is", ExperienceMap.retired_at.is_(None)
    )
    return session.scalars(query.order_by(ExperienceMap.created_at, ExperienceMap.id).limit(1)).first()


def notes_of(session: Session, study_id: UUID, map_id: UUID, *lanes: str) -> Sequence[MapNote]:
    """Return the notes of these lanes of a map, cell by cell."""
    query = select(MapNote).where(
        MapNote.study_id == study_id, MapNote.map_id == map_id, MapNote.removed_at.is_(None), MapNote.lane.in_(lanes)
    )
    return session.scalars(query.order_by(MapNote.stage_id, MapNote.lane, MapNote.position, MapNote.id)).all()


def parties_of_touchpoints(session: Session, study_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Return touchpoint and party, where the team named one."""
    query = select(TouchpointFacts.touchpoint_id, TouchpointFacts.party)
    rows = session.execute(query.where(TouchpointFacts.study_id == study_id, TouchpointFacts.party.is_not(None)))
    return [(touchpoint, party) for touchpoint, party in rows if party]


def supported_stages(session: Session, study_id: UUID) -> set[UUID]:
    """Return the stages at which the organisation gives support."""
    query = select(SupportLog.stage_id).where(SupportLog.study_id == study_id, SupportLog.removed_at.is_(None))
    return set(session.scalars(query.distinct()))


def after_care(session: Session, study_id: UUID, last_stage: UUID, days: int) -> int:
    """Return how many rows of support serve the time after: the last stage, a phase, or ``days`` and more past the anchor."""
    late = or_(
        SupportLog.stage_id == last_stage, SupportLog.phase.is_not(None), SupportLog.day_from >= days,
        SupportLog.day_to >= days,
    )  # fmt: skip
    return _count(session, SupportLog, SupportLog.study_id == study_id, SupportLog.removed_at.is_(None), late)


def event_people(session: Session, study_id: UUID) -> int:
    """Return of how many participants an event of the relation is known."""
    query = select(func.count(RelationEvent.participant_id.distinct()))
    where = and_(RelationEvent.study_id == study_id, RelationEvent.kind.in_(OF_A_RELATION))
    return session.scalar(query.where(where)) or 0


def phases_planned(session: Session, study_id: UUID) -> int:
    """Return for how many phases of the relation the team says what it does."""
    return _count(session, PhasePlan, PhasePlan.study_id == study_id, PhasePlan.action != "")


def counts(session: Session, study_id: UUID) -> Mapping[str, int]:
    """Return how many interviews, personas, maps of both kinds, notes, pain notes and targets the study holds."""
    maps = (ExperienceMap.study_id == study_id, ExperienceMap.retired_at.is_(None))
    notes = (MapNote.study_id == study_id, MapNote.removed_at.is_(None))
    aimed = or_(MapTarget.sentiment_micro.is_not(None), MapTarget.effort_micro.is_not(None), MapTarget.words != "")
    return {
        "interviews": _count(session, Interview, Interview.study_id == study_id),
        "personas": _count(session, Persona, Persona.study_id == study_id, Persona.retired_at.is_(None)),
        "as_is_maps": _count(session, ExperienceMap, *maps, ExperienceMap.kind == "as_is"),
        "to_be_maps": _count(session, ExperienceMap, *maps, ExperienceMap.kind == "to_be"),
        "map_notes": _count(session, MapNote, *notes),
        "pain_notes": _count(session, MapNote, *notes, MapNote.lane == "pain"),
        "targets": _count(session, MapTarget, MapTarget.study_id == study_id, aimed),
        "care_members": _count(session, Membership, Membership.study_id == study_id, Membership.role == "care"),
    }


def _count(session: Session, model: type[Any], *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*where)) or 0
