"""Writing many rows at once without what SQLAlchemy spends on each: half of the time of an import was that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Insert
from sqlalchemy.orm import Session

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
    known: dict[int, Any] = {}
    for value in values:
        if id(value) not in known:
            known[id(value)] = convert(value)
    return [known[id(value)] for value in values]


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
