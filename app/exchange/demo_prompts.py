"""The demo's schedule, and the ledger of the prompts that its people would have got: the diaries tell who answered."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.diary import queries as diary
from app.diary.models import Entry
from app.participants import queries as participants
from app.prompts import planner, queries, service
from app.prompts.models import SENT, SKIPPED
from app.prompts.planning import Span, plan
from app.prompts.queries import InForce
from app.prompts.rules import Person
from app.prompts.schemas import ScheduleChange, ScheduleIn
from app.studies.models import Study

CHANNEL = "demo"
BEFORE = timedelta(days=10)


def load_prompts(session: Session, actor: str, study: Study) -> None:
    """Switch the template's schedule on and write down the past as if it had been on; nothing of it is ever sent."""
    proposed = service.schedule_of(session, study)
    schedule = ScheduleIn.model_validate(proposed.model_dump(exclude={"revision", "applied_at"}) | {"active": True})
    service.apply_schedule(session, actor, study.id, ScheduleChange(revision=proposed.revision, schedule=schedule))
    force = queries.in_force(session, study.id)
    people = participants.page(session, study.id, limit=1000)
    if force is None or not people:
        return
    facts = queries.facts(session, study.id, [one.id for one in people], force.revision)
    for one in facts.values():
        entries = diary.own_entries(session, study.id, one.person.id, limit=None)
        planner.add_rows(session, list(_past(force, one.person, entries)))


def _past(force: InForce, person: Person, entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    now = clock.now()
    if person.anchor_on is None:
        return
    start = min([person.enrolled_at, *(entry.occurred_at for entry in entries)]) - BEFORE
    span = Span(start, now, now, start, anew=False)
    left = sorted(entries, key=lambda entry: entry.occurred_at)
    for placed in plan(force.stored, person, [], span).new:
        if placed.at >= now:
            continue
        row = planner.row_of(force.revision, force.study.id, person, placed, placed.at)
        if placed.state != SKIPPED:
            row |= {"state": SENT, "reason": None, "channel": CHANNEL, "attempts": 1}
            row |= {"claimed_at": placed.at, "sent_at": placed.at}
            row |= _answer(placed.at, placed.wanted.expires_at, person.zone, left)
        yield row


def _answer(at: datetime, expires_at: datetime, zone: str, left: list[Entry]) -> dict[str, Any]:
    """Return how the prompt was answered: by an entry of that day or the next that answers no earlier prompt.

    The diaries tell when something happened, not when it was written: that was a while after the prompt.
    """
    day = clock.local_date(at, zone)
    for entry in left:
        if day <= clock.local_date(entry.occurred_at, zone) <= day + timedelta(days=1):
            left.remove(entry)
            written = max(entry.occurred_at, at + timedelta(minutes=5 + entry.id.int % 80))
            opened = at + (written - at) / 2
            answer = {"answered_at": written, "answered_entry_id": entry.id, "late": written >= expires_at}
            return {"opened_at": opened, **answer}
    return {}
