"""A participant and what they agreed to."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7

PERSON: Final = "participant"
OBSERVER: Final = "observer"


class Participant(Base):
    """A person in a study, known by a code; ``attributes`` are what segments are made of."""

    __tablename__ = "participant"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    # An observer walks the same road for the team and is never counted among the participants.
    kind: Mapped[str] = mapped_column(String(12), default="participant", server_default="participant")
    code: Mapped[str] = mapped_column(String(40))
    time_zone: Mapped[str] = mapped_column(String(60))
    attributes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime())
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("study_id", "code"),
        CheckConstraint("kind IN ('participant', 'observer')", name="kind_known"),
    )


class AnchorEvent(Base):
    """The dated event that a participant's days are counted from."""

    __tablename__ = "anchor_event"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column("on_date", Date)

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
    )


class ParticipantZone(Base):
    """A time zone of a participant and since when; written from the first change on. The current one stands in Participant."""

    __tablename__ = "participant_zone"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime(), primary_key=True)
    time_zone: Mapped[str] = mapped_column(String(60))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
    )


class Invite(Base):
    """A personal link: HMACs of its token and of its short code, never the secrets themselves."""

    __tablename__ = "invite"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_invite_study_id_participant_id", "study_id", "participant_id"),
    )


class DiarySession(Base):
    """A phone that opened a personal link."""

    __tablename__ = "diary_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    study_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_diary_session_study_id_participant_id", "study_id", "participant_id"),
    )


class Consent(Base):
    """One purpose given under one version of the text, by the person or recorded by staff from paper; withdrawn or not."""

    __tablename__ = "consent"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    participant_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    text_hash: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(12))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime())
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["study_id", "version"], ["consent_text.study_id", "consent_text.version"], ondelete="RESTRICT"
        ),
        CheckConstraint("method IN ('person', 'paper')", name="method_known"),
        Index("ix_consent_study_id_participant_id_purpose", "study_id", "participant_id", "purpose"),
    )


class Reading(Base):
    """That one member of the staff saw words of one person on one day, and of how many of their entries.

    ``seen`` holds eight bytes for each entry, so that one that is opened twice counts once. ``exported`` says whether words
    were taken out of the program, as a file or by a program.
    """

    __tablename__ = "reading"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    reader: Mapped[str] = mapped_column(String(80), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    entries: Mapped[int] = mapped_column(Integer)
    seen: Mapped[bytes] = mapped_column(LargeBinary)
    exported: Mapped[bool]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
    )
