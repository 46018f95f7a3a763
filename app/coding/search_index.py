"""The index of SQLite behind searches: what was written since is put into it by whoever searches, and by workers meanwhile.

A trigger of the database lists each new statement; nothing that a participant waits for builds an index.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

BATCH: Final = 2_000
"""Statements a transaction: about a tenth of a second in which nobody else writes."""

_WAITING: Final = text("SELECT 1 FROM statement_search WHERE indexed = 0 LIMIT 1")
_WAITING_OF: Final = text("SELECT 1 FROM statement_search WHERE study_id = :study_id AND indexed = 0 LIMIT 1")
_LAST: Final = text(
    "SELECT max(id) FROM (SELECT id FROM statement_search WHERE study_id = :study_id AND indexed = 0 ORDER BY id LIMIT :most)"
)
_PUT: Final = text(
    """
    INSERT INTO statement_words (rowid, text)
    SELECT listed.id, statement.text FROM statement_search AS listed
    JOIN statement ON statement.study_id = listed.study_id AND statement.id = listed.statement_id
    WHERE listed.study_id = :study_id AND listed.indexed = 0 AND listed.id <= :last
    """
)
_DONE: Final = text(
    "UPDATE statement_search SET indexed = 1 WHERE study_id = :study_id AND indexed = 0 AND id <= :last"
)
_EMPTIED: Final = text(
    "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM statement_words_docsize)"
    " AND EXISTS (SELECT 1 FROM statement_search WHERE indexed = 1)"
)
_ALL_AGAIN: Final = text("UPDATE statement_search SET indexed = 0 WHERE indexed = 1")
_STUDIES: Final = text("SELECT DISTINCT study_id FROM statement_search WHERE indexed = 0")


def is_waiting(session: Session, study_id: UUID | None = None) -> bool:
    """Return whether statements (of one study) are listed and not in the index yet; False on PostgreSQL, which keeps its own."""
    if session.get_bind().dialect.name != "sqlite":
        return False
    if session.scalar(_EMPTIED) is not None:
        return True
    if study_id is None:
        return session.scalar(_WAITING) is not None
    return session.scalar(_WAITING_OF, {"study_id": study_id.hex}) is not None


def put(session: Session, study_id: UUID, most: int = BATCH) -> bool:
    """Put up to ``most`` listed statements of a study into the index; returns whether there were any."""
    list_again(session)
    last = session.scalar(_LAST, {"study_id": study_id.hex, "most": most})
    if last is None:
        return False
    session.execute(_PUT, {"study_id": study_id.hex, "last": last})
    session.execute(_DONE, {"study_id": study_id.hex, "last": last})
    return True


def list_again(session: Session) -> None:
    """List everything anew where the index was emptied, because somebody was erased."""
    if session.scalar(_EMPTIED) is not None:
        session.execute(_ALL_AGAIN)


def waiting_studies(session: Session) -> list[UUID]:
    """Return the studies that have statements on the list."""
    return [UUID(found) for found in session.scalars(_STUDIES)]
