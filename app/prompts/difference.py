"""What a schedule would change of the days ahead, before it is put in force: counted by day, with examples."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.core import clock
from app.participants import queries as participants
from app.prompts import queries
from app.prompts.localtime import zone_of
from app.prompts.models import PLANNED
from app.prompts.planner import AHEAD
from app.prompts.planning import Changes, Row, Span, plan
from app.prompts.schemas import ScheduleIn, StoredSchedule
from app.prompts.service import stored_schedule

CHUNK = 500
MOST_EXAMPLES = 12

What = Literal["appears", "moves", "goes"]


class DayCount(BaseModel):
    """Prompts planned for one day, on the people's own calendars: as it stands, and as it would be."""

    day: date
    before: int
    after: int


class Example(BaseModel):
    """One prompt that would change: of whom, and its local times without and with the new schedule."""

    what: What
    participant: str
    rule: str
    before: datetime | None
    after: datetime | None


class Difference(BaseModel):
    """What would change of the next days. ``at_once``: what would be due in the very moment; ``stays``: not touched."""

    days_ahead: int
    people: int
    stays: int
    appears: int
    moves: int
    goes: int
    at_once: int
    days: list[DayCount]
    examples: list[Example]


@dataclass
class Count:
    """A difference while it is counted."""

    before: Counter[date] = field(default_factory=Counter)
    after: Counter[date] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    people: set[UUID] = field(default_factory=set)
    examples: list[tuple[UUID, Example]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One prompt's place without and with the new schedule; None where it has none."""

    rule: str
    before: datetime | None
    after: datetime | None

    @property
    def what(self) -> What | None:
        """What becomes of it; None where it stays."""
        if self.before is None:
            return "appears"
        if self.after is None:
            return "goes"
        return None if self.before == self.after else "moves"


def difference(session: Session, study_id: UUID, schedule: ScheduleIn) -> Difference:
    """Return what putting ``schedule`` in force now would change. Nothing is changed."""
    stored, now, count = stored_schedule(session, study_id, schedule), clock.now(), Count()
    last: UUID | None = None
    while people := participants.page(session, study_id, after=last, limit=CHUNK):
        last = people[-1].id
        _count_people(session, study_id, [one.id for one in people if one.withdrawn_at is None], stored, now, count)
    codes = participants.codes_of(session, study_id, [one for one, _ in count.examples])
    days = sorted(count.before.keys() | count.after.keys())
    return Difference(
        days_ahead=AHEAD.days,
        people=len(count.people),
        stays=count.kinds["stays"],
        appears=count.kinds["appears"],
        moves=count.kinds["moves"],
        goes=count.kinds["goes"],
        at_once=count.at_once,
        days=[DayCount(day=day, before=count.before[day], after=count.after[day]) for day in days],
        examples=[one.model_copy(update={"participant": codes[who]}) for who, one in count.examples],
    )


def _count_people(
    session: Session, study_id: UUID, ids: list[UUID], stored: StoredSchedule, now: datetime, count: Count
) -> None:
    force = queries.in_force(session, study_id)
    known = queries.facts(session, study_id, ids, force.revision if force else 0)
    longest = max((rule.expires_minutes for rule in stored.schedule.rules), default=0)
    span = Span(now - timedelta(minutes=longest), now + AHEAD, now, fresh_from=now, anew=True)
    rows = queries.rows_of(session, study_id, ids, span.start, all_open=True)
    for one, facts in known.items():
        # What is planned beyond the days that are shown is planned anew when its time comes.
        near = [row for row in rows.get(one, ()) if row.wanted_at < span.end]
        changes = plan(stored, facts.person, near, span)
        for step in _steps(changes):
            _count_step(count, one, step, facts.person.zone, now)


def _steps(changes: Changes) -> Iterator[Step]:
    for placed in changes.new:
        if placed.state == PLANNED:
            yield Step(placed.wanted.rule.name, None, placed.at)
    for row, placed in changes.moved:
        before, after = _planned(row), placed.at if placed.state == PLANNED else None
        if before or after:
            yield Step(placed.wanted.rule.name, before, after)
    for row in changes.gone:
        if row.state == PLANNED:
            yield Step(row.rule_key, row.planned_at, None)
    for row in changes.kept:
        if row.state == PLANNED:
            yield Step(row.rule_key, row.planned_at, row.planned_at)


def _planned(row: Row) -> datetime | None:
    return row.planned_at if row.state == PLANNED else None


def _count_step(count: Count, who: UUID, step: Step, zone: str, now: datetime) -> None:
    before = step.before and step.before.astimezone(zone_of(zone))
    after = step.after and step.after.astimezone(zone_of(zone))
    if before:
        count.before[before.date()] += 1
    if after:
        count.after[after.date()] += 1
    what = step.what
    count.kinds[what or "stays"] += 1
    if what is None:
        return
    count.people.add(who)
    count.at_once += after is not None and after <= now
    if sum(example.what == what for _, example in count.examples) < MOST_EXAMPLES // 3:
        example = Example(what=what, participant="", rule=step.rule, before=before, after=after)
        count.examples.append((who, example))
