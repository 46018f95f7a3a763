"""SELECTs of what was drawn and coded, page by page in the order of the statements' ids."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.coding.blinding import may_see
from app.coding.models import Assignment, Code, Draw, Excerpt, HumanCoding, StudyCoder
from app.participants.models import Participant
from app.statements.models import Statement
from app.studies.access import StudyAccess


def coded_statements(session: Session, access: StudyAccess, after: UUID | None, limit: int) -> Sequence[Any]:
    """Return up to ``limit`` statements of which the actor may see codings, after the id ``after``, with their draw."""
    query = (
        _statements(access.study.id)
        .add_columns(Draw.probability, Draw.doubled, Draw.plan_version)
        .outerjoin(Draw, and_(Draw.study_id == Statement.study_id, Draw.statement_id == Statement.id))
        .where(
            select(HumanCoding.coder_id)
            .where(HumanCoding.study_id == Statement.study_id, HumanCoding.statement_id == Statement.id)
            .where(may_see(access))
            .exists()
        )
    )
    return session.execute(_page(query, after, limit)).all()


def codings(session: Session, access: StudyAccess, ids: Collection[UUID]) -> Sequence[Any]:
    """Return (HumanCoding, StudyCoder) that the actor may see of these statements, by statement and coder."""
    query = (
        select(HumanCoding, StudyCoder)
        .join(StudyCoder, and_(StudyCoder.study_id == HumanCoding.study_id, StudyCoder.id == HumanCoding.coder_id))
        .where(HumanCoding.statement_id.in_(ids), may_see(access))
        .order_by(HumanCoding.statement_id, HumanCoding.coder_id)
    )
    return session.execute(query).all()


def excerpts(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Any]:
    """Return (Excerpt, name of its code) of these statements, in the order of the text."""
    query = (
        select(Excerpt, Code.name)
        .join(Code, and_(Code.study_id == Excerpt.study_id, Code.id == Excerpt.code_id))
        .where(Excerpt.study_id == study_id, Excerpt.statement_id.in_(ids))
        .order_by(Excerpt.start, Excerpt.end, Excerpt.id)
    )
    return session.execute(query).all()


def draws(session: Session, study_id: UUID, after: UUID | None, limit: int) -> Sequence[Any]:
    """Return up to ``limit`` draws with how many coders have the statement in hand or have finished, after ``after``."""
    of_draw = and_(Assignment.study_id == Draw.study_id, Assignment.statement_id == Draw.statement_id)
    given = select(func.count()).select_from(Assignment).where(of_draw).scalar_subquery()
    done = select(func.count(Assignment.done_at)).where(of_draw).scalar_subquery()
    query = (
        _statements(study_id)
        .add_columns(
            Draw.probability,
            Draw.doubled,
            Draw.plan_version,
            Draw.drawn_at,
            given.label("given"),
            done.label("done"),
            Statement.human_micro,
        )
        .join(Draw, and_(Draw.study_id == Statement.study_id, Draw.statement_id == Statement.id))
    )
    return session.execute(_page(query, after, limit)).all()


def _statements(study_id: UUID) -> Any:
    query: Any = (
        select(
            Statement.id,
            Statement.stage_id,
            Statement.text,
            Statement.participant_id,
            Statement.source_id,
            Participant.code,
        )
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
    )
    return query


def _page(query: Select[Any], after: UUID | None, limit: int) -> Select[Any]:
    ordered = query.order_by(Statement.id).limit(limit)
    return ordered if after is None else ordered.where(Statement.id > after)
