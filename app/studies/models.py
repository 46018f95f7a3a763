"""A study and its protocol. Everything of a study carries ``study_id`` first in its key."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7


class Study(Base):
    """One protocol. ``coder`` names the coder whose scores the curve shows."""

    __tablename__ = "study"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    template: Mapped[str | None] = mapped_column(String(40))
    anchor_label: Mapped[str] = mapped_column(String(40))
    time_zone: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(10))
    retention_until: Mapped[date] = mapped_column(Date)
    contact: Mapped[str] = mapped_column(String(200), default="")
    # Numbers to call, {label, number, note} each, in the order in which the phone shows them.
    help_lines: Mapped[list[Any]] = mapped_column(Json, default=list, server_default="[]")
    coder: Mapped[str] = mapped_column(String(60))
    coder_version: Mapped[str] = mapped_column(String(80))
    # Counts changes of stages, touchpoints, forms and texts, so that a process knows whether the protocol it holds is today's.
    protocol_revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # How long a person may change on their phone what they wrote, and how soon the team answers messages; 0: not at all.
    edit_hours: Mapped[int] = mapped_column(Integer, default=72, server_default="72")
    reply_hours: Mapped[int] = mapped_column(Integer, default=48, server_default="48")
    # When coders see the machine's proposal: never, after (they have coded, and for two coders both have), or always.
    proposals: Mapped[str] = mapped_column(String(8), default="after", server_default="after")
    # What care staff are told of: the fields of CareRules that the team set, the others as they come.
    care: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")


class Membership(Base):
    """The role of one staff member in one study."""

    __tablename__ = "membership"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("role IN ('owner', 'researcher', 'coder', 'care', 'viewer')", name="role_known"),
        Index("ix_membership_user_id", "user_id"),
    )


class Stage(Base):
    """An ordered step of the journey. ``day_from``/``day_to`` are the days from the anchor event it usually spans."""

    __tablename__ = "stage"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(Integer)
    day_from: Mapped[int | None]
    day_to: Mapped[int | None]

    __table_args__ = (UniqueConstraint("study_id", "key"), UniqueConstraint("study_id", "position"))


class Touchpoint(Base):
    """A contact within a stage."""

    __tablename__ = "touchpoint"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    stage_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    frontstage: Mapped[bool] = mapped_column(Boolean, default=True)
    position: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="CASCADE"),
        UniqueConstraint("study_id", "stage_id", "key"),
        CheckConstraint("kind IN ('digital', 'physical', 'human', 'psychological')", name="kind_known"),
    )


class Form(Base):
    """A diary form; its questions stand in its versions."""

    __tablename__ = "form"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("study_id", "key"),)


class FormVersion(Base):
    """Questions as published: never changed afterwards, and a question keeps its type in every later version."""

    __tablename__ = "form_version"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    questions: Mapped[list[Any]] = mapped_column(Json)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (ForeignKeyConstraint(["study_id", "form_id"], ["form.study_id", "form.id"], ondelete="CASCADE"),)


class Wave(Base):
    """A round of a study, such as before and after a change."""

    __tablename__ = "wave"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(Integer)

    __table_args__ = (UniqueConstraint("study_id", "key"),)


class ConsentText(Base):
    """The words of one version of the consent form, by purpose; a version is never changed."""

    __tablename__ = "consent_text"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    introduction: Mapped[str] = mapped_column(Text)
    purposes: Mapped[list[Any]] = mapped_column(Json)
    text_hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime())


class CoderAdaptation(Base):
    """A study's own calibration of the coder ``base``: its parameters, and the report of the fit. Never changed, only refitted.

    ``base_version`` is the version whose scores it was fitted to. Parameters hold numbers, and wordings that many of the
    study's people use.
    """

    __tablename__ = "study_coder_adaptation"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[str] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(60))
    base_version: Mapped[str] = mapped_column(String(80))
    parameters: Mapped[dict[str, Any]] = mapped_column(Json)
    report: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (UniqueConstraint("study_id", "base", "version"),)
