"""The words of people that a note, an insight, a persona or a phase rests on: references, never copies.

What the team writes is its own; what a person said stands in the statement alone, so that erasing the person takes it out of
every map, version and report at once.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime
from app.core.ids import uuid7


class Quotation(Base):
    """A span of a statement, in code points, that ``owner_id`` (a row of the kind ``owner``) rests on."""

    __tablename__ = "quotation"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    owner: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[UUID]
    statement_id: Mapped[UUID]
    start: Mapped[int] = mapped_column("start_at", Integer)
    end: Mapped[int] = mapped_column("end_at", Integer)
    position: Mapped[int] = mapped_column(Integer)
    # Who found it: a member of the staff, a code of the codebook, or a version of the model.
    found_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["study_id", "statement_id"], ["statement.study_id", "statement.id"], ondelete="CASCADE"),
        CheckConstraint("owner IN ('note', 'insight', 'persona', 'phase')", name="owner_known"),
        CheckConstraint("0 <= start_at AND start_at < end_at", name="span"),
        Index("ix_quotation_study_id_owner_id", "study_id", "owner_id"),
        Index("ix_quotation_study_id_statement_id", "study_id", "statement_id"),
    )
