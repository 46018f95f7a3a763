"""What a slow coder has still to read: remembered in the write's own transaction, with the job that will do it.

One job takes all that waits by the time it runs, so a stream of entries asks for one job at a time and not for one each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.core.bulk import insert_rows
from app.core.db import table_of
from app.jobs import queries as jobs
from app.jobs.models import FAILED
from app.jobs.service import enqueue
from app.statements.models import PendingRefinement, Statement

TASK = "refine"

_PENDING = insert(table_of(PendingRefinement))


@dataclass(frozen=True, slots=True)
class Refining:
    """How far the slow coder is behind: statements that wait, the versions whose scores they show meanwhile, and the code
    of what stopped it at its last attempt."""

    waiting: int = 0
    versions: tuple[str, ...] = ()
    error_code: str | None = None


NOTHING_WAITS = Refining()


def add(session: Session, study_id: UUID, statement_ids: Sequence[UUID]) -> None:
    """Remember new statements for the study's slow coder."""
    rows = [{"study_id": study_id, "statement_id": statement_id} for statement_id in statement_ids]
    insert_rows(session, _PENDING, rows)
    ask(session, study_id)


def add_all_but(session: Session, study_id: UUID, version: str) -> None:
    """Remember every statement of the study that does not show the score of ``version``, instead of what waited."""
    clear(session, study_id)
    others = select(literal(study_id, Statement.study_id.type), Statement.id).where(
        Statement.study_id == study_id, Statement.model_version != version, Statement.retracted_at.is_(None)
    )
    table = table_of(PendingRefinement)
    session.execute(insert(table).from_select([table.c.study_id, table.c.statement_id], others))
    if count(session, study_id):
        ask(session, study_id)


def clear(session: Session, study_id: UUID, statement_ids: Sequence[UUID] | None = None) -> None:
    """Forget what waits: these statements, or all of the study."""
    query = delete(PendingRefinement).where(PendingRefinement.study_id == study_id)
    if statement_ids is not None:
        query = query.where(PendingRefinement.statement_id.in_(statement_ids))
    session.execute(query.execution_options(synchronize_session=False))


def ask(session: Session, study_id: UUID) -> None:
    """Ask for the job unless one waits to begin. One that runs does not count: it may have looked for the last time."""
    if not jobs.is_queued(session, TASK, study_id):
        enqueue(session, TASK, {"study": str(study_id)}, study_id=study_id)


def next_texts(session: Session, study_id: UUID, most: int) -> list[tuple[UUID, str]]:
    """Return up to ``most`` statements (id, text) that wait, the oldest first."""
    query = _waiting(study_id).with_only_columns(Statement.id, Statement.text).order_by(Statement.id).limit(most)
    return [(row.id, row.text) for row in session.execute(query)]


def count(session: Session, study_id: UUID) -> int:
    """Return how many statements wait."""
    return session.scalar(_waiting(study_id).with_only_columns(func.count())) or 0


def state(session: Session, study_id: UUID) -> Refining:
    """Return how far the slow coder is behind."""
    query = (
        _waiting(study_id).with_only_columns(Statement.model_version, func.count()).group_by(Statement.model_version)
    )
    counted = dict(session.execute(query.order_by(Statement.model_version)).all())
    if not counted:
        return NOTHING_WAITS
    last = jobs.latest_ended(session, TASK, study_id)
    error = last.error_code if last is not None and last.state == FAILED else None
    return Refining(sum(counted.values()), tuple(counted), error)


def stalled(session: Session, since: datetime) -> Sequence[UUID]:
    """Return the studies where statements wait although no job is at it, and none has ended after ``since``."""
    found = session.scalars(select(PendingRefinement.study_id).distinct()).all()
    return [study_id for study_id in found if not _attended(session, study_id, since)]


def _attended(session: Session, study_id: UUID, since: datetime) -> bool:
    last = jobs.latest_ended(session, TASK, study_id)
    lately = last is not None and last.finished_at is not None and last.finished_at > since
    return lately or bool(jobs.open_jobs(session, TASK, study_id))


def _waiting(study_id: UUID) -> Select[UUID]:
    """Retracted statements are left out: nobody sees their score."""
    same = and_(Statement.study_id == PendingRefinement.study_id, Statement.id == PendingRefinement.statement_id)
    query = select(PendingRefinement.statement_id).join(Statement, same)
    return query.where(PendingRefinement.study_id == study_id, Statement.retracted_at.is_(None))
