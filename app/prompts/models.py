"""Schedules and their revisions, the ledger of prompts, and what a plan depends on.

The ledger is the truth about every invitation to write: one row for each **occasion** (what it is for: a person, a rule
and a day or an event), so that planning twice, several workers and an edited schedule cannot double one.

States of a prompt:

``planned``    waits for its ``due_at``
``sending``    claimed by the worker ``claimed_by``; with a ``channel`` from the moment before it is handed over
``sent``       handed over to a channel at ``sent_at``; whether it was opened and answered stands beside it
``uncertain``  its worker died while handing it over to a channel that cannot be asked twice: at most once, perhaps not
``failed``     refused for good by every channel (``reason``)
``expired``    not sent before ``expires_at``
``skipped``    had no place: quiet hours, a pause, no consent, another prompt too near (``reason``)
``cancelled``  no longer wanted: withdrawn, study over, schedule or anchor date changed, answered already (``reason``)

Only ``planned``, ``skipped`` and ``cancelled`` rows are ever planned anew; the others are history.
A reminder is a row of its own with ``reminder_of``; a nudge, sent by hand, has ``nudged_by`` and no rule. What became of
one, in a word for people, is told by ``app.prompts.outcomes.outcome_of``.
"""

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
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7

PLANNED, SENDING, SENT, UNCERTAIN = "planned", "sending", "sent", "uncertain"
FAILED, EXPIRED, SKIPPED, CANCELLED = "failed", "expired", "skipped", "cancelled"
DELIVERED = (SENT, UNCERTAIN)
"""States in which the person may have the prompt in hand."""


class Schedule(Base):
    """Whether a study's schedule runs, since when, and which revision is in force."""

    __tablename__ = "schedule"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean)
    active_since: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ScheduleRevision(Base):
    """A schedule as it was applied: never changed. ``content`` is a ``schemas.StoredSchedule``."""

    __tablename__ = "schedule_revision"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime())
    applied_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (ForeignKeyConstraint(["study_id"], ["schedule.study_id"], ondelete="CASCADE"),)


class Prompt(Base):
    """One planned invitation to write, and all that became of it.

    ``wanted_at`` is what the rule says, ``planned_at`` the moment after quiet hours and minimum distance, with the
    person's zone, calendar day, wall clock and day from the anchor event beside it; ``due_at`` is when it may be claimed
    (later than planned when a channel asked to wait). ``late`` says that the answer was written after ``expires_at``.
    """

    __tablename__ = "prompt"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    rule_key: Mapped[str | None] = mapped_column(String(40))
    occasion: Mapped[str] = mapped_column(String(80))
    revision: Mapped[int] = mapped_column(Integer)
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime())
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime())
    planned_zone: Mapped[str] = mapped_column(String(60))
    planned_on: Mapped[date] = mapped_column(Date)
    planned_time: Mapped[str] = mapped_column(String(5))
    day: Mapped[int | None]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    apart_minutes: Mapped[int] = mapped_column(Integer)
    remind_minutes: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[str | None] = mapped_column(String(40))
    repeatable: Mapped[bool] = mapped_column(Boolean)
    attempts: Mapped[int] = mapped_column(Integer)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_entry_id: Mapped[UUID | None]
    late: Mapped[bool] = mapped_column(Boolean)
    reminder_of: Mapped[UUID | None]
    nudged_by: Mapped[str | None] = mapped_column(String(80))
    words: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("study_id", "participant_id", "rule_key", "occasion"),
        CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'uncertain', 'failed', 'expired', 'skipped', 'cancelled')",
            name="state_known",
        ),
        Index("ix_prompt_study_id_planned_at", "study_id", "planned_at"),
        Index("ix_prompt_study_id_participant_id_planned_at", "study_id", "participant_id", "planned_at"),
        # Workers look for these two all the time, and there are few of them at any moment.
        Index(
            "ix_prompt_due_at",
            "due_at",
            sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
        Index(
            "ix_prompt_claimed_by",
            "claimed_by",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
    )


class PromptPlan(Base):
    """How far a person's prompts are planned. ``basis`` tells whether what the plan was made from is still so."""

    __tablename__ = "prompt_plan"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    basis: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(Integer)
    planned_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    touched_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    next_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_prompt_plan_next_at", "next_at"),
    )


class PromptPreference(Base):
    """A person's own quiet hours, wall-clock times ``HH:MM`` in their zone; both or none."""

    __tablename__ = "prompt_preference"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_to: Mapped[str | None] = mapped_column(String(5))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
    )


class PromptPause(Base):
    """A time without prompts for one person; without an end until somebody ends it."""

    __tablename__ = "prompt_pause"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    from_at: Mapped[datetime] = mapped_column(UtcDateTime())
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    made_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_prompt_pause_study_id_participant_id", "study_id", "participant_id"),
    )


class LifeEvent(Base):
    """Something that happened to a person and that a rule may wait for, such as a visit; ``kind`` is the schedule's key."""

    __tablename__ = "life_event"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    recorded_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_life_event_study_id_participant_id", "study_id", "participant_id"),
    )
