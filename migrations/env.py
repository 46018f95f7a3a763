"""Migrations with guards: short lock waits on PostgreSQL, one migrating process at a time, batch mode on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from alembic import context
from sqlalchemy import JSON, Connection, text

from app.core.db import Database, UtcDateTime
from app.core.settings import Settings
from app.registry import metadata

LOCK = 0x78696E6C75  # "xinlu": the advisory lock that keeps a second process from migrating at the same time


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the job engine's tables alone: they are its own; and what only one kind of database has for searching."""
    return (kind != "table" or name in metadata.tables) and name != "ix_statement_text_trgm"


def render_item(kind: str, column_type: object, _context: object) -> str | Literal[False]:
    """Write our column types as the plain ones that they are: a migration must not import today's app."""
    if kind != "type":
        return False
    if isinstance(column_type, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(column_type, JSON):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def run(connection: Connection) -> None:
    """Run what the command asks for on ``connection``."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,  # type: ignore[arg-type]
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def guarded(connection: Connection) -> Iterator[None]:
    """Hold the migration lock on PostgreSQL; a wait for a table's lock ends early rather than stop the service."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    yield


@contextmanager
def unreferenced(connection: Connection) -> Iterator[None]:
    """On SQLite, let tables be made anew without the rows that refer to them: dropping the old one would take them along.

    That can only be said outside a transaction. Before the end every reference is checked.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - just connected
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def check_references(connection: Connection) -> None:
    """Raise RuntimeError, so that nothing of the migration stays, where a row refers to one that is not there."""
    if connection.dialect.name == "sqlite" and (lost := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise RuntimeError(f"a row of {lost[0]} refers to a row of {lost[2]} that is not there")


def main() -> None:
    """Migrate over the connection or the database's address that the caller handed in, or over the settings' database."""
    given = context.config.attributes.get("connection")
    if isinstance(given, Connection):
        run(given)
        return
    address = context.config.attributes.get("address") or Settings.from_environment().database_address
    database = Database(address)
    try:
        with database.writer.connect() as connection, unreferenced(connection), connection.begin(), guarded(connection):
            run(connection)
            check_references(connection)
    finally:
        database.close()


main()
