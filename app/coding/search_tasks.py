"""What workers do about searching: statements written since are put into the index of SQLite."""

from app.coding import search_index
from app.jobs.context import WorkerContext
from app.jobs.declare import recurring


@recurring("coding.index", seconds=30.0)
def index(context: WorkerContext) -> None:
    """Put what is on the list into the index, a batch a transaction, so that entries come in between."""
    with context.database.read() as session:
        if not search_index.is_waiting(session):
            return
    with context.database.write() as session:
        search_index.list_again(session)
        waiting = search_index.waiting_studies(session)
    for study_id in waiting:
        more = True
        while more and not context.stopping.is_set():
            with context.database.write() as session:
                more = search_index.put(session, study_id)
