"""What workers do about participants: erase those of studies whose retention date has passed."""

from app.core import clock
from app.core.scrubbing import scrub
from app.jobs.context import JobContext, WorkerContext
from app.jobs.declare import recurring, task
from app.participants import queries
from app.participants.erasure import SCRUB, erase_expired


@recurring("participants.erase_expired", seconds=600.0)
def erase_expired_studies(context: WorkerContext) -> None:
    """Erase, a batch a transaction; processes that are at it together wait for one another at the study's row."""
    with context.database.read() as session:
        studies = queries.studies_to_erase(session, clock.now())
    for study_id in studies:
        erased = 1
        while erased and not context.stopping.is_set():
            with context.database.write() as session:
                erased = erase_expired(session, study_id)


@task(SCRUB)
def scrub_database(context: JobContext) -> None:
    """Take the last traces of who was erased out of the database's file."""
    context.step("scrub", scrub, context.database)
