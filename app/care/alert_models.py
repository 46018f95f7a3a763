"""Why care staff were told of somebody, what they then had to do, and whom they reached."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime

OPEN, TAKEN, CLOSED = "open", "taken", "closed"


class FollowUp(Base):
    """What care staff have to do for one person: at most one at a time, which later alerts of the same person join.

    ``due_at`` is by when somebody should have been in touch; ``contacted_at`` when somebody first was.
    """

    __tablename__ = "follow_up"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(6))
    urgent: Mapped[bool] = mapped_column(Boolean)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime())
    due_at: Mapped[datetime] = mapped_column(UtcDateTime())
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_by: Mapped[str | None] = mapped_column(String(80))
    outcome: Mapped[str | None] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        CheckConstraint("state IN ('open', 'taken', 'closed')", name="state_known"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_moment"),
        CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="closed_with_an_outcome"),
        CheckConstraint("outcome IN ('helped', 'passed_on', 'no_need', 'not_reached', 'left')", name="outcome_known"),
        Index(
            "uq_follow_up_one_at_a_time",
            "study_id",
            "participant_id",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_follow_up_study_id_state_due_at", "study_id", "state", "due_at"),
        Index("ix_follow_up_study_id_participant_id", "study_id", "participant_id"),
    )


class Alert(Base):
    """One reason to look at a person; once only for each entry and kind. ``key``: the entry's id, or for silence its first day.

    ``score`` (−1..1) and ``mood`` (1..9) are those of the entry at that moment, to be compared with what came after.
    """

    __tablename__ = "alert"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    follow_up_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(40))
    entry_id: Mapped[UUID | None]
    stage_id: Mapped[UUID | None]
    day: Mapped[int | None]
    score: Mapped[float | None]
    mood: Mapped[int | None]
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime())
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["study_id", "follow_up_id"], ["follow_up.study_id", "follow_up.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["study_id", "entry_id"], ["entry.study_id", "entry.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        UniqueConstraint("study_id", "participant_id", "kind", "key"),
        CheckConstraint("kind IN ('self_harm', 'emergency', 'low', 'marked', 'effort', 'silent')", name="kind_known"),
        Index("ix_alert_study_id_follow_up_id", "study_id", "follow_up_id"),
        Index("ix_alert_study_id_entry_id", "study_id", "entry_id"),
        Index("ix_alert_study_id_stage_id", "study_id", "stage_id"),
    )


class CareContact(Base):
    """One attempt to be in touch: how, whether the person was reached, to whom it was passed on, and the team's own note.

    Its id is made by the client, so that logging twice is once. ``prompt_id``: the question how it is now, asked after it.
    """

    __tablename__ = "care_contact"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    follow_up_id: Mapped[UUID]
    author: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    way: Mapped[str] = mapped_column(String(8))
    reached: Mapped[bool] = mapped_column(Boolean)
    passed_to: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(Text)
    prompt_id: Mapped[UUID | None]

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "follow_up_id"], ["follow_up.study_id", "follow_up.id"], ondelete="CASCADE"),
        CheckConstraint("way IN ('phone', 'message', 'chat', 'in_person', 'other')", name="way_known"),
        Index("ix_care_contact_study_id_follow_up_id_at", "study_id", "follow_up_id", "at"),
    )
