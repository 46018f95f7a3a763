"""From what a schedule wants to what shall stand in the ledger. Pure: no database, no clock of its own.

Occasions take their places in the order in which they are wanted. Each gets the first moment from then on that is in no
quiet hours and far enough from those placed before it; without such a moment before it expires, it is skipped and says
why. As every place is the first possible one, planning again, or planning a later part later, gives the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.prompts.localtime import QuietHours, quiet_until, zone_of
from app.prompts.models import CANCELLED, EXPIRED, PLANNED, SKIPPED
from app.prompts.rules import Person, Wanted, wanted
from app.prompts.schemas import Quiet, StoredSchedule, minutes_of

QUIET_HOURS, TOO_CLOSE, PAUSED = "quiet_hours", "too_close", "paused"
TOO_LATE, SCHEDULE_CHANGED = "too_late", "schedule_changed"
FOR_GOOD = frozenset({"withdrawn", "study_over", "answered"})
"""Reasons after which a row is never planned anew."""
OPEN = (PLANNED, SKIPPED, CANCELLED)
MOST_MOVES = 200


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in the ledger for an occasion."""

    id: UUID
    rule_key: str
    occasion: str
    wanted_at: datetime
    planned_at: datetime
    expires_at: datetime
    apart_minutes: int
    remind_minutes: int | None
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    """An occasion and its place: ``planned`` at ``at``, or ``skipped`` for ``reason``."""

    wanted: Wanted
    at: datetime
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is planned: from ``start`` until before ``end``, at the moment ``now``.

    Occasions that are new to the ledger must be wanted, or for events heard of, at ``fresh_from`` or later: what was over
    when a schedule or a person changed is not caught up. ``anew`` plans again what stands there and was not sent;
    otherwise that is kept, and only later occasions are added.
    """

    start: datetime
    end: datetime
    now: datetime
    fresh_from: datetime
    anew: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change in the ledger: rows to add, rows to move (or skip, or revive), rows that are no longer wanted."""

    new: list[Placed] = field(default_factory=list)
    moved: list[tuple[Row, Placed]] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)
    kept: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Occupied:
    """Moments that are taken, with the distance that each asks for."""

    moments: list[tuple[datetime, int]]

    def free_after(self, at: datetime, apart: int) -> datetime | None:
        """Return the next moment that might be free where ``at`` is too near to another; None where it is free."""
        for taken, other in self.moments:
            least = timedelta(minutes=max(apart, other))
            if taken - least < at < taken + least:
                return taken + least
        return None


def plan(stored: StoredSchedule, person: Person, rows: Sequence[Row], span: Span) -> Changes:
    """Return what to change so that the ledger holds what the schedule wants for ``person``.

    ``rows`` are those of the person's rules: all that are open, and the others of the span and a day before it.
    """
    changes = Changes()
    known = {(row.rule_key, row.occasion): row for row in rows}
    taken = Occupied([(row.planned_at, row.apart_minutes) for row in rows if _stands(row, anew=span.anew)])
    quiet = quiet_hours(stored, person)
    least = stored.schedule.apart_minutes
    seen: set[tuple[str, str]] = set()
    for one in wanted(stored, person, _from(rows, span), span.end):
        name = (one.rule.key, one.occasion)
        row = known.get(name)
        seen.add(name)
        if not _may_be_placed(row, one, span):
            continue
        placed = place(one, person, quiet, taken, least)
        if one.expires_at <= span.now:
            # Nobody planned for days: what was missed is told, not left out.
            placed = Placed(one, one.at, SKIPPED if row else EXPIRED, TOO_LATE)
        if placed.state == PLANNED and placed.reason is None:
            taken.moments.append((placed.at, max(one.rule.apart_minutes, least)))
        _sort(changes, row, placed)
    if span.anew:
        changes.gone.extend(row for name, row in known.items() if name not in seen and _may_go(row, span))
    return changes


def place(one: Wanted, person: Person, quiet: Collection[QuietHours], taken: Occupied, least: int) -> Placed:
    """Return the place of one occasion: the first moment that is free, or why there is none before it expires."""
    zone, at, reason = zone_of(person.zone), one.at, QUIET_HOURS
    apart = max(one.rule.apart_minutes, least)
    hours = tuple(quiet)
    for _ in range(MOST_MOVES):
        later = quiet_until(at, hours, zone) if hours else None
        if later is not None:
            reason = QUIET_HOURS
        else:
            later = taken.free_after(at, apart)
            if later is None:
                paused = is_paused(person, at)
                return Placed(one, at, SKIPPED if paused else PLANNED, PAUSED if paused else None)
            reason = TOO_CLOSE
        at = later
        if at >= one.expires_at:
            break
    return Placed(one, one.at, SKIPPED, reason)


def is_paused(person: Person, at: datetime) -> bool:
    """Return whether the person has asked for no prompts at ``at``."""
    return any(start <= at and (end is None or at < end) for start, end in person.pauses)


def quiet_hours(stored: StoredSchedule, person: Person) -> tuple[QuietHours, ...]:
    """Return the quiet hours that hold for the person: the study's and their own, so that the stricter wins."""
    study = read_quiet(stored.schedule.quiet)
    return tuple(one for one in (study, person.quiet) if one is not None)


def read_quiet(quiet: Quiet | None) -> QuietHours | None:
    """Return quiet hours in minutes of the day."""
    return QuietHours(minutes_of(quiet.start), minutes_of(quiet.end)) if quiet else None


def _from(rows: Sequence[Row], span: Span) -> datetime:
    if not span.anew:
        return span.start
    # What is planned and not sent, however old, is planned again rather than taken for unwanted.
    return min([span.start, *(row.wanted_at for row in rows if row.state == PLANNED)])


def _stands(row: Row, *, anew: bool) -> bool:
    return row.state not in OPEN or (row.state == PLANNED and not anew)


def _may_be_placed(row: Row | None, one: Wanted, span: Span) -> bool:
    if row is None:
        known_from = max(one.at, one.heard_at) if one.heard_at else one.at
        return known_from >= span.fresh_from and (one.expires_at > span.now or not span.anew)
    if row.state == PLANNED:
        return span.anew
    return row.state in OPEN and row.reason not in FOR_GOOD and one.at > span.now


def _may_go(row: Row, span: Span) -> bool:
    return row.state == PLANNED or (row.state == SKIPPED and row.wanted_at > span.now)


def _sort(changes: Changes, row: Row | None, placed: Placed) -> None:
    if row is None:
        changes.new.append(placed)
    elif _same(row, placed):
        changes.kept.append(row)
    else:
        changes.moved.append((row, placed))


def _same(row: Row, placed: Placed) -> bool:
    rule = placed.wanted.rule
    return (
        (row.planned_at, row.wanted_at, row.expires_at, row.state, row.reason)
        == (placed.at, placed.wanted.at, placed.wanted.expires_at, placed.state, placed.reason)
        and row.apart_minutes == rule.apart_minutes
        and row.remind_minutes == rule.remind_minutes
    )
