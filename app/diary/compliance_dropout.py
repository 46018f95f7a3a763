"""Who may be about to drop out: three rules of thumb, each with the numbers that it rests on. Pure, and no forecast.

1. ``unanswered``: none of the last 3 prompts whose time is over was answered, not even late.
2. ``pause``: nothing written for more than 3 times as long as usual. Usual is the mean distance between this person's own
   entries, counted from the first to the last one, at least a day; it takes 3 entries to know it.
3. ``never``: taking part for a week, and not one entry.

Whoever has left, or of whom nothing more is expected, has no such sign. Two further signs tell of the technique and not of
the person: prompts that could not be delivered, and entries that their phone could not send yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.diary.compliance_grid import Mark

Kind = Literal["unanswered", "pause", "never", "undelivered", "unsent"]
DROPOUT: frozenset[Kind] = frozenset({"unanswered", "pause", "never"})
LAST_PROMPTS = 3
LONGER = 3
KNOWN_FROM = 3
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trail:
    """What is known of one person. ``last`` are the latest prompts whose time is over, the newest first.

    ``over``: nothing more is expected of them. ``failing``: how many of the latest deliveries failed in a row.
    ``unsent``: how many entries their phone still holds, by its own last word.
    """

    enrolled_at: datetime
    over: bool = False
    last: Sequence[Mark] = ()
    entries: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    failing: int = 0
    unsent: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign, and the numbers of its sentence."""

    kind: Kind
    numbers: Mapping[str, int]


def signals(trail: Trail, now: datetime) -> tuple[Signal, ...]:
    """Return the signs of one person at the moment ``now``, those of dropping out first."""
    found = () if trail.over else (_unanswered(trail), _pause(trail, now), _never(trail, now))
    technical = (
        Signal("undelivered", {"n": trail.failing}) if trail.failing and not trail.over else None,
        Signal("unsent", {"n": trail.unsent}) if trail.unsent else None,
    )
    return tuple(one for one in (*found, *technical) if one is not None)


def risk(found: Sequence[Signal]) -> int:
    """Return the order of concern: how many signs of dropping out there are, doubled, and one more for any other sign."""
    dropout = sum(one.kind in DROPOUT for one in found)
    return 2 * dropout + (len(found) > dropout)


def usual_distance(trail: Trail) -> timedelta | None:
    """Return the mean distance between a person's entries, at least a day; None below three entries."""
    if trail.entries < KNOWN_FROM or trail.first_at is None or trail.last_at is None:
        return None
    return max(DAY, (trail.last_at - trail.first_at) / (trail.entries - 1))


def _unanswered(trail: Trail) -> Signal | None:
    last = trail.last[:LAST_PROMPTS]
    silent = len(last) == LAST_PROMPTS and all(mark is Mark.MISSED for mark in last)
    return Signal("unanswered", {"n": LAST_PROMPTS}) if silent else None


def _pause(trail: Trail, now: datetime) -> Signal | None:
    usual = usual_distance(trail)
    if usual is None or trail.last_at is None or now - trail.last_at <= LONGER * usual:
        return None
    return Signal("pause", {"usual": round(usual / DAY), "days": (now - trail.last_at).days})


def _never(trail: Trail, now: datetime) -> Signal | None:
    if trail.entries or now - trail.enrolled_at < WEEK:
        return None
    return Signal("never", {"days": (now - trail.enrolled_at).days})
