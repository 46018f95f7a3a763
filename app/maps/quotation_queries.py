"""SELECTs of quotations."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from app.maps.quotation_models import Quotation
from app.statements.cells import OBSERVER
from app.statements.models import Statement


def of_owners(session: Session, study_id: UUID, owner: str, owner_ids: Collection[UUID]) -> Sequence[Quotation]:
    """Return the quotations of those owners, each owner's in order."""
    query = select(Quotation).where(
        Quotation.study_id == study_id, Quotation.owner == owner, Quotation.owner_id.in_(owner_ids)
    )
    return session.scalars(query.order_by(Quotation.owner_id, Quotation.position, Quotation.id)).all()


def observed(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the statements the team observed."""
    if not statement_ids:
        return set()
    query = select(Statement.id).where(Statement.study_id == study_id, Statement.source == OBSERVER)
    return set(session.scalars(query.where(Statement.id.in_(statement_ids))))


def standing(session: Session, study_id: UUID, owner: str, owner_ids: Collection[UUID]) -> Sequence[Any]:
    """Return rows of owner, quotations whose statement stands, people who said them, observers among the writers."""
    if not owner_ids:
        return ()
    said = case((Statement.source != OBSERVER, Statement.participant_id))
    seen = case((Statement.source == OBSERVER, Statement.participant_id))
    query = (
        select(Quotation.owner_id, func.count(), func.count(said.distinct()), func.count(seen.distinct()))
        .join(Statement, and_(Statement.study_id == Quotation.study_id, Statement.id == Quotation.statement_id))
        .where(Quotation.study_id == study_id, Quotation.owner == owner, Quotation.owner_id.in_(owner_ids))
        .where(Statement.retracted_at.is_(None))
        .group_by(Quotation.owner_id)
    )
    return session.execute(query).all()
