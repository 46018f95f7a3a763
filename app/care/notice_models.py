"""Whom of a study's addresses was written to of which follow-up, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime

OPENED, URGENT, LATE = "opened", "urgent", "late"
WAITING, SENDING, SENT, UNCERTAIN, FAILED, DROPPED = "waiting", "sending", "sent", "uncertain", "failed", "dropped"


class CareNotice(Base):
    """One mail to one of a study's addresses: once for each follow-up and occasion, whoever finds that it is wanted.

    ``uncertain``: who was sending it died, and it may be out. ``dropped``: nobody needs to hear of it any more.
    """

    __tablename__ = "care_notice"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    follow_up_id: Mapped[UUID]
    occasion: Mapped[str] = mapped_column(String(6))
    address: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(9))
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime())
    try_at: Mapped[datetime] = mapped_column(UtcDateTime())
    attempts: Mapped[int] = mapped_column(Integer)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    reason: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "follow_up_id"], ["follow_up.study_id", "follow_up.id"], ondelete="CASCADE"),
        UniqueConstraint("study_id", "follow_up_id", "occasion", "address"),
        CheckConstraint("occasion IN ('opened', 'urgent', 'late')", name="occasion_known"),
        CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'uncertain', 'failed', 'dropped')", name="state_known"
        ),
        Index("ix_care_notice_state_try_at", "state", "try_at"),
    )
