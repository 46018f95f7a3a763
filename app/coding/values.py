"""The value in force of drawn statements: what their coders, or the team, say they express; it goes into the cells."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import queries
from app.statements.human import LEAST_PROBABILITY, HumanValue, set_human

SCALE = 2
"""Coders say −2..2, the curve is drawn on −1..1."""

BATCH = 500


def bring_along(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> None:
    """Bring the cells up to the codings of these statements, in the caller's transaction.

    The caller holds the statements, so that no coding of them changes between this look and the write.
    """
    found: dict[UUID, HumanValue | None] = dict.fromkeys(statement_ids)
    wanted = sorted(found)
    for first in range(0, len(wanted), BATCH):
        for row in queries.values_in_force(session, study_id, wanted[first : first + BATCH]):
            found[row.statement_id] = value_of(row)
    set_human(session, study_id, found)


def value_of(row: Any) -> HumanValue | None:
    """Return the value in force of a row of ``queries.values_in_force``: the adjudicated one, else the coders' mean.

    None until every coder whom the statement was drawn for has finished.
    """
    probability = max(row.probability, LEAST_PROBABILITY)
    if row.agreed is not None:
        return HumanValue(row.agreed / SCALE, probability)
    if row.done < (2 if row.doubled else 1):
        return None
    return HumanValue(row.total / row.done / SCALE, probability)
