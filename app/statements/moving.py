"""Giving what was said another place on the journey: the statements stay, with all that was coded about them."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.statements import cells, queries
from app.statements.cells import Contribution, Place, contribution_of
from app.statements.holding import hold
from app.statements.models import Statement


def move(session: Session, study_id: UUID, source_id: UUID, place: Place) -> None:
    """Put what stands of the entry or turn ``source_id`` at ``place``: stage, touchpoint, wave and day, and the cells.

    Everything happens in the caller's transaction. A ``place`` of another participant raises ValueError: words do not
    change their speaker. The self-report beside a diary entry is not moved; the diary does that itself.
    """
    hold(session, study_id)
    rows = queries.standing_for_update(session, study_id, Statement.source_id == source_id)
    if any(row.participant_id != place.participant_id for row in rows):
        raise ValueError("what somebody said cannot be moved to another participant")
    by_place: dict[tuple[Place, str], list[object]] = {}
    for row in rows:
        was = Place(row.participant_id, row.stage_id, row.touchpoint_id, row.wave_id, row.day)
        by_place.setdefault((was, row.source), []).append(row)
    removed: list[Contribution] = [contribution_of(was, source, said) for (was, source), said in by_place.items()]
    added = [contribution_of(place, rows[0].source, rows)] if rows else []
    session.execute(
        update(Statement)
        .where(Statement.study_id == study_id, Statement.source_id == source_id, Statement.retracted_at.is_(None))
        .values(stage_id=place.stage_id, touchpoint_id=place.touchpoint_id, wave_id=place.wave_id, day=place.day)
        .execution_options(synchronize_session=False)
    )
    cells.apply(session, study_id, cells.deltas(added, removed))
