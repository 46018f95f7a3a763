"""Messages between a person and the team of their study."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime


class Message(Base):
    """One message of a person's conversation with the team. Its id is made by the client, so that sending twice is once.

    ``author`` is who wrote it, as the log names them; ``read_at`` is when the other side first saw it.
    """

    __tablename__ = "message"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[UUID]
    from_person: Mapped[bool]
    author: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime())
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "participant_id"], ["participant.study_id", "participant.id"], ondelete="CASCADE"
        ),
        Index("ix_message_study_id_participant_id_sent_at", "study_id", "participant_id", "sent_at"),
    )
