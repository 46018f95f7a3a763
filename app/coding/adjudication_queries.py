"""SELECTs of what two coders have both finished, and of what the team decided about it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.coding.drawing_queries import drawable
from app.coding.models import Assignment, Draw, Excerpt, HumanCoding, StudyCoder
from app.participants.models import Participant
from app.statements.models import Statement


def completed(
    session: Session, study_id: UUID, stage_id: UUID | None, statement_id: UUID | None = None
) -> Sequence[Any]:
    """Return (statement_id, stage_id) of what was drawn for two who have both finished, the latest finished first.

    Of one stage, or the one statement, where they are named.
    """
    query = (
        select(Draw.statement_id, Statement.stage_id)
        .join(Statement, and_(Statement.study_id == Draw.study_id, Statement.id == Draw.statement_id))
        .join(Assignment, and_(Assignment.study_id == Draw.study_id, Assignment.statement_id == Draw.statement_id))
        .where(drawable(study_id), Draw.doubled, Assignment.done_at.is_not(None))
        .group_by(Draw.statement_id, Statement.stage_id)
        .having(func.count() == 2)
        .order_by(func.max(Assignment.done_at).desc(), Draw.statement_id)
    )
    if stage_id is not None:
        query = query.where(Statement.stage_id == stage_id)
    if statement_id is not None:
        query = query.where(Draw.statement_id == statement_id)
    return session.execute(query).all()


def documents(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Any]:
    """Return (HumanCoding, coder kind) of the two who were given these statements, by slot, and then of the team."""
    mine = and_(
        Assignment.study_id == HumanCoding.study_id,
        Assignment.statement_id == HumanCoding.statement_id,
        Assignment.coder_id == HumanCoding.coder_id,
    )
    query = (
        select(HumanCoding, StudyCoder.kind, Assignment.slot)
        .join(StudyCoder, and_(StudyCoder.study_id == HumanCoding.study_id, StudyCoder.id == HumanCoding.coder_id))
        .outerjoin(Assignment, mine)
        .where(HumanCoding.study_id == study_id, HumanCoding.statement_id.in_(ids))
        .where(Assignment.slot.is_not(None) | (StudyCoder.kind == "consensus"))
        .order_by(HumanCoding.statement_id, func.coalesce(Assignment.slot, 3))
    )
    return session.execute(query).all()


def excerpts(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Excerpt]:
    """Return the excerpts of these statements, whoever made them."""
    query = select(Excerpt).where(Excerpt.study_id == study_id, Excerpt.statement_id.in_(ids))
    return session.scalars(query.order_by(Excerpt.start, Excerpt.end, Excerpt.id)).all()


def texts(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return (id, text, stage_id, participant_id, source_id, code, occurred_at) of these statements, by id."""
    query = (
        select(
            Statement.id,
            Statement.text,
            Statement.stage_id,
            Statement.participant_id,
            Statement.source_id,
            Statement.occurred_at,
            Participant.code,
        )
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == study_id, Statement.id.in_(ids))
    )
    return {row.id: row for row in session.execute(query)}
