"""SELECTs of a study's interview guides."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.interviews.models import Guide


def latest_version(session: Session, study_id: UUID) -> int:
    """Return the number of the version in force; 0 while there is none."""
    return session.scalar(select(func.max(Guide.version)).where(Guide.study_id == study_id)) or 0


def guide(session: Session, study_id: UUID, version: int | None = None) -> Guide | None:
    """Return one version of the study's guide; None asks for the latest."""
    if version is not None:
        return session.get(Guide, (study_id, version))
    of_study = select(Guide).where(Guide.study_id == study_id)
    return session.scalars(of_study.order_by(Guide.version.desc()).limit(1)).first()


def guides(session: Session, study_id: UUID, most: int = 100) -> Sequence[Guide]:
    """Return the versions of the study's guide, the latest first."""
    of_study = select(Guide).where(Guide.study_id == study_id)
    return session.scalars(of_study.order_by(Guide.version.desc()).limit(most)).all()
