"""Personas, what is planned for each phase of the relation, and the team's votes."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7

PHASES: Final = ("exploring", "building", "deepening", "expanding")
"""探索 建立 深化 扩展: the phases of a relation."""


class Persona(Base):
    """A kind of customer, in the team's words; ``segment`` (attribute:value) says which participants it stands for."""

    __tablename__ = "persona"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(40))
    segment: Mapped[str | None] = mapped_column(String(120))
    story: Mapped[str] = mapped_column(String(500), default="")
    goals: Mapped[list[Any]] = mapped_column(Json, default=list)
    worries: Mapped[list[Any]] = mapped_column(Json, default=list)
    position: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class PhasePlan(Base):
    """What is aimed at in a phase of the relation, its moment of truth, and the one thing that is done for it."""

    __tablename__ = "phase_plan"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    phase: Mapped[str] = mapped_column(String(12), primary_key=True)
    goal: Mapped[str] = mapped_column(String(200), default="")
    moment: Mapped[str] = mapped_column(String(200), default="")
    action: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        CheckConstraint("phase IN ('exploring', 'building', 'deepening', 'expanding')", name="phase_known"),
    )


class Vote(Base):
    """How many points one member of the team gives to one touchpoint as a place to begin."""

    __tablename__ = "vote"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    touchpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "touchpoint_id"], ["touchpoint.study_id", "touchpoint.id"], ondelete="CASCADE"
        ),
        CheckConstraint("points BETWEEN 1 AND 10", name="points"),
        Index("ix_vote_user_id", "user_id"),
        Index("ix_vote_study_id_touchpoint_id", "study_id", "touchpoint_id"),
    )
