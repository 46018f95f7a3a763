"""SELECTs of what the coding page lays out to be read: a coder's queue, one interview, one person's diary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from app.coding.models import Assignment, Draw, HumanCoding
from app.interviews.models import Interview, Turn
from app.participants.models import Participant
from app.statements.models import Statement

RESPONDENT = "respondent"
INTERVIEWER = "interviewer"


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands in a stream at one place: a statement, or words of an interview that are none (``statement_id`` None).

    ``source_id`` is the entry or the turn; ``start_ms`` counts from an interview's beginning.
    """

    statement_id: UUID | None
    source_id: UUID
    participant_id: UUID
    text: str
    stage_id: UUID | None
    role: str
    speaker: str
    start_ms: int | None
    occurred_at: datetime
    source: str
    # Of an answer without a statement: somebody decided that it is no part of the journey.
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A statement in a coder's hands, or finished by them."""

    passage: Passage
    assigned_at: datetime
    done: bool


@dataclass(frozen=True, slots=True)
class ReadablePerson:
    """Somebody who has written: how many statements stand, and how many of them this coder has finished."""

    id: UUID
    code: str
    statements: int
    done: int


@dataclass(frozen=True, slots=True)
class ReadableInterview:
    """An interview whose turns stand: how many answers wait for a stage, are statements, and are finished."""

    id: UUID
    title: str
    kind: str
    participant: str
    held_at: datetime
    waiting: int
    statements: int
    done: int


_STANDING = Statement.retracted_at.is_(None)
_STATEMENT_COLUMNS = (
    Statement.id,
    Statement.source_id,
    Statement.participant_id,
    Statement.text,
    Statement.stage_id,
    Statement.role,
    Statement.occurred_at,
    Statement.source,
)


def assigned(session: Session, study_id: UUID, coder_id: UUID, *, done: bool, most: int) -> list[Given]:
    """Return what is in a coder's hands, at most ``most``: unfinished as they are to be coded, or the last finished ones."""
    query = (
        select(*_STATEMENT_COLUMNS, Assignment.assigned_at)
        .join(Assignment, and_(Assignment.study_id == Statement.study_id, Assignment.statement_id == Statement.id))
        .join(Draw, and_(Draw.study_id == Statement.study_id, Draw.statement_id == Statement.id))
        .where(Statement.study_id == study_id, Assignment.coder_id == coder_id, _STANDING)
    )
    if done:
        finished = query.where(Assignment.done_at.is_not(None)).order_by(Assignment.done_at.desc()).limit(most)
        return [Given(_passage(row), row.assigned_at, True) for row in reversed(session.execute(finished).all())]
    waiting = query.where(Assignment.done_at.is_(None)).order_by(Assignment.assigned_at, Draw.turn_number, Statement.id)
    return [Given(_passage(row), row.assigned_at, False) for row in session.execute(waiting.limit(most))]


def diary_of(session: Session, study_id: UUID, participant_id: UUID, *, most: int) -> list[Passage]:
    """Return what one person wrote, and observers wrote of them, in the order in which it happened."""
    query = (
        select(*_STATEMENT_COLUMNS)
        .where(Statement.study_id == study_id, Statement.participant_id == participant_id, _STANDING)
        .where(Statement.source != "interview")
        .order_by(Statement.occurred_at, Statement.source_id, Statement.id)
    )
    return [_passage(row) for row in session.execute(query.limit(most))]


def turns_of(session: Session, interview: Interview, *, most: int) -> list[Passage]:
    """Return an interview's turns in their order, each with the statement that it has become."""
    said = and_(Statement.study_id == Turn.study_id, Statement.source_id == Turn.id, _STANDING)
    query = (
        select(
            Statement.id.label("statement_id"),
            Turn.id,
            # Offsets count in the statement's own text.
            func.coalesce(Statement.text, Turn.text).label("text"),
            Statement.stage_id,
            Turn.role,
            Turn.speaker,
            Turn.start_ms,
            Turn.confirmed_at,
        )
        .outerjoin(Statement, said)
        .where(Turn.study_id == interview.study_id, Turn.interview_id == interview.id)
        .order_by(Turn.position, Turn.id)
        .limit(most)
    )
    return [
        Passage(
            statement_id=row.statement_id,
            source_id=row.id,
            participant_id=interview.participant_id,
            text=row.text,
            stage_id=row.stage_id,
            role=row.role,
            speaker=row.speaker,
            start_ms=row.start_ms,
            occurred_at=interview.held_at,
            source="interview",
            left_out=row.statement_id is None and row.confirmed_at is not None,
        )
        for row in session.execute(query)
    ]


def statement(session: Session, study_id: UUID, statement_id: UUID) -> Passage | None:
    """Return one standing statement of the study."""
    query = select(*_STATEMENT_COLUMNS).where(Statement.study_id == study_id, Statement.id == statement_id, _STANDING)
    row = session.execute(query).one_or_none()
    return None if row is None else _passage(row)


def interview(session: Session, study_id: UUID, interview_id: UUID) -> Interview | None:
    """Return an interview of the study."""
    return session.get(Interview, (study_id, interview_id))


def interview_of(session: Session, study_id: UUID, turn_id: UUID) -> UUID | None:
    """Return the interview in which a turn stands; None where ``turn_id`` is none, such as an entry's."""
    return session.scalar(select(Turn.interview_id).where(Turn.study_id == study_id, Turn.id == turn_id))


def interviews(session: Session, study_id: UUID, coder_id: UUID, *, most: int) -> Sequence[ReadableInterview]:
    """Return the interviews whose turns stand, the latest first, with what this coder has finished of each."""
    said = and_(Statement.study_id == Turn.study_id, Statement.source_id == Turn.id, _STANDING)
    waiting = case((and_(Turn.role == RESPONDENT, Turn.confirmed_at.is_(None)), Turn.id))
    query = (
        select(
            Interview.id,
            Interview.title,
            Interview.kind,
            Participant.code,
            Interview.held_at,
            func.count(waiting),
            func.count(Statement.id),
            func.count(HumanCoding.done_at),
        )
        .join(Participant, _same(Interview.study_id, Interview.participant_id))
        .outerjoin(Turn, and_(Turn.study_id == Interview.study_id, Turn.interview_id == Interview.id))
        .outerjoin(Statement, said)
        .outerjoin(HumanCoding, _coded_by(coder_id))
        .where(Interview.study_id == study_id, Interview.state == "ready")
        .group_by(Interview.id, Interview.title, Interview.kind, Participant.code, Interview.held_at)
        .order_by(Interview.held_at.desc(), Interview.id)
        .limit(most)
    )
    return [ReadableInterview(*row) for row in session.execute(query)]


def people(session: Session, study_id: UUID, coder_id: UUID, *, after: str, most: int) -> Sequence[ReadablePerson]:
    """Return who has diary statements, by code from the one after ``after`` on, with what this coder has finished."""
    query = (
        select(Participant.id, Participant.code, func.count(Statement.id), func.count(HumanCoding.done_at))
        .join(Statement, _same(Statement.study_id, Statement.participant_id))
        .outerjoin(HumanCoding, _coded_by(coder_id))
        .where(Participant.study_id == study_id, Participant.code > after, _STANDING, Statement.source == "diary")
        .group_by(Participant.id, Participant.code)
        .order_by(Participant.code)
        .limit(most)
    )
    return [ReadablePerson(*row) for row in session.execute(query)]


def _same(study_id: Any, participant_id: Any) -> ColumnElement[bool]:
    return and_(Participant.study_id == study_id, Participant.id == participant_id)


def _coded_by(coder_id: UUID) -> ColumnElement[bool]:
    return and_(
        HumanCoding.study_id == Statement.study_id,
        HumanCoding.statement_id == Statement.id,
        HumanCoding.coder_id == coder_id,
    )


def _passage(row: Any) -> Passage:
    return Passage(
        statement_id=row.id,
        source_id=row.source_id,
        participant_id=row.participant_id,
        text=row.text,
        stage_id=row.stage_id,
        role=row.role,
        speaker="",
        start_ms=None,
        occurred_at=row.occurred_at,
        source=row.source,
    )
