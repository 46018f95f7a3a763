"""What workers do for care staff: look at entries of concern, notice who has gone silent, close what is open for leavers."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from app.care import follow_up_queries as queries
from app.care import follow_ups, silence
from app.core import clock
from app.diary import concerns
from app.jobs.context import JobContext, WorkerContext
from app.jobs.declare import recurring, task

LEAVERS = 200

log = structlog.get_logger()


@task(concerns.TASK)
def look_at_entries(context: JobContext, *, study: str, entries: list[str]) -> None:
    """Look at entries of ``study``; what was looked at already, or is gone, changes nothing."""
    context.step("look", _look, context, UUID(study), [UUID(one) for one in entries])


def _look(context: JobContext, study_id: UUID, entry_ids: Sequence[UUID]) -> int:
    """Look at each in a transaction of its own, so that one that fails keeps none of the others waiting; then fail for it."""
    raised, failed = 0, None
    for entry_id in entry_ids:
        context.worker.pause(0)
        try:
            with context.database.write() as session:
                raised += follow_ups.look(session, study_id, entry_id) is not None
        except Exception as error:  # noqa: BLE001 - whatever it is, the step is tried again for it
            failed = error
    if failed is not None:
        raise failed
    return raised


@recurring("care.silence", seconds=900.0)
def notice_silence(context: WorkerContext) -> None:
    """Open a follow-up for people of whom nothing is heard any more; processes at it together raise nothing twice."""
    with context.database.read() as session:
        watched = silence.watched_studies(session, clock.now())
    for study_id in watched:
        with context.database.read() as session:
            found = silence.silent(session, study_id)
        for one in found:
            context.pause(0)
            with context.database.write() as session:
                silence.raise_one(session, study_id, one)


@recurring("care.leavers", seconds=300.0)
def close_for_leavers(context: WorkerContext) -> None:
    """Close what is open for people who have withdrawn."""
    with context.database.read() as session:
        left = queries.of_leavers(session, LEAVERS)
    for study_id, follow_up_id in left:
        with context.database.write() as session:
            follow_ups.close_left(session, study_id, follow_up_id)
