"""What was done, by whom; and the seals that link it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7


class AuditEvent(Base):
    """One change. ``commitment`` = SHA-256 over salt and detail, so that detail can be erased while the chain still verifies."""

    __tablename__ = "audit_event"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    study_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, object] | None] = mapped_column(Json)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    commitment: Mapped[str] = mapped_column(String(64))
    seal_seq: Mapped[int | None] = mapped_column(ForeignKey("audit_seal.seq", ondelete="RESTRICT"))

    __table_args__ = (
        Index("ix_audit_event_seal_seq", "seal_seq"),
        Index("ix_audit_event_study_id_id", "study_id", "id"),
    )


class AuditSeal(Base):
    """One link: the hash of a batch of events and of the link before it, signed."""

    __tablename__ = "audit_seal"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    events: Mapped[int]
    batch_hash: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    chain_hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(120))
