"""What an organisation knows of a participant beside the diary: events of their life as a customer, and outcomes."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Float, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime
from app.core.ids import uuid7

VISIT: Final = "visit"
PURCHASE: Final = "purchase"
REFERRAL: Final = "referral"
COMPLAINT: Final = "complaint"
REVIEW: Final = "review"
CONTACT: Final = "contact"
LEFT: Final = "left"
RELATION_EVENTS: Final = (VISIT, PURCHASE, REFERRAL, COMPLAINT, REVIEW, CONTACT, LEFT)


class RelationEvent(Base):
    """One dated event of a participant: a visit, purchase, referral, complaint, review, a contact of theirs, or that they left.

    ``label`` says what it was (洗牙, 补牙); ``amount`` is in the study's currency, for purchases.
    """

    __tablename__ = "relation_event"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(12))
    on: Mapped[date] = mapped_column("on_date", Date)
    label: Mapped[str] = mapped_column(String(80), default="")
    touchpoint_id: Mapped[UUID | None]
    amount: Mapped[float | None] = mapped_column(Float)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    recorded_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        CheckConstraint(
            "kind IN ('visit', 'purchase', 'referral', 'complaint', 'review', 'contact', 'left')", name="kind_known"
        ),
        # The same event handed in twice is one.
        UniqueConstraint("study_id", "participant_id", "kind", "on_date", "label"),
    )


class OutcomeMeasure(Base):
    """A figure known of each participant: stayed or not, spent, recommended. ``better`` says which way is good."""

    __tablename__ = "outcome_measure"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(8))
    unit: Mapped[str] = mapped_column(String(20), default="")
    better: Mapped[str] = mapped_column(String(6), default="higher")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("kind IN ('number', 'yes_no')", name="kind_known"),
        CheckConstraint("better IN ('higher', 'lower')", name="better_known"),
    )


class ParticipantOutcome(Base):
    """One participant's value of one measure; ``yes_no`` as 1 and 0."""

    __tablename__ = "participant_outcome"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[float] = mapped_column(Float)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    recorded_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["study_id", "measure"], ["outcome_measure.study_id", "outcome_measure.key"], ondelete="CASCADE"
        ),
        Index("ix_participant_outcome_study_id_measure", "study_id", "measure"),
    )
