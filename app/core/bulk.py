"""Writing many rows at once without what SQLAlchemy spends on each: half of the time of an import was that."""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Insert
from sqlalchemy.orm import Session

from app.core.db import Database

CACHE_KIB = 65_536
ALLOCATIONS = 500_000
_MOST_PLANS = 100
_plans: dict[tuple[int, str, tuple[str, ...]], "_Plan"] = {}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled insert. It holds its statement, so that the statement's id stays its own."""

    statement: Insert
    text: str
    positional: bool
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the rows as the driver takes them."""
        columns = [_converted([row[name] for row in rows], convert) for name, convert in self.columns]
        given = list(zip(*columns, strict=True))
        if self.positional:
            return given
        names = [name for name, _ in self.columns]
        return [dict(zip(names, values, strict=True)) for values in given]


def _converted(values: list[Any], convert: Callable[[Any], Any] | None) -> list[Any]:
    """Return the values of a column as the driver takes them; many rows share one study, person or moment."""
    if convert is None:
        return values
    ids = list(map(id, values))
    known = {key: convert(value) for key, value in dict(zip(ids, values, strict=True)).items()}
    return list(map(known.__getitem__, ids))


def expect_many_rows(database: Database) -> None:
    """Fit this process for writing very many rows; for commands, which end when they are done.

    Its objects are seldom garbage in circles, so that it need not look for them at every turn (a fifth of the time of
    an import), and SQLite's own 2 MB of cache would not hold the indexes that random ids touch.
    """
    gc.freeze()
    gc.set_threshold(ALLOCATIONS)
    if database.dialect == "sqlite":
        with database.writer.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")


def insert_rows(session: Session, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run ``statement`` (kept by its module, never made per call) for ``rows``; they all give the same columns.

    Defaults of the model are not applied: every column without one in the database must be given.
    """
    if not rows:
        return
    connection = session.connection()
    names = tuple(rows[0])
    key = (id(statement), connection.dialect.name, names)
    plan = _plans.get(key)
    if plan is None:
        if len(_plans) >= _MOST_PLANS:
            _plans.clear()
        plan = _plans[key] = _compile(statement, connection.dialect, names)
    connection.exec_driver_sql(plan.text, plan.parameters(rows))


def _compile(statement: Insert, dialect: Dialect, names: Sequence[str]) -> _Plan:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    processors = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in compiled.binds.items()
        if name in names
    }
    if set(compiled.binds) != set(names):
        raise ValueError("a bulk insert takes its values from its rows only")
    order = compiled.positiontup if compiled.positional and compiled.positiontup else list(names)
    return _Plan(statement, str(compiled), compiled.positional, tuple((name, processors[name]) for name in order))
