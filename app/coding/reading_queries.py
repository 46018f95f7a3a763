"""SELECTs of which statements carry which code, for counting, and of saved questions and memos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.coding.blinding import is_blind
from app.coding.coders import CONSENSUS
from app.coding.models import Excerpt, HumanCoding, Memo, SavedQuery, StudyCoder
from app.core.errors import NotFound
from app.participants.models import Participant
from app.participants.sight import Sight
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement

_ABOUT: Any = Memo.about_id


@dataclass(frozen=True, slots=True)
class Carried:
    """A code on a statement, whoever put it there: where the statement stands, and whose it is."""

    code_id: UUID
    statement_id: UUID
    stage_id: UUID
    participant_id: UUID


def carried(session: Session, sight: Sight, seen: ColumnElement[bool]) -> list[Carried]:
    """Return every code on every standing statement of participants that may be read, each pair once.

    Where the team has settled a statement, only what it settled on counts; else what any coder said who may be seen.
    """
    settled, team = aliased(HumanCoding), aliased(StudyCoder)
    consensus = (
        select(settled.coder_id)
        .join(team, and_(team.study_id == settled.study_id, team.id == settled.coder_id))
        .where(settled.study_id == HumanCoding.study_id, settled.statement_id == HumanCoding.statement_id)
        .where(team.kind == CONSENSUS)
    )
    query = (
        select(Excerpt.code_id, Excerpt.statement_id, Statement.stage_id, Statement.participant_id)
        .distinct()
        .join(Statement, and_(Statement.study_id == Excerpt.study_id, Statement.id == Excerpt.statement_id))
        .join(
            HumanCoding,
            and_(
                HumanCoding.study_id == Excerpt.study_id,
                HumanCoding.statement_id == Excerpt.statement_id,
                HumanCoding.coder_id == Excerpt.coder_id,
            ),
        )
        .where(Excerpt.study_id == sight.study_id, Statement.retracted_at.is_(None), seen)
        .where(sight.reaches(Statement.participant_id))
        .where(or_(~consensus.exists(), HumanCoding.coder_id.in_(consensus)))
        .where(Statement.source.in_(TEXT_SOURCES))
    )
    return [Carried(*tuple(row)) for row in session.execute(query)]


def attributes(session: Session, study_id: UUID) -> dict[UUID, dict[str, str]]:
    """Return the attributes of everyone in the study, observers left out."""
    query = select(Participant.id, Participant.attributes).where(
        Participant.study_id == study_id, Participant.kind == "participant"
    )
    return {row.id: {name: str(value) for name, value in row.attributes.items()} for row in session.execute(query)}


def saved_queries(session: Session, study_id: UUID) -> Sequence[SavedQuery]:
    """Return the questions that were saved in the study, by name."""
    of_study = select(SavedQuery).where(SavedQuery.study_id == study_id)
    return session.scalars(of_study.order_by(SavedQuery.name, SavedQuery.id)).all()


def saved_query(session: Session, study_id: UUID, query_id: UUID) -> SavedQuery:
    """Return one of them; NotFound."""
    found = session.get(SavedQuery, (study_id, query_id))
    if found is None:
        raise NotFound()
    return found


def memos(session: Session, sight: Sight, *, reader: str, about: str | None = None, most: int) -> Sequence[Memo]:
    """Return the memos that may be read, the latest first: those on people only where their words may be.

    What others noted about a statement that two are coding blind waits until both are done; ``reader`` is a login.
    """
    whose: Any = Memo.participant_id
    reachable = or_(whose.is_(None), sight.reaches(whose))
    open_to = or_(Memo.about != "statement", Memo.by == reader, ~is_blind(Memo.study_id, _ABOUT))
    query = select(Memo).where(Memo.study_id == sight.study_id, reachable, open_to)
    if about:
        query = query.where(Memo.about == about)
    return session.scalars(query.order_by(Memo.updated_at.desc(), Memo.id).limit(most)).all()


def memo(session: Session, study_id: UUID, memo_id: UUID) -> Memo:
    """Return one memo, held for a change; NotFound."""
    query = select(Memo).where(Memo.study_id == study_id, Memo.id == memo_id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found
