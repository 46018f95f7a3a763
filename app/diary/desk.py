"""Where entries are handed in, and stored together with those that arrive at the same time."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from anyio import to_thread
from sqlalchemy.orm import Session

from app.core import clock
from app.core.commits import GroupCommit
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import AppError, Invalid
from app.diary import phones, queries
from app.diary.phones import PhoneReport
from app.diary.schemas import Submission
from app.diary.service import Handed, Prepared, Writer, digest_of, prepare
from app.diary.storing import Store, Stored, study_closed
from app.participants.errors import StudyClosed


@dataclass(frozen=True, slots=True)
class Work:
    """An entry on its way, the study it is for, and what the phone that sends it says of itself."""

    study_id: UUID
    handed: Handed
    phone: PhoneReport | None = None


class EntryDesk:
    """Takes entries from pages and programs alike. What it returns is durable.

    Entries that arrive together are looked up, coded and stored together: one question to the database, one pass of the
    coder and one wait for the disk serve them all.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._store = Store(keyring)
        self._commits: GroupCommit[Work, Stored | AppError] = GroupCommit(database, self._apply)

    def submit(
        self, writer: Writer, study_id: UUID, entry_id: UUID, submission: Submission, *, if_match: str | None = None
    ) -> Stored:
        """Store one entry and return its receipt; raises the AppError that says why not, and then nothing was changed."""
        return _granted(self._commits.run(Work(study_id, Handed(entry_id, submission, writer, if_match))))

    async def store(self, work: Work) -> Stored:
        """As ``submit``, for an event loop: no thread waits meanwhile for the disk."""
        if self._commits.groups:
            return _granted(await asyncio.wrap_future(self._commits.hand_in(work)))
        return _granted(await to_thread.run_sync(self._commits.run, work))

    def submit_together(self, works: Sequence[Work]) -> list[Stored | AppError]:
        """Store several entries with one wait for the disk; each gets its receipt or the refusal that is its own."""
        return self._commits.run_all(works)

    def close(self) -> None:
        """Store what was handed in, then stop."""
        self._commits.close()

    def _apply(self, session: Session, works: Sequence[Work]) -> list[Stored | AppError]:
        results: dict[int, Stored | AppError] = {}
        by_study: dict[UUID, list[int]] = defaultdict(list)
        for index, work in enumerate(works):
            by_study[work.study_id].append(index)
        for study_id, indices in sorted(by_study.items()):
            prepared = prepare(session, study_id, [works[index].handed for index in indices])
            sound = [(index, one) for index, one in zip(indices, prepared, strict=True) if isinstance(one, Prepared)]
            stored = self._store(session, [one for _, one in sound])
            results |= {index: result for (index, _), result in zip(sound, stored, strict=True)}
            for index, one in zip(indices, prepared, strict=True):
                if isinstance(one, Invalid):
                    # A repeat of what was accepted under rules that have changed since is still accepted.
                    results[index] = (
                        _repeated(session, study_id, works[index].handed) or _over(session, study_id) or one
                    )
        self._note(session, works, results)
        return [results[index] for index in range(len(works))]

    @staticmethod
    def _note(session: Session, works: Sequence[Work], results: Mapping[int, Stored | AppError]) -> None:
        """Keep what phones said, in the same transaction: what was refused waits there too."""
        said = [
            PhoneReport(work.phone.token_hash, work.phone.unsent + isinstance(results[index], AppError))
            for index, work in enumerate(works)
            if work.phone
        ]
        if said:
            phones.note(session, said)


def _granted(result: Stored | AppError) -> Stored:
    if isinstance(result, AppError):
        raise result
    return result


def _over(session: Session, study_id: UUID) -> StudyClosed | None:
    """Return the refusal of a study that is over, whose people may be unknown because they were erased."""
    return study_closed() if queries.is_over(session, study_id, clock.now()) else None


def _repeated(session: Session, study_id: UUID, handed: Handed) -> Stored | None:
    present = queries.entries_by_id(session, study_id, {handed.entry_id}).get(handed.entry_id)
    if present is None or present.digest != digest_of(handed.submission):
        return None
    return Stored(queries.receipt(session, study_id, handed.entry_id, present.version))
