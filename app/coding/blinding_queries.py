"""SELECTs of what coders may see of statements."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Uuid, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.coding.models import Assignment, Draw, Excerpt, HumanCoding, StudyCoder
from app.statements.models import MachineCoding, Statement
from app.studies.access import CODER, StudyAccess

Row = Any


def statements(session: Session, access: StudyAccess, ids: Collection[UUID]) -> Sequence[Row]:
    """Return id and the machine's coding in force of those statements that stand and that the actor may read."""
    query = (
        select(
            Statement.id,
            Statement.model_version,
            Statement.sentiment_micro,
            MachineCoding.confidence,
            MachineCoding.emotions,
        )
        .outerjoin(
            MachineCoding,
            and_(
                MachineCoding.study_id == Statement.study_id,
                MachineCoding.statement_id == Statement.id,
                MachineCoding.model_version == Statement.model_version,
            ),
        )
        .where(Statement.study_id == access.study.id, Statement.id.in_(ids), Statement.retracted_at.is_(None))
    )
    return session.execute(query.where(readable(access)) if access.role == CODER else query).all()


def readable(access: StudyAccess) -> ColumnElement[bool]:
    """Return the condition on Statement that it was assigned to the actor: all that the role coder may read."""
    return exists().where(
        Assignment.study_id == Statement.study_id,
        Assignment.statement_id == Statement.id,
        Assignment.study_id == StudyCoder.study_id,
        Assignment.coder_id == StudyCoder.id,
        StudyCoder.user_id == access.actor.user_id,
    )


def is_blind(study_id: SQLColumnExpression[UUID], statement_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """Return the condition that a statement, named by columns, was drawn for two coders who are not both done."""
    draw, place = aliased(Draw), aliased(Assignment)
    done = (
        select(func.count())
        .select_from(place)
        .where(place.study_id == draw.study_id, place.statement_id == draw.statement_id, place.done_at.is_not(None))
        .scalar_subquery()
    )
    return exists().where(draw.study_id == study_id, draw.statement_id == statement_id, draw.doubled, done < 2)


_BLIND = select(Draw.statement_id).where(
    Draw.study_id == bindparam("study_id", type_=Uuid()),
    Draw.statement_id.in_(bindparam("ids", expanding=True)),
    is_blind(Draw.study_id, Draw.statement_id),
)


def codings(
    session: Session, study_id: UUID, ids: Collection[UUID], visible: ColumnElement[bool]
) -> Sequence[HumanCoding]:
    """Return the ``visible`` codings of these statements, by coder."""
    query = select(HumanCoding).where(HumanCoding.study_id == study_id, HumanCoding.statement_id.in_(ids), visible)
    return session.scalars(query.order_by(HumanCoding.coder_id).execution_options(populate_existing=True)).all()


def excerpts(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Excerpt]:
    """Return every coder's excerpts of these statements, in the order of the text."""
    query = select(Excerpt).where(Excerpt.study_id == study_id, Excerpt.statement_id.in_(ids))
    return session.scalars(query.order_by(Excerpt.start, Excerpt.end, Excerpt.id)).all()


def blind_ones(session: Session, study_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these statements were drawn for two coders who are not both done."""
    return set(session.scalars(_BLIND, {"study_id": study_id, "ids": list(ids)}))


def others_coded(session: Session, study_id: UUID, statement_id: UUID, coder_id: UUID) -> bool:
    """Return whether anybody but this coder, or the team, has coded the statement."""
    query = select(HumanCoding.coder_id).where(
        HumanCoding.study_id == study_id, HumanCoding.statement_id == statement_id, HumanCoding.coder_id != coder_id
    )
    return session.scalars(query.limit(1)).first() is not None
