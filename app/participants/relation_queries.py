"""SELECTs of what an organisation knows of participants: events of the relation, measures and values. Each names its study."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.relation_models import OutcomeMeasure, ParticipantOutcome, RelationEvent

SLICE = 500
"""So many ids stand in one question."""


def events(session: Session, study_id: UUID, participant_id: UUID | None = None) -> Sequence[RelationEvent]:
    """Return the events of everybody, or of one, by day."""
    query = select(RelationEvent).where(RelationEvent.study_id == study_id)
    if participant_id is not None:
        query = query.where(RelationEvent.participant_id == participant_id)
    return session.scalars(query.order_by(RelationEvent.on, RelationEvent.id)).all()


def events_of(session: Session, study_id: UUID, participant_ids: Sequence[UUID]) -> Sequence[RelationEvent]:
    """Return the events of these people."""
    found: list[RelationEvent] = []
    for start in range(0, len(participant_ids), SLICE):
        ids = participant_ids[start : start + SLICE]
        query = select(RelationEvent).where(RelationEvent.study_id == study_id, RelationEvent.participant_id.in_(ids))
        found += session.scalars(query)
    return found


def event(session: Session, study_id: UUID, event_id: UUID) -> RelationEvent | None:
    """Return the event ``event_id`` of the study."""
    return session.get(RelationEvent, (study_id, event_id))


def measures(session: Session, study_id: UUID) -> Sequence[OutcomeMeasure]:
    """Return the study's measures, the first made first."""
    query = select(OutcomeMeasure).where(OutcomeMeasure.study_id == study_id)
    return session.scalars(query.order_by(OutcomeMeasure.created_at, OutcomeMeasure.key)).all()


def values(session: Session, study_id: UUID, measure: str) -> Mapping[UUID, float]:
    """Return by participant the value of ``measure``."""
    query = select(ParticipantOutcome.participant_id, ParticipantOutcome.value).where(
        ParticipantOutcome.study_id == study_id, ParticipantOutcome.measure == measure
    )
    return {row.participant_id: row.value for row in session.execute(query)}


def has_values(session: Session, study_id: UUID, measure: str) -> bool:
    """Return whether anybody has a value of ``measure``."""
    query = select(ParticipantOutcome.measure).where(
        ParticipantOutcome.study_id == study_id, ParticipantOutcome.measure == measure
    )
    return session.scalars(query.limit(1)).first() is not None


def outcomes_held(session: Session, study_id: UUID, measure: str) -> Mapping[UUID, ParticipantOutcome]:
    """Return by participant the stored row of ``measure``."""
    query = select(ParticipantOutcome).where(
        ParticipantOutcome.study_id == study_id, ParticipantOutcome.measure == measure
    )
    return {row.participant_id: row for row in session.scalars(query)}


def outcomes_of(
    session: Session, study_id: UUID, participant_id: UUID
) -> Sequence[tuple[ParticipantOutcome, OutcomeMeasure]]:
    """Return the person's values, each with its measure."""
    query = (
        select(ParticipantOutcome, OutcomeMeasure)
        .join(
            OutcomeMeasure,
            (OutcomeMeasure.study_id == ParticipantOutcome.study_id)
            & (OutcomeMeasure.key == ParticipantOutcome.measure),
        )
        .where(ParticipantOutcome.study_id == study_id, ParticipantOutcome.participant_id == participant_id)
        .order_by(OutcomeMeasure.created_at, OutcomeMeasure.key)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def people(session: Session, study_id: UUID, codes: Collection[str] | None = None) -> Mapping[str, tuple[UUID, bool]]:
    """Return by code the id of each person, and whether they have left the study; all, or those of ``codes``."""
    query = select(Participant.code, Participant.id, Participant.withdrawn_at)
    query = query.where(Participant.study_id == study_id, IS_PERSON)
    rows = session.execute(query).all()
    return {row.code: (row.id, row.withdrawn_at is not None) for row in rows if codes is None or row.code in codes}


def count_events(session: Session, study_id: UUID, participant_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many events are known of each of these people."""
    found: dict[UUID, int] = {}
    for start in range(0, len(participant_ids), SLICE):
        ids = participant_ids[start : start + SLICE]
        query = (
            select(RelationEvent.participant_id, func.count())
            .where(RelationEvent.study_id == study_id, RelationEvent.participant_id.in_(ids))
            .group_by(RelationEvent.participant_id)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found
