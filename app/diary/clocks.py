"""When something happened by a phone's clock, which may be off by years, and by ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from app.diary.validation import CLOCK_SKEW, EARLIEST

ClockNote = Literal["corrected", "uncertain"]

NONE = timedelta(0)
_moment: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@dataclass(frozen=True, slots=True)
class DeviceWord:
    """What the phone itself said, kept where we believe otherwise.

    ``corrected``: its clock was off and both times were moved by as much. ``uncertain``: even so a time lay in the future,
    or before anything that can be meant, and the moment of arrival stands in its place.
    """

    occurred_at: datetime
    recorded_at: datetime | None
    note: ClockNote


@dataclass(frozen=True, slots=True)
class Moments:
    """When it happened and was written down, as they are kept; ``device`` when that is not what was sent."""

    occurred_at: datetime
    recorded_at: datetime
    device: DeviceWord | None = None


def skew_of(sent_at: str | None, received_at: datetime) -> timedelta:
    """Return by how much the phone's clock is ahead of ours; zero within 15 minutes, or when it does not say."""
    if sent_at is None:
        return NONE
    try:
        skew = _moment.validate_python(sent_at) - received_at
    except (ValidationError, OverflowError):
        return NONE
    return skew if abs(skew) > CLOCK_SKEW else NONE


def believed(occurred_at: datetime, recorded_at: datetime | None, received_at: datetime, skew: timedelta) -> Moments:
    """Return what is kept of a phone's times, whose clock is ahead by ``skew``; no time is refused."""
    kept = [_moved(moment, skew, received_at) for moment in (occurred_at, recorded_at or received_at + skew)]
    times = [moment or received_at.astimezone(occurred_at.tzinfo) for moment in kept]
    if None in kept:
        return Moments(times[0], times[1], DeviceWord(occurred_at, recorded_at, "uncertain"))
    word = DeviceWord(occurred_at, recorded_at, "corrected") if skew else None
    return Moments(times[0], times[1], word)


def _moved(moment: datetime, skew: timedelta, received_at: datetime) -> datetime | None:
    """Return ``moment`` by our clock; None when it cannot be one of a person writing now."""
    try:
        moved = moment - skew
    except OverflowError:
        return None
    return moved if EARLIEST <= moved <= received_at + CLOCK_SKEW else None
