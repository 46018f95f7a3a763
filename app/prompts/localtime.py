"""Wall clocks and calendars of a zone, daylight saving included. No database, no clock of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

WHOLE_DAY = timedelta(hours=23)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes of the day from ``start`` until before ``end``, over midnight where ``start`` is the later one."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Return whether the minute of the day is quiet."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def resolve(day: date, minute: int, zone: ZoneInfo) -> datetime | None:
    """Return the moment at which the clocks of ``zone`` show ``minute`` (of the day) on ``day``, in UTC.

    Where they skip it, the first moment after the gap; where they show it twice, the first of the two. None for a day
    that the calendar of the zone leaves out, as Samoa did on 30 December 2011.
    """
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    moment = local.astimezone(UTC)
    back = moment.astimezone(zone)
    if back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before = local.replace(fold=1).astimezone(UTC)
    if moment - before >= WHOLE_DAY:
        return None
    return _change_between(before, moment, zone)


def quiet_until(moment: datetime, hours: Sequence[QuietHours], zone: ZoneInfo) -> datetime | None:
    """Return when the quiet hours that hold at ``moment`` end; None if none hold."""
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    ends = [_end(moment, local.date(), quiet.end, zone) for quiet in hours if quiet.holds(minute)]
    return max(ends) if ends else None


@lru_cache(maxsize=700)
def zone_of(name: str) -> ZoneInfo:
    """Return the zone ``name``."""
    return ZoneInfo(name)


def _end(moment: datetime, today: date, minute: int, zone: ZoneInfo) -> datetime:
    # An hour that is shown twice has two ends, and the first may be over: the next one after the moment counts.
    for days in range(4):
        resolved = resolve(today + timedelta(days=days), minute, zone)
        if resolved is None:
            continue
        if resolved > moment:
            return resolved
        shown_again = resolved.astimezone(zone).replace(fold=1).astimezone(UTC)
        if shown_again > moment:
            return shown_again
    raise ValueError("a clock that never shows the end of the quiet hours")


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the second at which the zone's offset changes; it does so once between the two."""
    first = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == first:
            before = middle
        else:
            after = middle
    return after
