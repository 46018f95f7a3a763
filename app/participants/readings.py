"""Who of the staff saw whose words: noted in memory as pages answer, written in batches, so that no page waits for it.

A process that is killed loses what it saw in the last seconds; nothing else is lost, and no answer fails for it.
"""

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.participants import queries
from app.participants.models import Reading
from app.studies.access import StudyAccess
from app.studies.models import Study
from app.studies.protocol import StudyFacts

EVERY_SECONDS: Final = 5.0
MOST_WAITING: Final = 20_000
"""People and days a process remembers while it cannot write; what is seen beyond that is not noted."""

BATCH: Final = 200
MARK_BYTES: Final = 8
MOST_MARKS: Final = 4_000
"""Entries of one person that one reader is counted for in a day; more people write nowhere in a lifetime."""

PROGRAM: Final = "program"
OPERATOR: Final = "operator"

log = structlog.get_logger()


class ReadingKey(NamedTuple):
    """Whose words, on which day of the study's zone, by whom (as the log names them)."""

    study_id: UUID
    participant_id: UUID
    day: date
    reader: str


@dataclass(slots=True)
class Seen:
    """What one reader saw of one person on one day; ``marks`` are short hashes of the entries."""

    role: str
    last_at: datetime
    exported: bool = False
    marks: set[bytes] = field(default_factory=set)


class Readings:
    """What was seen in this process and waits to be written."""

    def __init__(self) -> None:
        self._waiting: dict[ReadingKey, Seen] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._database: Database | None = None

    def start(self, database: Database) -> None:
        """Write what was seen every few seconds, in a thread of its own."""
        self._database = database
        self._thread = threading.Thread(target=self._run, name="xinlu-readings", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def note(self, access: StudyAccess, seen: Iterable[tuple[UUID, UUID]], *, exported: bool = False) -> None:
        """Note that the actor was shown words: pairs of the participant and the entry (or interview turn) they stand in."""
        role = PROGRAM if access.actor.key_id else access.role
        self.note_of(access.study, access.actor.label, role, seen, exported=exported)

    def note_of(
        self,
        study: Study | StudyFacts,
        reader: str,
        role: str,
        seen: Iterable[tuple[UUID, UUID]],
        *,
        exported: bool = False,
    ) -> None:
        """As ``note``, for a reader who has no access of the web's, such as who runs a command."""
        moment = clock.now()
        day = clock.local_date(moment, study.time_zone)
        with self._lock:
            for participant_id, source_id in seen:
                key = ReadingKey(study.id, participant_id, day, reader)
                kept = self._waiting.get(key)
                if kept is None:
                    if len(self._waiting) >= MOST_WAITING:
                        continue
                    kept = self._waiting[key] = Seen(role, moment)
                kept.role, kept.last_at, kept.exported = role, moment, kept.exported or exported
                kept.marks.add(mark_of(source_id))

    def flush(self) -> None:
        """Write what waits; what could not be written waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting or self._database is None:
            self._put_back(waiting)
            return
        try:
            _write(self._database, waiting)
        except SQLAlchemyError as error:
            # The error's text can quote a row.
            log.warning("readings wait", error=type(error).__name__)
            self._put_back(waiting)

    def write_in(self, session: Session) -> None:
        """Write what waits in the session's own transaction, for a command whose words leave only if that commits."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        keys = sorted(waiting)
        for start in range(0, len(keys), BATCH):
            write_now(session, {key: waiting[key] for key in keys[start : start + BATCH]})

    def _put_back(self, waiting: dict[ReadingKey, Seen]) -> None:
        with self._lock:
            for key, seen in waiting.items():
                newer = self._waiting.get(key)
                if newer is None:
                    self._waiting[key] = seen
                else:
                    newer.marks |= seen.marks
                    newer.exported |= seen.exported

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self.flush()


def mark_of(source_id: UUID) -> bytes:
    """Return the eight bytes by which an entry is known in a reading: enough to count, too few to find it by."""
    return hashlib.blake2s(source_id.bytes, digest_size=MARK_BYTES).digest()


def marks_of(seen: bytes) -> set[bytes]:
    """Return the marks that ``seen`` of a stored reading holds."""
    return {seen[start : start + MARK_BYTES] for start in range(0, len(seen), MARK_BYTES)}


def write_now(session: Session, waiting: dict[ReadingKey, Seen]) -> None:
    """Add what was seen to what is stored, in the session's transaction; people who were erased meanwhile are left out."""
    ids = {key.participant_id for key in waiting}
    there = queries.known_ids(session, ids)
    mine = {key: seen for key, seen in sorted(waiting.items()) if (key.study_id, key.participant_id) in there}
    if not mine:
        return
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    rows = [
        {**key._asdict(), "role": seen.role, "entries": 0, "seen": b"", "exported": False, "last_at": seen.last_at}
        for key, seen in mine.items()
    ]
    session.execute(insert(Reading).values(rows).on_conflict_do_nothing())
    for row in queries.readings_held(session, list(mine)):
        seen = mine[ReadingKey(row.study_id, row.participant_id, row.day, row.reader)]
        marks = sorted(marks_of(row.seen) | seen.marks)[:MOST_MARKS]
        row.seen, row.entries = b"".join(marks), len(marks)
        row.role, row.exported = seen.role, row.exported or seen.exported
        row.last_at = max(row.last_at, seen.last_at)
    session.flush()


def _write(database: Database, waiting: dict[ReadingKey, Seen]) -> None:
    keys = sorted(waiting)
    for start in range(0, len(keys), BATCH):
        with database.write() as session:
            write_now(session, {key: waiting[key] for key in keys[start : start + BATCH]})
