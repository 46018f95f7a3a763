"""SELECTs behind agreement: what drawn statements were said to express, by coders who saw nobody's codes before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.coding.models import Assignment, Code, CodingChange, Draw, Excerpt, HumanCoding, StudyCoder
from app.participants.models import Participant
from app.statements.models import Statement

BATCH = 500

_SLOT_CODING = and_(
    HumanCoding.study_id == Assignment.study_id,
    HumanCoding.statement_id == Assignment.statement_id,
    HumanCoding.coder_id == Assignment.coder_id,
)


def finished_slots(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return (statement_id, coder_id, sentiment, emotions, blind) of every place whose coder has finished, by statement."""
    query = (
        select(
            HumanCoding.statement_id,
            HumanCoding.coder_id,
            HumanCoding.sentiment,
            HumanCoding.emotions,
            HumanCoding.blind,
        )
        .join(Assignment, _SLOT_CODING)
        .where(HumanCoding.study_id == study_id, HumanCoding.done_at.is_not(None), Assignment.done_at.is_not(None))
        .order_by(HumanCoding.statement_id, HumanCoding.coder_id)
    )
    return session.execute(query).all()


def drawn_statements(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return every drawn statement that stands: whose it is, where, its length in code points, its draw and its score."""
    query = (
        select(
            Statement.id,
            Statement.participant_id,
            Statement.stage_id,
            func.length(Statement.text).label("length"),
            Statement.sentiment_micro,
            Draw.doubled,
            Draw.probability,
        )
        .join(Draw, and_(Draw.study_id == Statement.study_id, Draw.statement_id == Statement.id))
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
        .order_by(Statement.id)
    )
    return session.execute(query).all()


def excerpts_of_doubled(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return (statement_id, coder_id, code_id, start, end) of every excerpt of statements drawn for two coders."""
    query = (
        select(Excerpt.statement_id, Excerpt.coder_id, Excerpt.code_id, Excerpt.start, Excerpt.end)
        .join(Draw, and_(Draw.study_id == Excerpt.study_id, Draw.statement_id == Excerpt.statement_id))
        .where(Excerpt.study_id == study_id, Draw.doubled)
    )
    return session.execute(query).all()


def documents_once_done(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> Sequence[Any]:
    """Return (statement_id, coder_id, after) of every change of these statements' codings, in order."""
    ordered = sorted(statement_ids)
    found: list[Any] = []
    for first in range(0, len(ordered), BATCH):
        query = (
            select(CodingChange.statement_id, CodingChange.coder_id, CodingChange.after)
            .where(CodingChange.study_id == study_id)
            .where(CodingChange.statement_id.in_(ordered[first : first + BATCH]))
            .order_by(CodingChange.version, CodingChange.id)
        )
        found.extend(session.execute(query).all())
    return found


def agreed_sentiments(session: Session, study_id: UUID) -> dict[UUID, int]:
    """Return the adjudicated sentiment, −2..2, of each statement that has one."""
    query = (
        select(HumanCoding.statement_id, HumanCoding.sentiment)
        .join(StudyCoder, and_(StudyCoder.study_id == HumanCoding.study_id, StudyCoder.id == HumanCoding.coder_id))
        .where(StudyCoder.kind == "consensus", HumanCoding.study_id == study_id)
        .where(HumanCoding.done_at.is_not(None), HumanCoding.sentiment.is_not(None))
    )
    return {statement_id: sentiment for statement_id, sentiment in session.execute(query) if sentiment is not None}


def merged_codes(session: Session, study_id: UUID) -> dict[UUID, UUID]:
    """Return into which code each merged one went."""
    query = select(Code.id, Code.merged_into).where(Code.study_id == study_id, Code.merged_into.is_not(None))
    return {code_id: into for code_id, into in session.execute(query) if into is not None}


def open_blind_work(session: Session, study_id: UUID, user_id: UUID) -> int:
    """Return how many statements drawn for two this user has in hand and has not finished."""
    query = (
        select(func.count())
        .select_from(Assignment)
        .join(Draw, and_(Draw.study_id == Assignment.study_id, Draw.statement_id == Assignment.statement_id))
        .join(StudyCoder, and_(StudyCoder.study_id == Assignment.study_id, StudyCoder.id == Assignment.coder_id))
        .join(Statement, and_(Statement.study_id == Draw.study_id, Statement.id == Draw.statement_id))
        .where(Assignment.study_id == study_id, StudyCoder.user_id == user_id, Draw.doubled)
        .where(Assignment.done_at.is_(None), Statement.retracted_at.is_(None))
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Quoted:
    """A statement's words, to stand beside what was said of them."""

    id: UUID
    participant: str
    text: str
    stage_id: UUID
    occurred_at: datetime
    day: int | None
    participant_id: UUID
    source_id: UUID


def quoted(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, Quoted]:
    """Return the words of those statements that stand, by id."""
    query = (
        select(
            Statement.id,
            Participant.code,
            Statement.text,
            Statement.stage_id,
            Statement.occurred_at,
            Statement.day,
            Statement.participant_id,
            Statement.source_id,
        )
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == study_id, Statement.id.in_(ids), Statement.retracted_at.is_(None))
    )
    rows: Sequence[Any] = session.execute(query).all()
    return {row.id: Quoted(*row) for row in rows}
