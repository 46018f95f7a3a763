"""A fresh, migrated database for each test, on SQLite and on PostgreSQL.

The migrations run once a run and kind, through ``xinlu migrate``; every test then gets a copy of the result.
"""

import atexit
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from app.core.db import Database as Store
from tests.support import run
from tests.support.postgres import server_address
from tests.support.program import data_environment, xinlu

Kind = Literal["sqlite", "postgresql"]
STRATEGIES_SINCE = 150_000
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")


@dataclass(frozen=True)
class ScratchDatabase:
    """A database that one test may do anything with."""

    kind: Kind
    address: str
    """For SQLAlchemy and for ``XINLU_DATABASE_URL``."""
    data_dir: Path

    @property
    def env(self) -> dict[str, str]:
        """What ``xinlu`` must be given in its environment to use it."""
        return data_environment(self.data_dir, self.address)


@event.listens_for(Pool, "checkout")
def _wait_for_no_disk(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """As with PostgreSQL's server: nothing here outlives the run. Servers and commands of their own keep the real setting."""
    if isinstance(connection, sqlite3.Connection) and record.info.setdefault("waits for the disk", True):
        connection.execute("PRAGMA synchronous = OFF")
        record.info["waits for the disk"] = False


def only_on(*kinds: Kind) -> pytest.MarkDecorator:
    """Mark a test that uses ``database`` to run on these kinds only; say beside it why."""
    return pytest.mark.parametrize("database", kinds, indirect=True)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScratchDatabase]:
    """A migrated, empty database; a test that uses this (or what stands on it) runs once on each kind."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)
    if request.param == "sqlite":
        path = data_dir / "xinlu.db"
        shutil.copyfile(_sqlite_template(), path)
        yield ScratchDatabase("sqlite", f"sqlite:///{path}", data_dir)
    else:
        run.require("postgresql")
        with _postgres_copy(_postgres_template()) as address:
            yield ScratchDatabase("postgresql", address, data_dir)


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[Callable[[Kind], ScratchDatabase]]:
    """Makes databases without any table, for tests of the migrations themselves."""
    with ExitStack() as made:

        def make(kind: Kind) -> ScratchDatabase:
            data_dir = tmp_path / f"empty-{secrets.token_hex(4)}"
            data_dir.mkdir()
            if kind == "sqlite":
                return ScratchDatabase(kind, f"sqlite:///{data_dir / 'xinlu.db'}", data_dir)
            run.require("postgresql")
            return ScratchDatabase(kind, made.enter_context(_postgres_copy("template1")), data_dir)

        yield make


@pytest.fixture
def engine(database: ScratchDatabase) -> Iterator[Engine]:
    """A plain engine on ``database``, to look at rows past the application."""
    plain = create_engine(database.address)
    yield plain
    plain.dispose()


@pytest.fixture
def store(database: ScratchDatabase) -> Iterator[Store]:
    """The application's own engines and sessions on ``database``: ``with store.write() as session``."""
    opened = Store(database.address)
    yield opened
    opened.close()


@contextmanager
def _postgres_copy(template: str) -> Iterator[str]:
    """A copy of ``template`` under a name of its own, dropped at the end; gives its address."""
    name = f"xinlu_test_{secrets.token_hex(6)}"
    _administer(_copying(name, template))
    try:
        yield _address_of(name)
    finally:
        _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _copying(name: str, template: str) -> sql.Composed:
    words = "CREATE DATABASE {} TEMPLATE {}" + _strategy()
    return sql.SQL(words).format(sql.Identifier(name), sql.Identifier(template))


@cache
def _strategy() -> LiteralString:
    # As files, where no disk is waited for, a copy takes a quarter of the time that it takes through the log; before
    # version 15 there was no other way, and no word for it.
    return " STRATEGY FILE_COPY" if _administrator().info.server_version >= STRATEGIES_SINCE else ""


@cache
def _administrator() -> psycopg.Connection:
    """This process's one connection for making and dropping databases: to open one takes longer than to drop one."""
    connection = psycopg.connect(server_address(), autocommit=True)
    atexit.register(connection.close)
    return connection


def _administer(statement: sql.Composed) -> None:
    _administrator().execute(statement)


def _address_of(name: str) -> str:
    plain = server_address().rpartition("/")[0] + "/" + name
    return plain.replace("postgresql:", "postgresql+psycopg:", 1)


@cache
def _sqlite_template() -> Path:
    path = run.folder() / "template" / "xinlu.db"
    with run.once("sqlite-template") as mark:
        if mark:
            shutil.rmtree(path.parent, ignore_errors=True)
            path.parent.mkdir()
            xinlu("migrate", env=data_environment(path.parent, f"sqlite:///{path}"))
            with closing(sqlite3.connect(path)) as connection:  # a copy of the file alone must hold everything
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            mark.touch()
    return path


@cache
def _postgres_template() -> str:
    name = f"xinlu_template_{run.owner()}"
    with run.once("postgres-template") as mark:
        if mark:
            _administer(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            _administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            folder = run.folder() / "postgres-template"
            folder.mkdir(exist_ok=True)
            xinlu("migrate", env=data_environment(folder, _address_of(name)))
            mark.touch()
    return name


def holding(engine: Engine, *wanted: str) -> set[str]:
    """Return the tables in any of whose rows any of these texts stands."""
    found = set()
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            rows = str([tuple(row) for row in connection.execute(text(f'SELECT * FROM "{table}"'))])
            found |= {table for one in wanted if one in rows}
    return found
