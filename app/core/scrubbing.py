"""Taking the last traces of what was deleted out of a SQLite file.

``secure_delete`` overwrites deleted rows, but a page that was split before keeps a copy of what moved to the other one,
and the write-ahead log keeps whole pages as they were. Writing the file anew and cutting the log takes both away.
PostgreSQL keeps such traces until it vacuums; that is its operator's (docs/privacy.md).
"""

import time
from contextlib import closing
from typing import Any

from app.core.checkpoints import alone
from app.core.db import WAIT_FOR_LOCK_MS, Database

TRIES = 40
PAUSE_SECONDS = 0.25
PATIENCE_MS = 200


def scrub(database: Database) -> bool:
    """Write a SQLite file anew and cut its log; returns whether no trace of deleted rows is left in either.

    False on PostgreSQL; while readers hold on to an old state of the log; and in a process beside the serving one, which
    alone may checkpoint (checkpoints.py). Everyone who writes waits meanwhile: a second or so for each 100 MB.
    """
    if database.dialect != "sqlite":
        return False
    with closing(database.writer.raw_connection()) as connection:
        _empty_indexes(connection.cursor())
        connection.cursor().execute("VACUUM")
    if database.checkpoints:
        return _cut_log(database)
    with alone(database.address) as allowed:
        return allowed and _cut_log(database)


def _empty_indexes(cursor: Any) -> None:
    """A full-text index keeps pieces of what was deleted. It can be built anew from what is left, so it is emptied."""
    indexes = cursor.execute(
        "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
    ).fetchall()
    for (name,) in indexes:
        cursor.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")  # noqa: S608 - a name from the schema itself


def _cut_log(database: Database) -> bool:
    """Bring the log into the file and cut it to nothing, as soon as nobody reads from it."""
    for _attempt in range(TRIES):
        with closing(database.writer.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")  # who writes waits for this as well
            busy, *_pages = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {WAIT_FOR_LOCK_MS}")
        if not busy:
            return True
        time.sleep(PAUSE_SECONDS)
    return False
