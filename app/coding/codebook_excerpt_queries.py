"""SELECTs of excerpts by their code: what a change of the codebook would move."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, distinct, func, select
from sqlalchemy.orm import Session, aliased

from app.coding.codebook_queries import HAS_CODING
from app.coding.models import Excerpt, HumanCoding
from app.participants.models import Participant
from app.statements.models import Statement

Row = Any
Document = tuple[UUID, UUID]
"""Statement and coder: what names a coding in its study."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much carries some codes: ``excerpts`` on ``statements`` by ``coders``; ``spans`` counts what lies on the very same
    span by the same coder once."""

    excerpts: int
    spans: int
    statements: int
    coders: int


def held_codings(
    session: Session, study_id: UUID, code_id: UUID, only: Collection[UUID] | None
) -> Sequence[HumanCoding]:
    """Return the codings with an excerpt of the code (``only``: one of these), held, in the order in which all are held."""
    marked = select(Excerpt.id).where(HAS_CODING, of_code(study_id, code_id, only))
    codings = select(HumanCoding).where(HumanCoding.study_id == study_id, marked.exists())
    ordered = codings.order_by(HumanCoding.statement_id, HumanCoding.coder_id)
    held = ordered.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(held).all()


def excerpts_of(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> dict[Document, list[Excerpt]]:
    """Return all excerpts of these statements, by coding."""
    found: dict[Document, list[Excerpt]] = {}
    of_statements = select(Excerpt).where(Excerpt.study_id == study_id, Excerpt.statement_id.in_(statement_ids))
    for excerpt in session.scalars(of_statements.order_by(Excerpt.id).execution_options(populate_existing=True)):
        found.setdefault((excerpt.statement_id, excerpt.coder_id), []).append(excerpt)
    return found


def of_code(study_id: UUID, code_id: UUID, only: Collection[UUID] | None = None) -> ColumnElement[bool]:
    """Return the condition that an excerpt carries the code (and is one of ``only``)."""
    carries = and_(Excerpt.study_id == study_id, Excerpt.code_id == code_id)
    return carries if only is None else and_(carries, Excerpt.id.in_(only))


def extent(
    session: Session, study_id: UUID, code_ids: Collection[UUID], among: ColumnElement[bool] | None = None
) -> Extent:
    """Return how much carries any of these codes; ``among`` is a condition on HumanCoding."""
    return _extent(session, study_id, Excerpt.code_id.in_(code_ids), among)


def extent_of(session: Session, study_id: UUID, excerpt_ids: Collection[UUID]) -> Extent:
    """Return over how much these excerpts stretch."""
    return _extent(session, study_id, Excerpt.id.in_(excerpt_ids), None)


def folded(session: Session, study_id: UUID, excerpt_ids: Collection[UUID], target_id: UUID) -> int:
    """Return how many of these excerpts lie on a span that their coder has given the target already."""
    there = aliased(Excerpt)
    same = and_(
        there.study_id == Excerpt.study_id,
        there.statement_id == Excerpt.statement_id,
        there.coder_id == Excerpt.coder_id,
        there.start == Excerpt.start,
        there.end == Excerpt.end,
        there.code_id == target_id,
    )
    query = select(func.count()).select_from(Excerpt).join(there, same)
    return int(session.scalars(query.where(Excerpt.study_id == study_id, Excerpt.id.in_(excerpt_ids))).one())


def _extent(session: Session, study_id: UUID, which: ColumnElement[bool], among: ColumnElement[bool] | None) -> Extent:
    spans = select(Excerpt.statement_id, Excerpt.coder_id, Excerpt.start, Excerpt.end, func.count().label("n"))
    spans = spans.where(Excerpt.study_id == study_id, which)
    if among is not None:
        spans = spans.join(HumanCoding, HAS_CODING).where(among)
    span = spans.group_by(Excerpt.statement_id, Excerpt.coder_id, Excerpt.start, Excerpt.end).subquery()
    counted = select(
        func.coalesce(func.sum(span.c.n), 0),
        func.count(),
        func.count(distinct(span.c.statement_id)),
        func.count(distinct(span.c.coder_id)),
    ).select_from(span)
    excerpts, together, statements, coders = session.execute(counted).one()
    return Extent(int(excerpts), int(together), int(statements), int(coders))


def quoted(
    session: Session,
    study_id: UUID,
    code_ids: Collection[UUID] | None,
    among: ColumnElement[bool],
    *,
    most: int,
    after: UUID | None = None,
    only: Collection[UUID] | None = None,
) -> Sequence[Row]:
    """Return excerpts of these codes (or ``only`` these) with their statements' texts, by id, those after ``after``.

    ``among`` is the condition on HumanCoding that they may be seen. What a participant has taken back is left out.
    """
    columns = (Excerpt.id, Excerpt.code_id, Excerpt.start.label("start_at"), Excerpt.end.label("end_at"))
    of_statement = and_(Statement.study_id == Excerpt.study_id, Statement.id == Excerpt.statement_id)
    of_person = and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id)
    query = (
        select(*columns, Statement.text, Statement.stage_id, Statement.participant_id, Statement.source_id)
        .add_columns(Participant.code)
        .join(HumanCoding, HAS_CODING)
        .join(Statement, of_statement)
        .join(Participant, of_person)
        .where(Excerpt.study_id == study_id, among, Statement.retracted_at.is_(None))
    )
    if code_ids is not None:
        query = query.where(Excerpt.code_id.in_(code_ids))
    if only is not None:
        query = query.where(Excerpt.id.in_(only))
    if after is not None:
        query = query.where(Excerpt.id > after)
    return session.execute(query.order_by(Excerpt.id).limit(most)).all()
