"""Engines, sessions and column types for SQLite and PostgreSQL.

On SQLite there is one writing connection, so writers queue in our pool (fair, and without busy waiting) instead of on the
file lock, and it alone checkpoints the write-ahead log: versions before 3.51.3 can corrupt a log that two connections
checkpoint at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from anyio import to_thread
from pydantic_core import to_json
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, Table, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.core.private import private_file, private_folder

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
WAIT_FOR_LOCK_MS = 15_000
# As many connections as a server has threads: opening one for a single question costs more than the question.
# More threads than that only take turns at the interpreter's lock: with 40 of them an unchanged curve took twice the CPU.
READERS = 8
SPARE = 4  # for the event loop's own look-ups and for jobs, which must not wait for a request's thread
WRITERS = 16
MICRO = 1_000_000

Answer = TypeVar("Answer")

Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in and out, UTC in the database. SQLite keeps text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone reached the database")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Declarative base of every table; constraint names follow one convention."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json}


class Database:
    """The reading and the writing engine, and sessions on them."""

    def __init__(self, address: str, *, checkpoints: bool = True) -> None:
        url = make_url(address)
        self.dialect = url.get_backend_name()
        if self.dialect == "sqlite":
            _make_private(sqlite_file(address))
            self.reader = _sqlite_engine(
                address, begin="BEGIN", checkpoints=False, pool_size=READERS + SPARE, max_overflow=SPARE
            )
            self.writer = _sqlite_engine(
                address, begin="BEGIN IMMEDIATE", checkpoints=checkpoints, pool_size=1, max_overflow=0
            )
        else:
            self.writer = create_engine(
                address,
                pool_size=WRITERS,
                max_overflow=8,
                pool_pre_ping=True,
                pool_timeout=30,
                json_serializer=_to_json,
                hide_parameters=True,  # an error's text must not quote what somebody wrote
            )
            self.reader = self.writer
        self.address = address
        self.checkpoints = checkpoints
        self.useful_threads = READERS if self.dialect == "sqlite" else WRITERS

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; whatever it changed is rolled back."""
        with Session(self.reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def look(self, question: Callable[[Session], Answer]) -> Answer:
        """Return what ``question`` finds with a few look-ups by key, for the busiest routes.

        On SQLite they take less than handing them to a thread does, and threads only take turns at the interpreter's lock;
        elsewhere they wait for the network, in a thread.
        """
        if self.dialect == "sqlite":
            return self._answer(question)
        return await to_thread.run_sync(self._answer, question)

    def _answer(self, question: Callable[[Session], Answer]) -> Answer:
        with self.read() as session:
            return question(session)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed when the block ends well, and otherwise leaves no trace.

        Leave the block before answering: an error of the commit itself must become the answer.
        """
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Return every connection."""
        self.reader.dispose()
        self.writer.dispose()


def sqlite_file(address: str) -> Path | None:
    """Return the file of the SQLite database at ``address``; None for PostgreSQL, or a database in memory."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _make_private(path: Path | None) -> None:
    # Before the first connection: SQLite gives its log and its shared memory the mode that the file has.
    if path is not None:
        private_folder(path.parent)
        private_file(path)


def _sqlite_engine(address: str, *, begin: str, checkpoints: bool, pool_size: int, max_overflow: int) -> Engine:
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=30,
        connect_args={"timeout": WAIT_FOR_LOCK_MS / 1000},
        json_serializer=_to_json,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver's own transaction handling would begin late; SQLAlchemy's "begin" below says what we mean.
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {WAIT_FOR_LOCK_MS}",
            "secure_delete = ON",  # what is deleted is overwritten; scrubbing.py takes what this leaves
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {1000 if checkpoints else 0}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _to_json(value: Any) -> str:
    # Several times faster than json.dumps, and it keeps Chinese as it is.
    return to_json(value).decode()


def table_of(model: type[Base]) -> Table:
    """Return the table of ``model``, for statements that write rows past the unit of work: several times faster."""
    return cast(Table, model.__table__)


def to_micro(value: float) -> int:
    """Return ``value`` in millionths. Sums of integers are exact, so cells equal a recount whatever the order of writes."""
    return round(value * MICRO)
