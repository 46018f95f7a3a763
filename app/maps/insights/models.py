"""From insight to result: insights and their five states, improvements, what changed, and the programme of six steps."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Float, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7

STATES: Final = ("collected", "shared", "used", "improved", "measured")
"""收集回馈 有效沟通 使用洞察 改善流程 测量结果: what becomes of an insight."""


class Insight(Base):
    """A finding with its owner, its date and the metric that will show whether it helped. What people said is quotations."""

    __tablename__ = "insight"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text, default="")
    stage_id: Mapped[UUID | None]
    touchpoint_id: Mapped[UUID | None]
    segment: Mapped[str | None] = mapped_column(String(120))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    due: Mapped[date | None] = mapped_column(Date)
    metric: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("state IN ('collected', 'shared', 'used', 'improved', 'measured')", name="state_known"),
        Index("ix_insight_owner_id", "owner_id"),
    )


class InsightStep(Base):
    """That an insight came into a state: by whom, when, and what was said about it. Never changed."""

    __tablename__ = "insight_step"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    insight_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "insight_id"], ["insight.study_id", "insight.id"], ondelete="CASCADE"),
        Index("ix_insight_step_study_id_insight_id", "study_id", "insight_id"),
    )


class Improvement(Base):
    """Something that will be done better: who of the ten parties does it, from when to when, and how far it is."""

    __tablename__ = "improvement"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    insight_id: Mapped[UUID | None]
    stage_id: Mapped[UUID | None]
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text, default="")
    party: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    starts: Mapped[date | None] = mapped_column(Date)
    due: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "insight_id"], ["insight.study_id", "insight.id"], ondelete="RESTRICT"),
        CheckConstraint("status IN ('planned', 'doing', 'done', 'dropped')", name="status_known"),
        Index("ix_improvement_study_id_insight_id", "study_id", "insight_id"),
        Index("ix_improvement_owner_id", "owner_id"),
    )


class Result(Base):
    """One figure before and after: a share (``value`` of ``n``), a mean with its standard deviation, or a point of the curve.

    ``kind`` is share (value counts successes), mean, or curve: then the values come from two waves' cells, and stay empty here.
    """

    __tablename__ = "result"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    insight_id: Mapped[UUID | None]
    improvement_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(6))
    unit: Mapped[str] = mapped_column(String(20), default="")
    better: Mapped[str] = mapped_column(String(6), default="higher")
    before_period: Mapped[str] = mapped_column(String(60), default="")
    before_n: Mapped[int | None] = mapped_column(Integer)
    before_value: Mapped[float | None] = mapped_column(Float)
    before_sd: Mapped[float | None] = mapped_column(Float)
    after_period: Mapped[str] = mapped_column(String(60), default="")
    after_n: Mapped[int | None] = mapped_column(Integer)
    after_value: Mapped[float | None] = mapped_column(Float)
    after_sd: Mapped[float | None] = mapped_column(Float)
    stage_id: Mapped[UUID | None]
    before_wave: Mapped[str | None] = mapped_column(String(40))
    after_wave: Mapped[str | None] = mapped_column(String(40))
    basis: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "insight_id"], ["insight.study_id", "insight.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["study_id", "improvement_id"], ["improvement.study_id", "improvement.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("kind IN ('share', 'mean', 'curve')", name="kind_known"),
        CheckConstraint("better IN ('higher', 'lower')", name="better_known"),
        Index("ix_result_study_id_insight_id", "study_id", "insight_id"),
        Index("ix_result_study_id_improvement_id", "study_id", "improvement_id"),
    )


class Programme(Base):
    """What the team wants to reach, and what it says of each of the six steps; whether a step is done is read from the study."""

    __tablename__ = "programme"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    vision: Mapped[str] = mapped_column(String(500), default="")
    notes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))
