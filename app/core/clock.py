"""The one place that asks what time it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def _system_now() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_now


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return _source()


@contextmanager
def frozen_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at ``moment`` (aware) for the length of the block."""
    global _source  # noqa: PLW0603 - the clock is one for the process
    before = _source
    _source = lambda: moment.astimezone(UTC)  # noqa: E731
    try:
        yield
    finally:
        _source = before


def local_date(moment: datetime, zone: str) -> date:
    """Return the calendar day of ``moment`` in the IANA time zone ``zone``."""
    return moment.astimezone(ZoneInfo(zone)).date()


def days_between(anchor: date, moment: datetime, zone: str) -> int:
    """Return whole days from ``anchor`` to ``moment`` as the person in ``zone`` counts them; negative before it."""
    return (local_date(moment, zone) - anchor).days


def offset_minutes(moment: datetime) -> int:
    """Return the UTC offset that ``moment`` was written with, in minutes."""
    offset = moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)
