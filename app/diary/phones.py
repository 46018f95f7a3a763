"""What phones said of themselves: how much still waits on them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database, UtcDateTime, table_of
from app.diary.models import PhoneQueue
from app.participants.models import DiarySession


@dataclass(frozen=True, slots=True)
class PhoneReport:
    """What a phone says beside what it sends: how many objects wait on it, the one that it sends not counted."""

    token_hash: str
    unsent: int


_COLUMNS = ("study_id", "token_hash", "participant_id", "unsent", "at")
# From the phone's own row: signed out meanwhile, it has no last word, and nothing fails.
_SAID = select(
    DiarySession.study_id,
    DiarySession.token_hash,
    DiarySession.participant_id,
    bindparam("waiting", type_=Integer),
    bindparam("moment", type_=UtcDateTime()),
).where(DiarySession.token_hash == bindparam("phone"))
_TABLE = table_of(PhoneQueue)
_SQLITE = sqlite_insert(_TABLE)
_POSTGRESQL = postgresql_insert(_TABLE)
_KEY = ["study_id", "token_hash"]
_NOTE = {
    "sqlite": _SQLITE.from_select(_COLUMNS, _SAID).on_conflict_do_update(
        index_elements=_KEY, set_={"unsent": _SQLITE.excluded.unsent, "at": _SQLITE.excluded.at}
    ),
    "postgresql": _POSTGRESQL.from_select(_COLUMNS, _SAID).on_conflict_do_update(
        index_elements=_KEY, set_={"unsent": _POSTGRESQL.excluded.unsent, "at": _POSTGRESQL.excluded.at}
    ),
}


def note(session: Session, reports: Collection[PhoneReport]) -> None:
    """Keep the last word of each phone."""
    at = clock.now()
    last = {report.token_hash: report.unsent for report in reports}
    statement = _NOTE[session.get_bind().dialect.name]
    for token_hash, unsent in sorted(last.items()):
        session.execute(statement, {"phone": token_hash, "waiting": unsent, "moment": at})


def keep(database: Database, report: PhoneReport | None) -> None:
    """Keep a phone's word in a transaction of its own, where it says something new."""
    if report is None:
        return
    with database.read() as session:
        if last_word(session, report.token_hash) == report.unsent:
            return
    with database.write() as session:
        note(session, [report])


def last_word(session: Session, token_hash: str) -> int | None:
    """Return how many objects a phone last said wait on it."""
    return session.scalar(select(PhoneQueue.unsent).where(PhoneQueue.token_hash == token_hash))


def unsent_known(session: Session, study_id: UUID) -> dict[UUID, tuple[int, datetime]]:
    """Return per participant how many objects their phones said they still hold, and when one last said so.

    Kept per phone (table ``phone_queue``, gone with the phone's sign-in). A phone whose sign-in has run out counts only
    while no other has spoken since: the same phone, opened again, speaks for itself.
    """
    query = (
        select(PhoneQueue.participant_id, PhoneQueue.unsent, PhoneQueue.at, DiarySession.expires_at)
        .join(DiarySession, DiarySession.token_hash == PhoneQueue.token_hash)
        .where(PhoneQueue.study_id == study_id)
        .order_by(PhoneQueue.at.desc())
    )
    now = clock.now()
    known: dict[UUID, tuple[int, datetime]] = {}
    open_since: set[UUID] = set()
    for participant_id, unsent, at, expires_at in session.execute(query):
        if expires_at > now:
            open_since.add(participant_id)
        elif participant_id in open_since:
            continue
        before, latest = known.get(participant_id, (0, at))
        known[participant_id] = (before + unsent, latest)
    return known
