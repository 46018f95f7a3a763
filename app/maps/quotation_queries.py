"""SELECTs of quotations."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.maps.quotation_models import Quotation


def of_owners(session: Session, study_id: UUID, owner: str, owner_ids: Collection[UUID]) -> Sequence[Quotation]:
    """Return the quotations of those owners, each owner's in order."""
    query = select(Quotation).where(
        Quotation.study_id == study_id, Quotation.owner == owner, Quotation.owner_id.in_(owner_ids)
    )
    return session.scalars(query.order_by(Quotation.owner_id, Quotation.position, Quotation.id)).all()
