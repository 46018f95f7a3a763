"""SELECTs of what the pages of follow-ups show besides them, each within one study and what the reader may see."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.care.alert_models import FollowUp
from app.diary.models import Entry
from app.participants.models import Participant
from app.participants.sight import Sight, care_sight
from app.statements.models import MachineCoding, Statement


def entries_seen(session: Session, sight: Sight, entry_ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Return those of the entries that may be seen, by id."""
    if not entry_ids:
        return {}
    query = select(Entry).where(Entry.study_id == sight.study_id, Entry.id.in_(entry_ids))
    return {one.id: one for one in session.scalars(query.where(sight.reaches(Entry.participant_id)))}


def read_in(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> Sequence[Any]:
    """Return of what these entries say now: ``source_id``, ``text``, ``sentiment_micro``, and the ``risk`` in force."""
    if not entry_ids:
        return ()
    in_force = and_(
        MachineCoding.study_id == Statement.study_id,
        MachineCoding.statement_id == Statement.id,
        MachineCoding.model_version == Statement.model_version,
    )
    query = select(Statement.source_id, Statement.text, Statement.sentiment_micro, MachineCoding.risk)
    query = query.outerjoin(MachineCoding, in_force).where(Statement.study_id == study_id)
    return session.execute(query.where(Statement.source_id.in_(entry_ids), Statement.retracted_at.is_(None))).all()


def entries_between(
    session: Session, sight: Sight, participant_id: UUID, after: datetime, until: datetime, most: int
) -> Sequence[Entry]:
    """Return what the person wrote of moments after ``after`` and up to ``until``, the earliest first."""
    query = select(Entry).where(Entry.study_id == sight.study_id, Entry.participant_id == participant_id)
    query = query.where(sight.reaches(Entry.participant_id), Entry.occurred_at > after, Entry.occurred_at <= until)
    return session.scalars(query.order_by(Entry.occurred_at, Entry.id).limit(most)).all()


def latest_of_person(session: Session, sight: Sight, participant_id: UUID) -> FollowUp | None:
    """Return the person's newest follow-up, if the reader may see their words."""
    query = select(FollowUp).where(FollowUp.study_id == sight.study_id, FollowUp.participant_id == participant_id)
    query = query.where(sight.reaches(FollowUp.participant_id))
    return session.scalars(query.order_by(FollowUp.opened_at.desc(), FollowUp.id.desc()).limit(1)).first()


def any_follow_up(session: Session, sight: Sight) -> bool:
    """Return whether there ever was a follow-up of somebody who may be seen."""
    query = select(FollowUp.id).where(FollowUp.study_id == sight.study_id, sight.reaches(FollowUp.participant_id))
    return session.scalars(query.limit(1)).first() is not None


def unseen_by_care(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these people care staff do not see."""
    sight = care_sight(session, study_id)
    query = select(Participant.id).where(Participant.study_id == study_id, Participant.id.in_(participant_ids))
    return set(participant_ids) - set(session.scalars(query.where(sight.reaches(Participant.id))))
