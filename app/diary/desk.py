"""Where entries are handed in: prepared in the caller's thread, stored together with those of others."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.core.commits import GroupCommit
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import AppError, Invalid
from app.diary import queries
from app.diary.schemas import Submission
from app.diary.service import Handed, Prepared, Writer, digest_of, prepare
from app.diary.storing import Store, Stored


class EntryDesk:
    """Takes entries from pages and programs alike. What it returns is durable."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._commits: GroupCommit[Prepared, Stored | AppError] = GroupCommit(database, Store(keyring))

    def submit(
        self, writer: Writer, study_id: UUID, entry_id: UUID, submission: Submission, *, if_match: str | None = None
    ) -> Stored:
        """Store one entry and return its receipt; raises the AppError that says why not, and then nothing was changed."""
        with self._database.read() as session:
            prepared = prepare(session, writer, study_id, [Handed(entry_id, submission, if_match)])[0]
            if isinstance(prepared, Invalid):
                # A repeat of what was accepted under rules that have changed since is still accepted.
                repeated = _repeated(session, study_id, entry_id, submission)
                if repeated is None:
                    raise prepared
                return repeated
        result = self._commits.run(prepared)
        if isinstance(result, AppError):
            raise result
        return result

    def close(self) -> None:
        """Store what was handed in, then stop."""
        self._commits.close()


def _repeated(session: Session, study_id: UUID, entry_id: UUID, submission: Submission) -> Stored | None:
    present = queries.entries_by_id(session, study_id, {entry_id}).get(entry_id)
    if present is None or present.digest != digest_of(submission):
        return None
    return Stored(queries.receipt(session, study_id, entry_id, present.version))
