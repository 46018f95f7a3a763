"""SELECTs of touchpoints' facts, of support, effort, complaints and what is answered about satisfaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.diary.models import Entry
from app.maps.ecosystem.models import SupportLog, TouchpointFacts
from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.relation_models import COMPLAINT, RelationEvent
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement
from app.studies.models import Touchpoint


@dataclass(frozen=True, slots=True)
class EffortSum:
    """The effort (1 to 7) that one person chose at one touchpoint in one wave: how often, and the sum."""

    participant_id: UUID
    touchpoint_id: UUID | None
    wave_id: UUID | None
    n: int
    total: float


def facts_of(session: Session, study_id: UUID) -> Mapping[UUID, TouchpointFacts]:
    """Return what was put down, by touchpoint."""
    query = select(TouchpointFacts).where(TouchpointFacts.study_id == study_id)
    return {row.touchpoint_id: row for row in session.scalars(query)}


def facts_at(session: Session, study_id: UUID, touchpoint_id: UUID) -> TouchpointFacts | None:
    """Return what was put down about one touchpoint, as it stands in the database."""
    return session.get(TouchpointFacts, (study_id, touchpoint_id), populate_existing=True)


def hold_touchpoint(session: Session, study_id: UUID, touchpoint_id: UUID) -> bool:
    """Return whether the study has this touchpoint, and keep others from writing about it until the transaction ends."""
    query = select(Touchpoint.id).where(Touchpoint.study_id == study_id, Touchpoint.id == touchpoint_id)
    return session.scalar(query.with_for_update(key_share=True)) is not None


def support_of(session: Session, study_id: UUID) -> Sequence[tuple[SupportLog, str | None]]:
    """Return the log without what was removed, oldest first, each line with the code of the person that it was for."""
    query = (
        select(SupportLog, Participant.code)
        .outerjoin(
            Participant,
            and_(Participant.study_id == SupportLog.study_id, Participant.id == SupportLog.participant_id),
        )
        .where(SupportLog.study_id == study_id, SupportLog.removed_at.is_(None))
        .order_by(SupportLog.created_at, SupportLog.id)
    )
    return [(row, code) for row, code in session.execute(query)]


def support_line(session: Session, study_id: UUID, line_id: UUID) -> SupportLog | None:
    """Return one line of the log, removed or not."""
    return session.get(SupportLog, (study_id, line_id))


def entries_at(session: Session, study_id: UUID) -> Sequence[tuple[UUID, UUID | None, int]]:
    """Return how many entries there are by stage and touchpoint (None: none of the list was named)."""
    query = (
        select(Entry.stage_id, Entry.touchpoint_id, func.count())
        .where(Entry.study_id == study_id)
        .group_by(Entry.stage_id, Entry.touchpoint_id)
    )
    return [(stage, touchpoint, int(n)) for stage, touchpoint, n in session.execute(query)]


def reported_effort(session: Session, study_id: UUID) -> Sequence[EffortSum]:
    """Return the effort that people chose, by person, touchpoint and wave."""
    query = (
        select(Entry.participant_id, Entry.touchpoint_id, Entry.wave_id, func.count(), func.sum(Entry.effort))
        .where(Entry.study_id == study_id, Entry.effort.is_not(None))
        .group_by(Entry.participant_id, Entry.touchpoint_id, Entry.wave_id)
    )
    return [
        EffortSum(person, touchpoint, wave, int(n), float(total or 0))
        for person, touchpoint, wave, n, total in session.execute(query)
    ]


def complainers(session: Session, study_id: UUID) -> Mapping[UUID, Collection[UUID]] | None:
    """Return who complained by touchpoint; None where no event of anybody's is known at all, so that silence says nothing."""
    any_known = select(RelationEvent.id).where(RelationEvent.study_id == study_id).limit(1)
    if session.scalar(any_known) is None:
        return None
    query = select(RelationEvent.touchpoint_id, RelationEvent.participant_id).where(
        RelationEvent.study_id == study_id,
        RelationEvent.kind == COMPLAINT,
    )
    found: dict[UUID, set[UUID]] = {}
    for touchpoint, person in session.execute(query):
        if touchpoint is not None:
            found.setdefault(touchpoint, set()).add(person)
    return found


def count_people(session: Session, study_id: UUID) -> int:
    """Return how many people take part."""
    query = select(func.count()).select_from(Participant).where(Participant.study_id == study_id, IS_PERSON)
    return session.scalar(query) or 0


def spoken(session: Session, study_id: UUID, most: int) -> Sequence[tuple[UUID, UUID | None, UUID | None, str]]:
    """Return person, touchpoint, wave and words of the ``most`` newest statements of the study's people."""
    query = (
        select(Statement.participant_id, Statement.touchpoint_id, Statement.wave_id, Statement.text)
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None), Statement.source.in_(TEXT_SOURCES))
        .order_by(Statement.id.desc())
        .limit(most)
    )
    return [(person, touchpoint, wave, text) for person, touchpoint, wave, text in session.execute(query)]


def count_statements(session: Session, study_id: UUID) -> int:
    """Return how many statements of the study's people stand."""
    said = (Statement.study_id == study_id, Statement.retracted_at.is_(None), Statement.source.in_(TEXT_SOURCES))
    return session.scalar(select(func.count()).where(*said)) or 0
