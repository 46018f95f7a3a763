"""When it happened: just now, a part of today or yesterday, or a time that the person names; all in their own zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.errors import FieldError, Invalid
from app.web.i18n import mark as _

NOW = "now"
EARLIER = "earlier"
LEAST_MINUTES = 30
STEP_MINUTES = 5
# Hours from the midnight with which the person's today began; form.js counts the same from what the page hands it.
PARTS: Sequence[tuple[str, int, int]] = (
    (_("昨天白天"), -18, -6),
    (_("昨天晚上"), -6, 0),
    (_("今天凌晨"), 0, 5),
    (_("今天早上"), 5, 9),
    (_("今天上午"), 9, 12),
    (_("今天中午"), 12, 14),
    (_("今天下午"), 14, 18),
    (_("今天晚上"), 18, 24),
)


@dataclass(frozen=True, slots=True)
class DayPart:
    """A part of the day that can be chosen. ``value`` is the local time it stands for, as a form sends it."""

    label: str
    value: str


def parts_until(moment: datetime, zone: str) -> list[DayPart]:
    """Return the parts of yesterday and today that had begun half an hour before ``moment``, latest first.

    Each stands for its middle; the part under way for the middle of what has passed of it, so that none lies ahead.
    """
    # Clock hands, not elapsed hours: on the day the clocks change, noon is still noon.
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = []
    for label, first, last in PARTS:
        start, end = midnight + timedelta(hours=first), min(midnight + timedelta(hours=last), local)
        if end - start >= timedelta(minutes=LEAST_MINUTES):
            middle = start + (end - start) / 2
            middle -= timedelta(minutes=middle.minute % STEP_MINUTES)
            begun.append(DayPart(label, f"{middle:%Y-%m-%dT%H:%M}"))
    return begun[::-1]


def moment_of(when: str, typed: str, zone: str) -> datetime:
    """Return when it happened, with the offset of ``zone``: now, the local time ``when``, or ``typed`` for another time.

    Invalid when there is no readable time.
    """
    here = ZoneInfo(zone)
    if when in ("", NOW):
        return clock.now().astimezone(here)
    try:
        local = datetime.fromisoformat(typed if when == EARLIER else when)
    except ValueError:
        raise Invalid(fields=[FieldError("occurred_at", _("请填上大概的日期和时间"), "required")]) from None
    return local.replace(tzinfo=here) if local.tzinfo is None else local
