"""The one or two places that a drawn statement has for coders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.coding import queries
from app.coding.models import Assignment, StudyCoder
from app.core import clock
from app.statements.models import Statement


def take(session: Session, statement: Statement, coder: StudyCoder) -> Assignment | None:
    """Return the coder's place at the statement, which the caller holds: the one they have, or a free one.

    None where it was not drawn, or all its places are taken: what is said then is for reading and not for the curve.
    """
    draw = queries.draw(session, statement.study_id, statement.id)
    if draw is None:
        return None
    for slot in range(1, places(draw.doubled) + 1):
        taken = queries.slots(session, statement.study_id, statement.id)
        own = [one for one in taken if one.coder_id == coder.id]
        if own:
            return own[0]
        if slot not in {one.slot for one in taken}:
            # Somebody's claim may be on its way: it is waited for, and the next place is tried.
            give(session, statement.study_id, [(statement.id, slot)], coder.id)
    taken = queries.slots(session, statement.study_id, statement.id)
    return next((one for one in taken if one.coder_id == coder.id), None)


def places(doubled: bool) -> int:
    """Return how many coders a draw is for."""
    return 2 if doubled else 1


def give(
    session: Session,
    study_id: UUID,
    wanted: Sequence[tuple[UUID, int]],
    coder_id: UUID,
    *,
    done_at: datetime | None = None,
) -> list[UUID]:
    """Give the coder these places (statement, slot) and return the statements that they got: a taken one is left out."""
    if not wanted:
        return []
    common = {"study_id": study_id, "coder_id": coder_id, "assigned_at": clock.now(), "done_at": done_at}
    rows = [common | {"statement_id": statement_id, "slot": slot} for statement_id, slot in sorted(wanted)]
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    given = insert(Assignment).values(rows).on_conflict_do_nothing().returning(Assignment.statement_id)
    got = set(session.scalars(given))
    return [statement_id for statement_id, _ in wanted if statement_id in got]


def settle(session: Session, place: Assignment, *, done: bool) -> None:
    """Note whether the coder has finished at this place."""
    if (place.done_at is not None) == done:
        return
    session.execute(
        update(Assignment)
        .where(
            Assignment.study_id == place.study_id,
            Assignment.statement_id == place.statement_id,
            Assignment.slot == place.slot,
        )
        .values(done_at=clock.now() if done else None)
        .execution_options(synchronize_session=False)
    )


def free(session: Session, study_id: UUID, coder_id: UUID) -> list[UUID]:
    """Take what the coder has not finished out of their hands; returns the statements. Drafts of them are kept."""
    given_back = (
        delete(Assignment)
        .where(Assignment.study_id == study_id, Assignment.coder_id == coder_id, Assignment.done_at.is_(None))
        .returning(Assignment.statement_id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(given_back))
