"""The SELECT of what a study's own coders have said."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.coding.models import HumanCoding, StudyCoder


def finished_codes(session: Session, study_id: UUID) -> Sequence[Any]:
    """Return (statement_id, coder_id, kind of coder, sentiment −2..2) of every finished coding that has a sentiment."""
    query = (
        select(HumanCoding.statement_id, HumanCoding.coder_id, StudyCoder.kind, HumanCoding.sentiment)
        .join(StudyCoder, and_(StudyCoder.study_id == HumanCoding.study_id, StudyCoder.id == HumanCoding.coder_id))
        .where(
            HumanCoding.study_id == study_id,
            HumanCoding.done_at.is_not(None),
            HumanCoding.sentiment.is_not(None),
        )
        .order_by(HumanCoding.statement_id, HumanCoding.coder_id)
    )
    return session.execute(query).all()
