"""SELECTs of notices and of the follow-ups that they are of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.care.alert_models import FollowUp
from app.care.follow_up_queries import IS_MET, IS_OPEN, is_late
from app.care.notice_models import FAILED, SENDING, UNCERTAIN, WAITING, CareNotice
from app.participants.models import Participant
from app.studies.models import Study


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice that is being sent, and what of its follow-up it says. ``code`` is None for who may not be named."""

    study_id: UUID
    id: UUID
    follow_up_id: UUID
    occasion: str
    address: str
    attempts: int
    due_at: datetime
    code: str | None
    slug: str
    title: str
    language: str


def studies_with_open(session: Session) -> Sequence[UUID]:
    """Return the studies that have a follow-up to be done."""
    return session.scalars(select(FollowUp.study_id).where(IS_OPEN).distinct()).all()


def open_follow_ups(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return id, urgent and due_at of the follow-ups of a study in which nobody has reached the person yet."""
    query = select(FollowUp.id, FollowUp.urgent, FollowUp.due_at).where(FollowUp.study_id == study_id)
    return session.execute(query.where(IS_OPEN, ~IS_MET)).all()


def occasions(session: Session, study_id: UUID) -> dict[UUID, set[str]]:
    """Return by open follow-up of a study on what occasions it was, or is to be, written of."""
    query = select(CareNotice.follow_up_id, CareNotice.occasion).join(
        FollowUp, and_(FollowUp.study_id == CareNotice.study_id, FollowUp.id == CareNotice.follow_up_id)
    )
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for follow_up_id, occasion in session.execute(query.where(CareNotice.study_id == study_id, IS_OPEN).distinct()):
        found[follow_up_id].add(occasion)
    return found


def is_outdone(session: Session, notice: CareNotice, graver: Sequence[str]) -> bool:
    """Return whether its follow-up has been written of, or is to be, on one of these occasions at the same time or later."""
    query = select(CareNotice.id).where(CareNotice.study_id == notice.study_id, CareNotice.occasion.in_(graver))
    query = query.where(CareNotice.follow_up_id == notice.follow_up_id, CareNotice.wanted_at >= notice.wanted_at)
    return session.scalar(query.limit(1)) is not None


def next_due(session: Session, now: datetime) -> Any:
    """Return one notice to be sent now, its FollowUp, the person's code and the Study, held for this session; or None."""
    query = (
        select(CareNotice, FollowUp, Participant.code, Study)
        .join(FollowUp, and_(FollowUp.study_id == CareNotice.study_id, FollowUp.id == CareNotice.follow_up_id))
        .join(
            Participant,
            and_(Participant.study_id == FollowUp.study_id, Participant.id == FollowUp.participant_id),
        )
        .join(Study, Study.id == CareNotice.study_id)
        .where(CareNotice.state == WAITING, CareNotice.try_at <= now)
        .order_by(CareNotice.try_at, CareNotice.id)
        .limit(1)
    )
    return session.execute(query.with_for_update(of=CareNotice, skip_locked=True)).one_or_none()


def has_due(session: Session, now: datetime) -> bool:
    """Return whether any notice is to be sent now."""
    query = select(CareNotice.id).where(CareNotice.state == WAITING, CareNotice.try_at <= now).limit(1)
    return session.scalar(query) is not None


def has_hung(session: Session, before: datetime) -> bool:
    """Return whether any notice has been on its way since before that moment."""
    query = select(CareNotice.id).where(CareNotice.state == SENDING, CareNotice.claimed_at < before).limit(1)
    return session.scalar(query) is not None


def late(session: Session, study_id: UUID, now: datetime) -> int:
    """Return how many follow-ups of a study are past their time, with nobody reached yet."""
    query = select(func.count()).select_from(FollowUp).where(FollowUp.study_id == study_id, is_late(now))
    return session.scalar(query) or 0


def undelivered(session: Session, study_id: UUID, since: datetime, waited_since: datetime) -> int:
    """Return how many notices of a study wanted ``since`` then did not go out, or wait for longer than the second moment."""
    query = select(func.count()).select_from(CareNotice).where(CareNotice.study_id == study_id)
    lost = and_(CareNotice.state.in_((FAILED, UNCERTAIN)), CareNotice.wanted_at >= since)
    stuck = and_(CareNotice.state == WAITING, CareNotice.wanted_at < waited_since)
    return session.scalar(query.where(lost | stuck)) or 0
