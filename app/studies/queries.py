"""SELECTs of studies and their protocols."""

from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.studies.models import Membership, Study


def study_and_role(session: Session, slug: str, user_id: UUID) -> tuple[Study, str | None] | None:
    """Return the study ``slug`` and the user's role in it, if any."""
    member = and_(Membership.study_id == Study.id, Membership.user_id == user_id)
    statement = select(Study, Membership.role).outerjoin(Membership, member).where(Study.slug == slug)
    row = session.execute(statement).one_or_none()
    return None if row is None else (row[0], row[1])
