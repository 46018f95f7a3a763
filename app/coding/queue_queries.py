"""SELECTs of whose turn it is: what a coder has in hand, and what they may be given next."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import Session

from app.coding.drawing_queries import drawable
from app.coding.models import Assignment, Draw, HumanCoding, StudyCoder
from app.statements.models import Statement


def in_hand(session: Session, study_id: UUID, coder_id: UUID, most: int) -> Sequence[UUID]:
    """Return what the coder has been given and not finished, in the order in which they should do it."""
    query = (
        select(Assignment.statement_id)
        .join(Draw, and_(Draw.study_id == Assignment.study_id, Draw.statement_id == Assignment.statement_id))
        .join(Statement, and_(Statement.study_id == Draw.study_id, Statement.id == Draw.statement_id))
        .where(drawable(study_id), Assignment.coder_id == coder_id, Assignment.done_at.is_(None))
        .order_by(Assignment.assigned_at, Draw.turn_number, Assignment.statement_id)
    )
    return session.scalars(query.limit(most)).all()


def candidates(session: Session, study_id: UUID, coder_id: UUID, most: int) -> Sequence[Any]:
    """Return (statement_id, stage_id, taken, slot) that the coder may be given, up to ``most`` of each stage.

    Those that another coder has begun come first, so that what is drawn for two gets both; then by the number that each
    draw has, which tells nothing of its probability.
    """
    of_draw = and_(Assignment.study_id == Draw.study_id, Assignment.statement_id == Draw.statement_id)
    taken = select(func.count()).select_from(Assignment).where(of_draw).scalar_subquery()
    # A slot can be free below one that is taken, where somebody gave theirs back.
    first_taken = exists().where(of_draw, Assignment.slot == 1)
    had = exists().where(of_draw, Assignment.coder_id == coder_id)
    said = exists().where(
        HumanCoding.study_id == Draw.study_id,
        HumanCoding.statement_id == Draw.statement_id,
        HumanCoding.coder_id == coder_id,
        HumanCoding.done_at.is_not(None),
    )
    turn = func.row_number().over(
        partition_by=Statement.stage_id, order_by=(taken.desc(), Draw.turn_number, Draw.statement_id)
    )
    ranked = (
        select(
            Draw.statement_id,
            Statement.stage_id,
            taken.label("taken"),
            case((first_taken, 2), else_=1).label("slot"),
            turn.label("turn"),
        )
        .join(Statement, and_(Statement.study_id == Draw.study_id, Statement.id == Draw.statement_id))
        .where(drawable(study_id), taken < case((Draw.doubled, 2), else_=1), ~had, ~said)
        .subquery()
    )
    return session.execute(select(ranked).where(ranked.c.turn <= most).order_by(ranked.c.turn)).all()


def workloads(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return (coder, in_hand, done) of every coder of the staff."""
    query = (
        select(
            StudyCoder,
            func.count(Assignment.statement_id).label("given"),
            func.count(Assignment.done_at).label("done"),
        )
        .outerjoin(
            Assignment,
            and_(Assignment.study_id == StudyCoder.study_id, Assignment.coder_id == StudyCoder.id),
        )
        .where(StudyCoder.study_id == study_id, StudyCoder.kind == "staff")
        .group_by(StudyCoder.study_id, StudyCoder.id)
        .order_by(StudyCoder.id)
    )
    return session.execute(query).all()
