"""What people say a statement expresses: the one shape in which human codes reach the fit, wherever they are kept."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.statements.models import Statement

LOWEST: Final = -2.0
HIGHEST: Final = 2.0


@dataclass(frozen=True, slots=True)
class HumanCode:
    """The ``sentiment``, −2..2, that the person ``coder`` gave a statement."""

    statement_id: UUID
    coder: str
    sentiment: float


@dataclass(frozen=True, slots=True)
class CodedStatements:
    """Statements with their human codes: texts, who said them, and the mean of the codes on −1..1."""

    texts: Sequence[str]
    people: Sequence[UUID]
    human: Sequence[float]


def coded_statements(session: Session, study_id: UUID, codes: Sequence[HumanCode]) -> CodedStatements:
    """Return the statements of ``codes`` that the study has and that were not replaced since, in the order of their ids."""
    given: dict[UUID, list[float]] = defaultdict(list)
    for code in codes:
        given[code.statement_id].append(code.sentiment)
    query = select(Statement.id, Statement.text, Statement.participant_id)
    of_study = query.where(Statement.study_id == study_id, Statement.retracted_at.is_(None)).order_by(Statement.id)
    rows = [row for row in session.execute(of_study.execution_options(yield_per=5000)) if row.id in given]
    human = [sum(given[row.id]) / len(given[row.id]) / HIGHEST for row in rows]
    return CodedStatements([row.text for row in rows], [row.participant_id for row in rows], human)


def known_statements(session: Session, study_id: UUID) -> set[UUID]:
    """Return the ids of the study's statements that were not replaced."""
    query = select(Statement.id).where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
    return set(session.scalars(query))
