"""Taking what many interview turns said out of a study at once: retracted, or deleted with all that was coded of it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.core import clock
from app.statements import cells, pending, queries
from app.statements.cells import Place, contribution_of
from app.statements.holding import hold
from app.statements.models import Statement

BATCH = 500


def retract_turns(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> int:
    """Mark what these turns said as replaced, and bring the cells along; returns how many statements that were."""
    hold(session, study_id)
    n = 0
    for batch in _batches(turn_ids):
        rows = _taken_out(session, study_id, batch)
        ids = [row.id for row in rows]
        session.execute(
            update(Statement)
            .where(Statement.study_id == study_id, Statement.id.in_(ids))
            .values(retracted_at=clock.now())
            .execution_options(synchronize_session=False)
        )
        pending.clear(session, study_id, ids)
        n += len(rows)
    return n


def delete_turns(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> int:
    """Delete all that these turns ever said with its codings, and bring the cells along; returns how many stood."""
    hold(session, study_id)
    n = 0
    for batch in _batches(turn_ids):
        n += len(_taken_out(session, study_id, batch))
        session.execute(
            delete(Statement)
            .where(Statement.study_id == study_id, Statement.source_id.in_(batch))
            .execution_options(synchronize_session=False)
        )
    return n


def _taken_out(session: Session, study_id: UUID, turn_ids: Sequence[UUID]) -> Sequence[Any]:
    """Take what these turns add out of the cells; returns the rows, locked. A turn says one thing, so each row is one."""
    rows = queries.standing_for_update(session, study_id, Statement.source_id.in_(turn_ids))
    removed = [
        contribution_of(
            Place(row.participant_id, row.stage_id, row.touchpoint_id, row.wave_id, row.day), row.source, [row]
        )
        for row in rows
    ]
    cells.apply(session, study_id, cells.deltas([], removed))
    return rows


def _batches(ids: Collection[UUID]) -> list[list[UUID]]:
    ordered = sorted(ids)
    return [ordered[first : first + BATCH] for first in range(0, len(ordered), BATCH)]
