"""SELECTs of interviews and their turns; each names the study, or whose words of it, it may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.interviews.models import Interview, Turn
from app.participants.models import Consent, Participant
from app.participants.sight import Sight
from app.statements.models import Statement

INTERVIEW, OBSERVATION = "interview", "observation"
RESPONDENT = "respondent"
PAGE = 100
BATCH = 500


@dataclass(frozen=True, slots=True)
class InterviewLine:
    """An interview in the list: whose, how many turns, how many of the respondent's, and of how many the stage is confirmed."""

    interview: Interview
    code: str
    turns: int
    answers: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Gone:
    """What an interview's removal takes along: turns, statements, and of how many a person's code is in the curve."""

    turns: int
    statements: int
    coded: int


def interviews_of(session: Session, sight: Sight, *, after: int = 0, limit: int = PAGE) -> Sequence[InterviewLine]:
    """Return interviews whose participants may be seen, the latest held first, skipping ``after``."""
    query = _lines(sight).order_by(Interview.held_at.desc(), Interview.id).offset(after).limit(limit)
    return [InterviewLine(*row) for row in session.execute(query)]


def interviews_by_id(session: Session, sight: Sight, *, after: UUID | None, limit: int) -> Sequence[InterviewLine]:
    """Return up to ``limit`` interviews whose participants may be seen, by id, beginning after ``after``."""
    query = _lines(sight).order_by(Interview.id).limit(limit)
    if after is not None:
        query = query.where(Interview.id > after)
    return [InterviewLine(*row) for row in session.execute(query)]


def interview_seen(session: Session, sight: Sight, interview_id: UUID) -> InterviewLine:
    """Return one interview; NotFound, also for one whose participant may not be seen."""
    row = session.execute(_lines(sight).where(Interview.id == interview_id)).one_or_none()
    if row is None:
        raise NotFound()
    return InterviewLine(*row)


def _lines(sight: Sight) -> Select[*tuple[Any, ...]]:
    is_answer = Turn.role == RESPONDENT
    counted = (
        select(
            Turn.interview_id,
            func.count().label("turns"),
            func.sum(cast(is_answer, Integer)).label("answers"),
            func.sum(case((is_answer & Turn.confirmed_at.is_not(None), 1), else_=0)).label("confirmed"),
        )
        .where(Turn.study_id == sight.study_id)
        .group_by(Turn.interview_id)
        .subquery()
    )
    columns = [func.coalesce(counted.c[name], 0) for name in ("turns", "answers", "confirmed")]
    return (
        select(Interview, Participant.code, *columns)
        .join(
            Participant,
            (Participant.study_id == Interview.study_id) & (Participant.id == Interview.participant_id),
        )
        .outerjoin(counted, counted.c.interview_id == Interview.id)
        .where(Interview.study_id == sight.study_id, sight.reaches(Interview.participant_id))
    )


def interview_for_update(session: Session, study_id: UUID, interview_id: UUID) -> Interview:
    """Return an interview whose row nobody else changes until the transaction ends; NotFound."""
    query = select(Interview).where(Interview.study_id == study_id, Interview.id == interview_id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def going_with(session: Session, study_id: UUID, interview_id: UUID) -> Gone:
    """Return what an interview's removal takes along."""
    of_interview = (Turn.study_id == study_id, Turn.interview_id == interview_id)
    said = Statement.source_id.in_(select(Turn.id).where(*of_interview))
    statements = select(func.count()).select_from(Statement).where(Statement.study_id == study_id, said)
    return Gone(
        session.scalar(select(func.count()).select_from(Turn).where(*of_interview)) or 0,
        session.scalar(statements.where(Statement.retracted_at.is_(None))) or 0,
        session.scalar(statements.where(Statement.human_micro.is_not(None))) or 0,
    )


def turns_of(
    session: Session,
    study_id: UUID,
    interview_id: UUID,
    *,
    after: int = 0,
    limit: int | None = None,
    waiting: bool = False,
    lock: bool = False,
) -> Sequence[Turn]:
    """Return turns in their order, skipping ``after``; ``waiting``: only answers whose stage nobody has confirmed.

    With ``lock`` nobody else changes them until the transaction ends.
    """
    query = select(Turn).where(Turn.study_id == study_id, Turn.interview_id == interview_id).order_by(Turn.position)
    if waiting:
        query = query.where(Turn.role == RESPONDENT, Turn.confirmed_at.is_(None))
    if lock:
        query = query.order_by(None).order_by(Turn.id).with_for_update().execution_options(populate_existing=True)
        return sorted(session.scalars(query).all(), key=lambda turn: turn.position)
    return session.scalars(query.offset(after).limit(limit)).all()


def turn_of(session: Session, study_id: UUID, interview_id: UUID, turn_id: UUID) -> Turn:
    """Return one turn of an interview; NotFound."""
    found = session.get(Turn, (study_id, turn_id))
    if found is None or found.interview_id != interview_id:
        raise NotFound()
    return found


def texts_of_turns(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Return id and text of each of these turns that a respondent said."""
    found: list[tuple[UUID, str]] = []
    for batch in _batches(turn_ids):
        query = select(Turn.id, Turn.text).where(Turn.study_id == study_id, Turn.id.in_(batch), Turn.role == RESPONDENT)
        found += [(row.id, row.text) for row in session.execute(query)]
    return found


def turns_for_update(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> list[tuple[Turn, Interview]]:
    """Return these turns with their interviews, in the order of their ids; nobody else changes them meanwhile."""
    found: list[tuple[Turn, Interview]] = []
    for batch in _batches(turn_ids):
        query = (
            select(Turn, Interview)
            .join(Interview, (Interview.study_id == Turn.study_id) & (Interview.id == Turn.interview_id))
            .where(Turn.study_id == study_id, Turn.id.in_(batch))
            .order_by(Turn.id)
            .with_for_update(of=Turn)
        )
        rows = session.execute(query.execution_options(populate_existing=True))
        found += [(row[0], row[1]) for row in rows]
    return found


def speakers_of(session: Session, study_id: UUID, interview_id: UUID) -> list[tuple[str, str, int]]:
    """Return speaker, role and number of turns of all who speak, in the order of who said most."""
    query = (
        select(Turn.speaker, Turn.role, func.count())
        .where(Turn.study_id == study_id, Turn.interview_id == interview_id)
        .group_by(Turn.speaker, Turn.role)
        .order_by(func.count().desc(), Turn.speaker, Turn.role)
    )
    return [(speaker, role, n) for speaker, role, n in session.execute(query)]


def said_at(session: Session, study_id: UUID, stage_id: UUID, most: int) -> list[str]:
    """Return the latest texts that stand at a stage, up to ``most``."""
    query = select(Statement.text).where(
        Statement.study_id == study_id, Statement.stage_id == stage_id, Statement.retracted_at.is_(None)
    )
    return list(session.scalars(query.order_by(Statement.id.desc()).limit(most)))


def statement_ids(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the statement that stands of each of these turns."""
    found: dict[UUID, UUID] = {}
    for batch in _batches(turn_ids):
        query = select(Statement.source_id, Statement.id).where(
            Statement.study_id == study_id, Statement.source_id.in_(batch), Statement.retracted_at.is_(None)
        )
        found |= {row.source_id: row.id for row in session.execute(query)}
    return found


def took_consent_back(session: Session, study_id: UUID, participant_id: UUID) -> bool:
    """Return whether a person has taken back a consent they had given."""
    query = select(Consent.id).where(
        Consent.study_id == study_id, Consent.participant_id == participant_id, Consent.withdrawn_at.is_not(None)
    )
    return session.scalar(query.limit(1)) is not None


def _batches(ids: Collection[UUID]) -> list[list[UUID]]:
    ordered = sorted(ids)
    return [ordered[first : first + BATCH] for first in range(0, len(ordered), BATCH)]
