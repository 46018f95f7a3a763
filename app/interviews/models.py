"""Interviews, their guides and their turns. A turn becomes a statement once somebody has confirmed its stage."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7


class Guide(Base):
    """What to ask, by stage: a version is never changed. ``questions`` are {key, stage, text, probes} in their order."""

    __tablename__ = "guide"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    questions: Mapped[list[Any]] = mapped_column(Json)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime())
    published_by: Mapped[str] = mapped_column(String(80))


class Interview(Base):
    """A talk with one participant, or what an observer went through on the same road (``kind`` observation).

    ``state`` is open while somebody conducts it, and ready once its turns stand. ``origin`` says what an imported one was
    read from: file name, format, encoding, digest, and how its speakers were understood.
    """

    __tablename__ = "interview"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(120))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime())
    wave_id: Mapped[UUID | None]
    guide_version: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(8))
    origin: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        CheckConstraint("kind IN ('interview', 'observation')", name="kind_known"),
        CheckConstraint("state IN ('open', 'ready')", name="state_known"),
        Index("ix_interview_study_id_participant_id", "study_id", "participant_id"),
    )


class Turn(Base):
    """What one speaker said before the next one spoke, or (``origin`` note) what the interviewer wrote down of it.

    ``role`` is interviewer, respondent or other. ``proposed_stage_id`` is the tool's word and ``stage_id`` a person's: only
    what a respondent said, at a confirmed stage, is a statement (its ``source_id`` is this turn). Times are milliseconds
    from the beginning.
    """

    __tablename__ = "turn"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    interview_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(Integer)
    speaker: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(12))
    origin: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    start_ms: Mapped[int | None]
    end_ms: Mapped[int | None]
    question: Mapped[str | None] = mapped_column(String(40))
    # Of a note: the best or the worst moment, or that it should be asked about once more.
    mark: Mapped[str | None] = mapped_column(String(8))
    proposed_stage_id: Mapped[UUID | None]
    stage_id: Mapped[UUID | None]
    touchpoint_id: Mapped[UUID | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "interview_id"], ["interview.study_id", "interview.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        CheckConstraint("role IN ('interviewer', 'respondent', 'other')", name="role_known"),
        CheckConstraint("origin IN ('transcript', 'note')", name="origin_known"),
        CheckConstraint("mark IN ('peak', 'valley', 'ask')", name="mark_known"),
        Index("ix_turn_study_id_interview_id", "study_id", "interview_id", "position"),
        Index("ix_turn_study_id_participant_id", "study_id", "participant_id"),
    )
