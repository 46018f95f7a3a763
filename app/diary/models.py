"""Entries as they were sent, what they were before an edit, and their receipts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime


class Entry(Base):
    """One submission. Its id is made by the client; ``digest`` is over its content, and ``version`` counts its edits.

    ``device_…`` are the times that a phone sent, where ``clock_note`` says that we believe others (see ``clocks``).
    """

    __tablename__ = "entry"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    stage_id: Mapped[UUID]
    touchpoint_id: Mapped[UUID | None]
    wave_id: Mapped[UUID | None]
    form_id: Mapped[UUID]
    form_version: Mapped[int] = mapped_column(Integer)
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    mood: Mapped[int | None]
    effort: Mapped[int | None]
    mark: Mapped[str | None] = mapped_column(String(10))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime())
    occurred_offset: Mapped[int] = mapped_column(Integer)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    recorded_offset: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    day: Mapped[int | None]
    digest: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(80))
    prompt_id: Mapped[UUID | None]
    device_occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    device_recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    clock_note: Mapped[str | None] = mapped_column(String(12))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["study_id", "form_id", "form_version"],
            ["form_version.study_id", "form_version.form_id", "form_version.version"],
            ondelete="RESTRICT",
        ),
        Index("ix_entry_study_id_participant_id_occurred_at", "study_id", "participant_id", "occurred_at"),
    )


class EntryRevision(Base):
    """What an entry said before an edit replaced it."""

    __tablename__ = "entry_revision"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "entry_id"], ["entry.study_id", "entry.id"], ondelete="CASCADE"),
    )


class Receipt(Base):
    """Our signed word that one version of an entry is stored: Ed25519 over id, digest and received_at."""

    __tablename__ = "receipt"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    signature: Mapped[str] = mapped_column(String(120))

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "entry_id"], ["entry.study_id", "entry.id"], ondelete="CASCADE"),
    )


class PhoneQueue(Base):
    """How many objects a phone said still wait on it, at its last word; gone with its sign-in."""

    __tablename__ = "phone_queue"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    participant_id: Mapped[UUID]
    unsent: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["token_hash"], ["diary_session.token_hash"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
    )


class Attachment(Base):
    """A photo or a voice note of an entry, with our receipt for it; what it holds stands apart, so that lists do not read it.

    ``sent_digest`` is over the bytes as they were sent; what is kept was made new from them.
    """

    __tablename__ = "attachment"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(Integer)
    width: Mapped[int | None]
    height: Mapped[int | None]
    milliseconds: Mapped[int | None]
    sent_digest: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    signature: Mapped[str] = mapped_column(String(120))

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "entry_id"], ["entry.study_id", "entry.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        CheckConstraint("kind IN ('photo', 'voice')", name="kind_known"),
        Index("ix_attachment_study_id_entry_id", "study_id", "entry_id"),
        Index("ix_attachment_study_id_participant_id", "study_id", "participant_id"),
    )


class AttachmentContent(Base):
    """The bytes of an attachment."""

    __tablename__ = "attachment_content"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    attachment_id: Mapped[UUID] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "attachment_id"], ["attachment.study_id", "attachment.id"], ondelete="CASCADE"
        ),
    )
