"""What people make of statements: the codebook, excerpts, their own scores, and what was drawn for them to code."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
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


class StudyCoder(Base):
    """Somebody whose codes a study holds: one of the staff, a coder of an imported project, or what the team agreed on.

    A study has one ``consensus`` at most: adjudicated values are its codings. A coder stays when the account goes.
    """

    __tablename__ = "study_coder"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("kind IN ('staff', 'imported', 'consensus')", name="kind_known"),
        UniqueConstraint("study_id", "user_id"),
        Index("ix_study_coder_user_id", "user_id"),
    )


class Code(Base):
    """One code of the codebook. A merged or retired one stays, out of sight, so that history keeps its name."""

    __tablename__ = "code"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    parent_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(80))
    colour: Mapped[str] = mapped_column(String(7))
    description: Mapped[str] = mapped_column(Text, default="")
    examples: Mapped[list[Any]] = mapped_column(Json, default=list)
    memo: Mapped[str] = mapped_column(Text, default="")
    # The letter that applies it on the coding page.
    shortcut: Mapped[str | None] = mapped_column(String(1))
    position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    merged_into: Mapped[UUID | None]

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "parent_id"], ["code.study_id", "code.id"], ondelete="RESTRICT"),
        Index("ix_code_study_id_parent_id", "study_id", "parent_id"),
    )


class CodebookVersion(Base):
    """The codebook after each change: what was done by whom, and all codes as they stood then. Never changed."""

    __tablename__ = "codebook_version"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(20))
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
    codes: Mapped[list[Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    by: Mapped[str] = mapped_column(String(80))


class HumanCoding(Base):
    """All that one coder says of one statement, with its excerpts: ``version`` counts every change of either.

    ``sentiment`` is −2..2, ``emotions`` are labels. ``done_at`` is set once the coder has finished with it; ``blind`` says
    that nothing of another coder or of the machine was shown until then.
    """

    __tablename__ = "human_coding"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    coder_id: Mapped[UUID] = mapped_column(primary_key=True)
    sentiment: Mapped[int | None] = mapped_column(Integer)
    emotions: Mapped[list[Any]] = mapped_column(Json)
    memo: Mapped[str] = mapped_column(Text, default="")
    blind: Mapped[bool] = mapped_column(Boolean)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["statement.study_id", "statement.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["study_id", "coder_id"], ["study_coder.study_id", "study_coder.id"], ondelete="RESTRICT"),
        CheckConstraint("sentiment BETWEEN -2 AND 2", name="sentiment_in_range"),
        Index("ix_human_coding_study_id_coder_id", "study_id", "coder_id"),
    )


class Excerpt(Base):
    """A code on a span of a statement, by one coder. ``start`` and ``end`` (exclusive) count Unicode code points."""

    __tablename__ = "excerpt"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    statement_id: Mapped[UUID]
    coder_id: Mapped[UUID]
    code_id: Mapped[UUID]
    start: Mapped[int] = mapped_column("start_at", Integer)
    end: Mapped[int] = mapped_column("end_at", Integer)
    memo: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "statement_id", "coder_id"],
            ["human_coding.study_id", "human_coding.statement_id", "human_coding.coder_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["study_id", "code_id"], ["code.study_id", "code.id"], ondelete="RESTRICT"),
        UniqueConstraint(
            "study_id", "statement_id", "coder_id", "code_id", "start_at", "end_at", name="uq_excerpt_span"
        ),
        CheckConstraint("start_at >= 0 AND start_at < end_at", name="span_not_empty"),
        Index("ix_excerpt_study_id_code_id", "study_id", "code_id"),
    )


class CodingChange(Base):
    """One change of one coder's coding of a statement: how it stood before and after. Never changed."""

    __tablename__ = "coding_change"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    statement_id: Mapped[UUID]
    coder_id: Mapped[UUID]
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["statement.study_id", "statement.id"], ondelete="CASCADE"),
        Index("ix_coding_change_study_id_statement_id", "study_id", "statement_id", "coder_id"),
    )


class DrawPlan(Base):
    """How statements are drawn for coding from a moment on; a later version takes its place, none is changed.

    ``rates`` are inclusion probabilities by stage id (hex). ``floor`` is the least probability of the active design, as a
    share of the stage's rate; ``double_share`` the share of what is drawn that two coders code. ``seed`` makes every
    statement's permanent random numbers, and stays the same over all versions of a study.
    """

    __tablename__ = "draw_plan"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    design: Mapped[str] = mapped_column(String(8))
    rates: Mapped[dict[str, Any]] = mapped_column(Json)
    floor: Mapped[float] = mapped_column(Float)
    double_share: Mapped[float] = mapped_column(Float)
    seed: Mapped[str] = mapped_column(String(64))
    wanted: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (CheckConstraint("design IN ('uniform', 'stage', 'active')", name="design_known"),)


class Draw(Base):
    """A statement drawn for human coding, with the probability π > 0 with which it was; ``doubled`` for two coders."""

    __tablename__ = "draw"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_version: Mapped[int] = mapped_column(Integer)
    probability: Mapped[float] = mapped_column(Float)
    doubled: Mapped[bool] = mapped_column(Boolean)
    # In this order a stage's statements are coded: random, and told by neither π nor text.
    turn_number: Mapped[float] = mapped_column("queue_order", Float)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["statement.study_id", "statement.id"], ondelete="CASCADE"),
        CheckConstraint("probability > 0 AND probability <= 1", name="probability_positive"),
    )


class Assignment(Base):
    """A drawn statement in one coder's hands. ``slot`` 1 or 2: no statement is given to more coders than its draw says."""

    __tablename__ = "assignment"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    coder_id: Mapped[UUID]
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime())
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["draw.study_id", "draw.statement_id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["study_id", "coder_id"], ["study_coder.study_id", "study_coder.id"], ondelete="RESTRICT"),
        CheckConstraint("slot IN (1, 2)", name="slot_known"),
        UniqueConstraint("study_id", "statement_id", "coder_id"),
        Index("ix_assignment_study_id_coder_id_done_at", "study_id", "coder_id", "done_at"),
    )


class Memo(Base):
    """A thought of one coder on a study, a participant, a code, an interview or a statement."""

    __tablename__ = "memo"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    # Set where it speaks of one person's words, so that it goes with them.
    participant_id: Mapped[UUID | None]
    about: Mapped[str] = mapped_column(String(12))
    about_id: Mapped[UUID | None]
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        CheckConstraint("about IN ('study', 'participant', 'code', 'interview', 'statement')", name="about_known"),
        Index("ix_memo_study_id_about", "study_id", "about", "about_id"),
        Index("ix_memo_study_id_participant_id", "study_id", "participant_id"),
    )


class SavedQuery(Base):
    """A question to the study's words that somebody wants to ask again."""

    __tablename__ = "saved_query"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]] = mapped_column(Json)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
