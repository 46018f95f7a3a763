"""Who may checkpoint a SQLite file.

SQLite before 3.51.3 can corrupt a file when two connections checkpoint and begin its log anew at the same moment. So the
serving process alone does it while it runs; a command does it only when no server is there, and keeps one from starting
meanwhile.
"""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from app.core.db import Database

FIXED_IN = (3, 51, 3)


@contextmanager
def serving(address: str) -> Iterator[None]:
    """Say, for the length of the block, that this process checkpoints the file at ``address``."""
    with _lock_file(address) as lock:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def checkpoint(database: Database) -> bool:
    """Bring the log into the file; returns whether that was done, which it is not while a server runs."""
    with _lock_file(database.address) as lock:
        if lock is None:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        with closing(database.writer.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        return True


@contextmanager
def _lock_file(address: str) -> Iterator[IO[bytes] | None]:
    url = make_url(address)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        yield None
        return
    path = Path(f"{url.database}-checkpoints")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        yield file
