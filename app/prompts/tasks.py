"""What workers do about prompts: plan them ahead, and settle what was missed or claimed by the dead."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.jobs import presence
from app.jobs import queries as jobs
from app.jobs.context import WorkerContext
from app.jobs.declare import recurring
from app.prompts import ledger, ledger_queries, planner, queries


@recurring("prompts.plan", seconds=20.0)
def plan_ahead(context: WorkerContext) -> None:
    """Plan everyone whose turn it is, a batch a transaction. Nothing is written while nobody's is."""
    now = clock.now()
    with context.database.read() as session:
        running = queries.scheduled_studies(session, now)
        due = [one for one in running if queries.to_plan(session, one, now, 1)]
        joined = [one for one, active in running.items() if active and queries.newcomers(session, one, 1)]
    for study_id in due:
        _plan_all(context, study_id, planner.plan_next)
    for study_id in joined:
        _plan_all(context, study_id, planner.plan_newcomers)


def _plan_all(context: WorkerContext, study_id: UUID, plan: Callable[[Session, UUID, datetime], int]) -> None:
    planned = 1
    while planned and not context.stopping.is_set():
        with context.database.write() as session:
            planned = plan(session, study_id, clock.now())


@recurring("prompts.settle", seconds=15.0)
def settle(context: WorkerContext) -> None:
    """Settle what was claimed by processes that are dead, and what was not sent in its time."""
    now = clock.now()
    with context.database.read() as session:
        orphaned = ledger_queries.orphaned(session, living(session))
        expired = ledger_queries.has_expired(session, now)
    if not (orphaned or expired):
        return
    with context.database.write() as session:
        ledger.release_stale(session, living(session), now)
        ledger.expire_due(session, now)


@recurring("prompts.cancel_withdrawn", seconds=300.0)
def cancel_for_leavers(context: WorkerContext) -> None:
    """Cancel what is planned for people who have left; nothing of it would be sent anyway."""
    with context.database.read() as session:
        left = queries.studies_with_leavers(session)
    for study_id in left:
        with context.database.write() as session:
            ledger.cancel_withdrawn(session, study_id)


def living(session: Session) -> dict[str, datetime]:
    """Return the processes that are alive and since when: one that took over a dead one's name has not its claims."""
    names = presence.live(session)
    return {one.name: one.started_at for one in jobs.workers(session) if one.name in names}
