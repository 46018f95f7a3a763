"""What workers do about draws: statements that came since are drawn by the plan in force, with nobody looking."""

from typing import Any
from uuid import UUID

from app.coding import drawing
from app.coding import drawing_queries as queries
from app.jobs.context import WorkerContext
from app.jobs.declare import recurring

_seen: dict[tuple[str, UUID], tuple[Any, ...]] = {}
"""What each study looked like when this process drew last, by the database's address; forgetting it costs one look."""


@recurring("coding.draw", seconds=30.0)
def draw(context: WorkerContext) -> None:
    """Draw what came since, in studies that have changed."""
    with context.database.read() as session:
        marks = {one: queries.mark_of_statements(session, one) for one in queries.planned_studies(session)}
    for study_id, mark in marks.items():
        key = (context.database.address, study_id)
        if context.stopping.is_set() or _seen.get(key) == mark:
            continue
        with context.database.write() as session:
            drawing.top_up(session, study_id)
        _seen[key] = mark
