"""Statements, the machine's codings of them, and the cells that curves are computed from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime


class Statement(Base):
    """One piece of text that one participant said about one stage. ``source_id`` is the entry or turn it came from."""

    __tablename__ = "statement"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    stage_id: Mapped[UUID]
    touchpoint_id: Mapped[UUID | None]
    wave_id: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(12))
    source_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime())
    day: Mapped[int | None]
    # The coding in force, kept beside the text so that reading quotes needs no join; machine_coding holds every version.
    model_version: Mapped[str] = mapped_column(String(80))
    sentiment_micro: Mapped[int] = mapped_column(Integer)
    # What people say it expresses, and 1/π of its draw, both in millionths: set where it was drawn and is coded. The cells'
    # weighted sums are made of these two and the score in force, so whoever changes one of the three brings the cells along.
    human_micro: Mapped[int | None] = mapped_column(Integer)
    weight_micro: Mapped[int | None] = mapped_column(BigInteger)
    retracted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        CheckConstraint("source IN ('diary', 'interview', 'observer')", name="source_known"),
        CheckConstraint("(human_micro IS NULL) = (weight_micro IS NULL)", name="human_with_weight"),
        Index("ix_statement_study_id_stage_id", "study_id", "stage_id", "sentiment_micro"),
        Index("ix_statement_study_id_source_id", "study_id", "source_id"),
        Index("ix_statement_study_id_participant_id", "study_id", "participant_id"),
    )


class MachineCoding(Base):
    """The score and labels that one model version gave one statement; versions stand beside each other."""

    __tablename__ = "machine_coding"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_version: Mapped[str] = mapped_column(String(80), primary_key=True)
    sentiment_micro: Mapped[int] = mapped_column(Integer)
    confidence: Mapped[float]
    emotions: Mapped[dict[str, Any]] = mapped_column(Json)
    risk: Mapped[list[Any]] = mapped_column(Json)
    coded_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["statement.study_id", "statement.id"], ondelete="CASCADE"),
    )


class PendingRefinement(Base):
    """A statement that the study's slow coder has still to read; until then the quick one's score is in force."""

    __tablename__ = "pending_refinement"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["statement.study_id", "statement.id"], ondelete="CASCADE"),
    )


class Recoding(Base):
    """A study coded again by another coder: as a proposal (``preview``) to be adopted or declined, or to be adopted at once.

    ``state``: coding, ready (coded, undecided), adopting, adopted or declined. ``version`` is known once coding has begun,
    ``before`` is the version in force when it was asked for.
    """

    __tablename__ = "recoding"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    coder: Mapped[str] = mapped_column(String(60))
    adaptation_id: Mapped[UUID | None]
    version: Mapped[str | None] = mapped_column(String(80))
    before: Mapped[str] = mapped_column(String(80))
    preview: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(10))
    job_id: Mapped[UUID]
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "adaptation_id"],
            ["study_coder_adaptation.study_id", "study_coder_adaptation.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("state IN ('coding', 'ready', 'adopting', 'adopted', 'declined')", name="state_known"),
    )


class CurveCell(Base):
    """Sufficient sums of one participant at one position of one axis, in the statement's own transaction.

    ``axis`` is stage, day or touchpoint and ``position`` that stage's id, day number or touchpoint's id (text).
    ``source`` is diary, interview, or mood (self-reports, one an entry). Sums are in millionths: integers add exactly.
    """

    __tablename__ = "curve_cell"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    axis: Mapped[str] = mapped_column(String(10), primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[str] = mapped_column(String(36), primary_key=True)
    wave: Mapped[str] = mapped_column(String(40), primary_key=True)
    source: Mapped[str] = mapped_column(String(12), primary_key=True)
    entries: Mapped[int] = mapped_column(Integer)
    n: Mapped[int] = mapped_column(Integer)
    sum_model: Mapped[int] = mapped_column(BigInteger)
    coded: Mapped[int] = mapped_column(Integer, default=0)
    sum_weight: Mapped[int] = mapped_column(BigInteger, default=0)
    sum_weight_model: Mapped[int] = mapped_column(BigInteger, default=0)
    sum_weight_human: Mapped[int] = mapped_column(BigInteger, default=0)
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_curve_cell_study_id_axis_slot_revision", "study_id", "axis", "slot", "revision"),
        # For the cascade: without it, erasing a person reads every cell of the study.
        Index("ix_curve_cell_study_id_participant_id", "study_id", "participant_id"),
    )


class CurveRevision(Base):
    """A counter per slot of participants: tells readers in one look whether any cell has changed, and which.

    Sixteen slots, so that on PostgreSQL two writers of one study seldom wait for the same row.
    """

    __tablename__ = "curve_revision"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (ForeignKeyConstraint(["study_id"], ["study.id"], ondelete="CASCADE"),)
