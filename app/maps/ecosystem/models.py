"""What the organisation offers along the road: facts about touchpoints, and the support that people get."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime
from app.core.ids import uuid7

CHANNELS: Final = ("sms", "call", "wechat", "app", "email", "letter", "visit", "gift", "other")


class TouchpointFacts(Base):
    """What the team knows of a touchpoint from its own records: how many of how many use it, come to it first, complain.

    ``efficiency`` is the team's score 1 (slow) to 5 (at once). Counts belong to one period, which ``basis`` names.
    """

    __tablename__ = "touchpoint_facts"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    touchpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    customers: Mapped[int | None] = mapped_column(Integer)
    users: Mapped[int | None] = mapped_column(Integer)
    first_contacts: Mapped[int | None] = mapped_column(Integer)
    complaints: Mapped[int | None] = mapped_column(Integer)
    efficiency: Mapped[int | None] = mapped_column(Integer)
    party: Mapped[str | None] = mapped_column(String(20))
    basis: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "touchpoint_id"], ["touchpoint.study_id", "touchpoint.id"], ondelete="CASCADE"
        ),
        CheckConstraint("efficiency BETWEEN 1 AND 5", name="efficiency_scale"),
    )


class SupportLog(Base):
    """Support that the organisation gives at a stage: to everybody (``contacts`` each), or once to one participant.

    ``generic`` says that everybody gets the same words. ``phase`` names the phase of the relation that it serves.
    """

    __tablename__ = "support_log"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    stage_id: Mapped[UUID]
    touchpoint_id: Mapped[UUID | None]
    participant_id: Mapped[UUID | None]
    phase: Mapped[str | None] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(8))
    generic: Mapped[bool] = mapped_column(Boolean)
    contacts: Mapped[int] = mapped_column(Integer, default=1)
    day_from: Mapped[int | None]
    day_to: Mapped[int | None]
    on: Mapped[date | None] = mapped_column("on_date", Date)
    words: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id"], ["study.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        CheckConstraint(
            "channel IN ('sms', 'call', 'wechat', 'app', 'email', 'letter', 'visit', 'gift', 'other')",
            name="channel_known",
        ),
        CheckConstraint("phase IN ('exploring', 'building', 'deepening', 'expanding')", name="phase_known"),
        CheckConstraint("contacts BETWEEN 1 AND 1000", name="contacts"),
        Index("ix_support_log_study_id_stage_id", "study_id", "stage_id"),
        Index("ix_support_log_study_id_participant_id", "study_id", "participant_id"),
    )
