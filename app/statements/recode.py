"""Coding all statements of a study again with another coder, while the old scores stay in force until all are there."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.statements import cells, pending
from app.statements.codings import coding_rows, store
from app.statements.holding import hold_alone
from app.statements.models import MachineCoding, Statement
from app.studies.service import use_coder
from nlp import Coder

TASK = "recode"
BATCH = 1000
SLOW_BATCH = 100
"""Of a slow coder: progress is seen, and little is done again, every second or so."""


def count(session: Session, study_id: UUID) -> int:
    """Return how many statements the study has."""
    return session.scalar(select(func.count()).where(Statement.study_id == study_id)) or 0


def count_coded(session: Session, study_id: UUID, version: str) -> int:
    """Return how many statements of the study ``version`` has coded."""
    query = select(func.count()).where(MachineCoding.study_id == study_id, MachineCoding.model_version == version)
    return session.scalar(query) or 0


def uncoded(session: Session, study_id: UUID, version: str, after: UUID | None, most: int) -> list[tuple[UUID, str]]:
    """Return up to ``most`` statements (id, text) after the id ``after`` that ``version`` has not coded, by id."""
    coded = select(MachineCoding.statement_id).where(
        MachineCoding.study_id == study_id,
        MachineCoding.statement_id == Statement.id,
        MachineCoding.model_version == version,
    )
    wanted: list[ColumnElement[bool]] = [Statement.study_id == study_id, ~coded.exists()]
    if after is not None:
        wanted.append(Statement.id > after)
    rows = session.execute(select(Statement.id, Statement.text).where(*wanted).order_by(Statement.id).limit(most))
    return [(row.id, row.text) for row in rows]


def switch(session: Session, actor: str, study_id: UUID, coder: Coder, *, slow: bool = False) -> None:
    """Put the scores of ``coder`` in force: statements, cells and the study, in the session's transaction.

    What was written since the last batch is coded here, while nobody else writes to the study; a slow coder reads it
    later, for nobody must wait for it.
    """
    hold_alone(session, study_id)
    while not slow and (late := uncoded(session, study_id, coder.version, None, BATCH)):
        store(session, coding_rows(study_id, coder, late))
    session.execute(
        update(Statement)
        .where(
            Statement.study_id == study_id,
            Statement.model_version != coder.version,
            MachineCoding.study_id == study_id,
            MachineCoding.statement_id == Statement.id,
            MachineCoding.model_version == coder.version,
        )
        .values(sentiment_micro=MachineCoding.sentiment_micro, model_version=coder.version)
        .execution_options(synchronize_session=False)
    )
    if slow:
        pending.add_all_but(session, study_id, coder.version)
    else:
        pending.clear(session, study_id)
    cells.recount(session, study_id)
    use_coder(session, actor, study_id, coder.name, coder.version)
