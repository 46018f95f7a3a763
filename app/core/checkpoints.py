"""Who may checkpoint a SQLite file.

SQLite before 3.51.3 can corrupt a file when two connections checkpoint and begin its log anew at the same moment. So the
serving process alone does it while it runs; a command does it only when no server is there, and keeps one from starting
meanwhile.
"""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO

from app.core.db import Database, sqlite_file
from app.core.private import private_folder

FIXED_IN = (3, 51, 3)


@contextmanager
def serving(address: str) -> Iterator[None]:
    """Say, for the length of the block, that this process checkpoints the file at ``address``."""
    with lock_file(address) as lock:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def checkpoint(database: Database) -> bool:
    """Bring the log into the file; returns whether that was done, which it is not while a server runs."""
    with alone(database.address) as allowed:
        if allowed:
            with closing(database.writer.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        return allowed


@contextmanager
def alone(address: str) -> Iterator[bool]:
    """Lend the right to checkpoint the file at ``address``, for the length of the block; False while a server runs."""
    with lock_file(address) as lock:
        yield lock is not None and _taken(lock)


def _taken(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def lock_file(address: str) -> Iterator[IO[bytes] | None]:
    """Lend the file whose lock says who checkpoints; None where there is nothing to checkpoint."""
    path = sqlite_file(address)
    if path is None:
        yield None
        return
    private_folder(path.parent)
    with path.with_name(f"{path.name}-checkpoints").open("ab") as file:
        yield file
