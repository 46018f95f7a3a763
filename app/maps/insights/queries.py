"""SELECTs of insights, improvements, results and the programme."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.maps.insights.models import Improvement, Insight, InsightStep, Programme, Result
from app.studies.models import Membership, Study

Row = TypeVar("Row", Insight, Improvement, Result)


def rows_of(session: Session, model: type[Row], study_id: UUID, *, most: int) -> Sequence[Row]:
    """Return a study's rows that are in use, the latest first."""
    query = select(model).where(model.study_id == study_id, model.retired_at.is_(None))
    return session.scalars(query.order_by(model.created_at.desc(), model.id.desc()).limit(most)).all()


def row_of(session: Session, model: type[Row], study_id: UUID, row_id: UUID, *, lock: bool = False) -> Row | None:
    """Return one row, also one that is out of use; ``lock`` lets nobody else change it in the meantime."""
    return session.get(model, (study_id, row_id), with_for_update=lock or None)


def lock_study(session: Session, study_id: UUID) -> None:
    """Let repeats of what is new wait for one another; whoever only refers to the study does not wait."""
    session.execute(select(Study.id).where(Study.id == study_id).with_for_update(key_share=True))


def steps_of(session: Session, study_id: UUID, insight_ids: Collection[UUID]) -> Mapping[UUID, Sequence[InsightStep]]:
    """Return of each insight its steps in the order in which they were taken."""
    query = select(InsightStep).where(InsightStep.study_id == study_id, InsightStep.insight_id.in_(insight_ids))
    found: defaultdict[UUID, list[InsightStep]] = defaultdict(list)
    for step in session.scalars(query.order_by(InsightStep.at, InsightStep.id)) if insight_ids else ():
        found[step.insight_id].append(step)
    return found


def step(session: Session, study_id: UUID, step_id: UUID) -> InsightStep | None:
    """Return one step."""
    return session.get(InsightStep, (study_id, step_id))


def programme(session: Session, study_id: UUID, *, lock: bool = False) -> Programme | None:
    """Return what the team said of the programme; None: nothing yet."""
    return session.get(Programme, study_id, with_for_update=lock or None)


def users_of(session: Session, ids: Collection[UUID]) -> Mapping[UUID, tuple[str, str]]:
    """Return login and name of users."""
    rows = session.execute(select(User.id, User.login, User.name).where(User.id.in_(ids))).all() if ids else ()
    return {row[0]: (row[1], row[2]) for row in rows}


def members(session: Session, study_id: UUID) -> Sequence[tuple[UUID, str, str, str]]:
    """Return id, login, name and role of the study's members, in the order in which they joined."""
    query = select(User.id, User.login, User.name, Membership.role).join(Membership, Membership.user_id == User.id)
    rows = session.execute(query.where(Membership.study_id == study_id).order_by(Membership.created_at, User.login))
    return [(row[0], row[1], row[2], row[3]) for row in rows]
