"""SELECTs of what may be drawn, what was, and what coders have done of it; each by study."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, and_, cast, func, select
from sqlalchemy.orm import Session

from app.coding.models import Assignment, Draw, DrawPlan, HumanCoding, StudyCoder
from app.core.db import MICRO
from app.statements.cells import TEXT_SOURCES
from app.statements.models import MachineCoding, Statement
from app.studies.models import Study

TOGETHER = 5000
CHUNK = 500


def hold_study(session: Session, study_id: UUID) -> Study:
    """Return the study, held against other plans and draws until the transaction ends; who writes entries never waits."""
    query = select(Study).where(Study.id == study_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def drawable(study_id: UUID) -> Any:
    """Return the condition of what may be drawn: what participants said, as it stands. Observers' notes enter no curve."""
    return and_(Statement.study_id == study_id, Statement.source.in_(TEXT_SOURCES), Statement.retracted_at.is_(None))


def stage_counts(session: Session, study_id: UUID) -> dict[UUID, int]:
    """Return how many statements may be drawn in each stage."""
    query = (
        select(Statement.stage_id, func.count().label("statements"))
        .where(drawable(study_id))
        .group_by(Statement.stage_id)
    )
    return {row.stage_id: row.statements for row in session.execute(query)}


def every_statement(session: Session, study_id: UUID) -> Iterator[Any]:
    """Yield (id, stage_id, score, confidence, π, doubled) of what may be drawn; π None: it was not drawn yet."""
    query = (
        select(
            Statement.id,
            Statement.stage_id,
            (Statement.sentiment_micro / float(MICRO)).label("score"),
            func.coalesce(MachineCoding.confidence, 0.0).label("confidence"),
            Draw.probability,
            Draw.doubled,
        )
        .outerjoin(
            MachineCoding,
            and_(
                MachineCoding.study_id == Statement.study_id,
                MachineCoding.statement_id == Statement.id,
                MachineCoding.model_version == Statement.model_version,
            ),
        )
        .outerjoin(Draw, and_(Draw.study_id == Statement.study_id, Draw.statement_id == Statement.id))
        .where(drawable(study_id))
    )
    yield from session.execute(query.execution_options(yield_per=TOGETHER))


def lock_statements(session: Session, study_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Hold these statements against being coded until the transaction ends, and return those that still stand."""
    standing: set[UUID] = set()
    wanted = sorted(ids)
    for first in range(0, len(wanted), CHUNK):
        query = select(Statement.id).where(Statement.id.in_(wanted[first : first + CHUNK]), drawable(study_id))
        standing |= set(session.scalars(query.order_by(Statement.id).with_for_update(key_share=True)))
    return standing


def begun(session: Session, study_id: UUID) -> set[UUID]:
    """Return the drawn statements that a coder has in hand or has done."""
    return set(session.scalars(select(Assignment.statement_id).where(Assignment.study_id == study_id)))


def staff_codings(session: Session, study_id: UUID, ids: Sequence[UUID]) -> Sequence[HumanCoding]:
    """Return what staff have said of these statements, the earliest first."""
    query = (
        select(HumanCoding)
        .join(StudyCoder, and_(StudyCoder.study_id == HumanCoding.study_id, StudyCoder.id == HumanCoding.coder_id))
        .where(HumanCoding.study_id == study_id, HumanCoding.statement_id.in_(ids), StudyCoder.kind == "staff")
    )
    return session.scalars(query.order_by(HumanCoding.created_at, HumanCoding.coder_id)).all()


def stage_progress(session: Session, study_id: UUID, coder_id: UUID | None = None) -> Sequence[Any]:
    """Return (stage_id, drawn, doubled, given, done) by stage: statements drawn, and places given and done (of a coder)."""
    place = select(
        Assignment.statement_id,
        func.count().label("given"),
        func.count(Assignment.done_at).label("done"),
    ).where(Assignment.study_id == study_id)
    if coder_id is not None:
        place = place.where(Assignment.coder_id == coder_id)
    places = place.group_by(Assignment.statement_id).subquery()
    query = (
        select(
            Statement.stage_id,
            func.count().label("drawn"),
            func.coalesce(func.sum(cast(Draw.doubled, Integer)), 0).label("doubled"),
            func.coalesce(func.sum(places.c.given), 0).label("given"),
            func.coalesce(func.sum(places.c.done), 0).label("done"),
        )
        .select_from(Draw)
        .join(Statement, and_(Statement.study_id == Draw.study_id, Statement.id == Draw.statement_id))
        .outerjoin(places, places.c.statement_id == Draw.statement_id)
        .where(drawable(study_id))
        .group_by(Statement.stage_id)
    )
    return session.execute(query).all()


def mark_of_statements(session: Session, study_id: UUID) -> tuple[Any, ...]:
    """Return what changes when a study has new statements, another plan or other scores: a cheap look before a long one.

    Ids grow with time, so the largest tells of a text that took the place of another.
    """
    count, latest = session.execute(
        select(func.count(), func.max(cast(Statement.id, String))).where(drawable(study_id))
    ).one()
    plan = session.scalar(select(func.max(DrawPlan.version)).where(DrawPlan.study_id == study_id))
    version = session.scalar(select(Study.coder_version).where(Study.id == study_id))
    return count, latest, plan, version


def planned_studies(session: Session) -> Sequence[UUID]:
    """Return the studies that draw."""
    return session.scalars(select(DrawPlan.study_id).distinct().order_by(DrawPlan.study_id)).all()


def coded_counts(session: Session, study_id: UUID) -> dict[UUID, int]:
    """Return how many drawn statements of each stage have a value in force."""
    query = (
        select(Statement.stage_id, func.count().label("coded"))
        .where(drawable(study_id), Statement.human_micro.is_not(None))
        .group_by(Statement.stage_id)
    )
    return {row.stage_id: row.coded for row in session.execute(query)}
