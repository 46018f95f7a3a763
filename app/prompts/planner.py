"""Keeping the ledger planned some days ahead: a batch of people a transaction, and any number of workers at it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, bindparam, func, or_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core.bulk import insert_rows
from app.core.db import table_of
from app.core.ids import uuid7
from app.prompts import queries
from app.prompts.localtime import zone_of
from app.prompts.models import CANCELLED, Prompt, PromptPlan
from app.prompts.planning import OPEN, SCHEDULE_CHANGED, Changes, Placed, Row, Span, plan
from app.prompts.queries import Facts, InForce
from app.prompts.rules import Person
from app.studies.retention import is_over

AHEAD = timedelta(days=10)
"""How far ahead the ledger is planned."""
SPARE = timedelta(days=2)
"""How long before its end a plan is carried on: so long may no worker run before anything comes late."""
NEVER = timedelta(days=3650)
BATCH = 200

_PROMPTS = table_of(Prompt)
_PLANS = table_of(PromptPlan)
_INSERTS: dict[str, Insert] = {
    "sqlite": sqlite_insert(_PROMPTS).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(_PROMPTS).on_conflict_do_nothing(),
}
_NEW_PLANS: dict[str, Insert] = {
    "sqlite": sqlite_insert(_PLANS).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(_PLANS).on_conflict_do_nothing(),
}
_OF_ROW = (_PROMPTS.c.study_id == bindparam("of_study"), _PROMPTS.c.id == bindparam("of_id"))
# A prompt that was claimed meanwhile is no longer ours to move.
_MOVE = update(_PROMPTS).where(*_OF_ROW, or_(*(_PROMPTS.c.state == state for state in OPEN)))
_SETTLE = (
    update(_PLANS)
    .where(_PLANS.c.study_id == bindparam("of_study"), _PLANS.c.participant_id == bindparam("of_id"))
    .values(
        basis=bindparam("new_basis"),
        revision=bindparam("new_revision"),
        planned_until=bindparam("until"),
        touched_at=None,
        next_at=bindparam("again"),
    )
)


@dataclass(slots=True)
class Batch:
    """What planning some people changes in the ledger."""

    new: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    settled: list[dict[str, Any]] = field(default_factory=list)


def plan_next(session: Session, study_id: UUID, now: datetime, most: int = BATCH) -> int:
    """Plan up to ``most`` people of the study whose turn it is and return how many; others' turns are left to them."""
    return _plan(session, study_id, queries.to_plan(session, study_id, now, most), now)


def plan_newcomers(session: Session, study_id: UUID, now: datetime, most: int = BATCH) -> int:
    """Plan up to ``most`` people who have no plan yet and return how many."""
    return _plan(session, study_id, queries.newcomers(session, study_id, most), now)


def _plan(session: Session, study_id: UUID, ids: Sequence[UUID], now: datetime) -> int:
    force = queries.in_force(session, study_id) if ids else None
    if force is None or is_over(force.study, now):
        return 0
    return plan_people(session, force, ids, now)


def plan_people(session: Session, force: InForce, ids: Sequence[UUID], now: datetime) -> int:
    """Plan these people under the schedule in force and return how many nobody else was at."""
    if not ids:
        return 0
    study_id = force.study.id
    _begin(session, study_id, ids, now)
    plans = queries.held_plans(session, study_id, ids)
    facts = queries.facts(session, study_id, list(plans), force.revision)
    spans = {one: _span(force, facts[one], plan, now) for one, plan in plans.items() if one in facts}
    rows = _rows(session, study_id, spans)
    batch = Batch()
    for one, span in spans.items():
        gone = facts[one].withdrawn_at is not None
        changes = Changes() if gone else plan(force.stored, facts[one].person, rows.get(one, ()), span)
        _write_down(batch, force, facts[one].person, changes, now)
        again = NEVER if gone or not force.stored.schedule.active else AHEAD - SPARE
        batch.settled.append(_settled(study_id, facts[one], force.revision, span.end, now + again))
    _store(session, batch)
    return len(spans)


def touch(session: Session, study_id: UUID, ids: Collection[UUID] | None, now: datetime) -> None:
    """Say that what the plans of these people, or of everyone, are made from has changed at ``now``."""
    of_study = update(PromptPlan).where(PromptPlan.study_id == study_id)
    if ids is not None:
        of_study = of_study.where(PromptPlan.participant_id.in_(ids))
    since = bindparam(None, now, type_=PromptPlan.touched_at.type)
    session.execute(
        of_study.values(touched_at=func.coalesce(PromptPlan.touched_at, since), next_at=now).execution_options(
            synchronize_session=False
        )
    )


def row_of(force_revision: int, study_id: UUID, person: Person, placed: Placed, now: datetime) -> dict[str, Any]:
    """Return the ledger's row of an occasion that has its place."""
    rule = placed.wanted.rule
    return {
        **EMPTY,
        "study_id": study_id,
        "id": uuid7(),
        "participant_id": person.id,
        "rule_key": rule.key,
        "occasion": placed.wanted.occasion,
        "created_at": now,
        **_place_of(force_revision, person, placed),
    }


def local_place(at: datetime, zone: str, anchor_on: date | None) -> dict[str, Any]:
    """Return how the person's clock and calendar show ``at``: zone, day, time, and day from the anchor event."""
    local = at.astimezone(zone_of(zone))
    on = local.date()
    day = (on - anchor_on).days if anchor_on else None
    return {"planned_zone": zone, "planned_on": on, "planned_time": f"{local:%H:%M}", "day": day}


EMPTY: Mapping[str, Any] = {
    "channel": None,
    "repeatable": False,
    "attempts": 0,
    "claimed_by": None,
    "claimed_at": None,
    "sent_at": None,
    "opened_at": None,
    "answered_at": None,
    "answered_entry_id": None,
    "late": False,
    "reminder_of": None,
    "nudged_by": None,
    "words": None,
}


def add_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add ``rows`` to the ledger; those whose occasion it holds already are left out."""
    insert_rows(session, _INSERTS[session.get_bind().dialect.name], rows)


def _begin(session: Session, study_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    known = queries.plans(session, study_id, ids)
    rows = [
        {
            "study_id": study_id,
            "participant_id": one,
            "basis": "",
            "revision": 0,
            "planned_until": None,
            "touched_at": None,
            "next_at": now,
        }
        for one in ids
        if one not in known
    ]
    insert_rows(session, _NEW_PLANS[session.get_bind().dialect.name], rows)


def _span(force: InForce, facts: Facts, plan: PromptPlan, now: datetime) -> Span:
    """Return what to plan of a person: what follows, or all anew because something that it is made from has changed."""
    begun = max(facts.person.enrolled_at, force.active_since or now)
    until = plan.planned_until
    if until is None:
        return Span(min(begun, now), now + AHEAD, now, begun, anew=True)
    if plan.basis == facts.basis and plan.touched_at is None:
        return Span(until, max(until, now + AHEAD), now, max(begun, until), anew=False)
    changed = plan.touched_at or now
    longest = max((rule.expires_minutes for rule in force.stored.schedule.rules), default=0)
    fresh_from = max(begun, min(until, changed))
    start = min(now - timedelta(minutes=longest), until)
    return Span(start, max(until, now + AHEAD), now, fresh_from, anew=True)


def _rows(session: Session, study_id: UUID, spans: Mapping[UUID, Span]) -> dict[UUID, list[Row]]:
    rows: dict[UUID, list[Row]] = {}
    for anew in (False, True):
        ids = [one for one, span in spans.items() if span.anew is anew]
        if ids:
            since = min(spans[one].start for one in ids)
            rows |= queries.rows_of(session, study_id, ids, since, all_open=anew)
    return rows


def _write_down(batch: Batch, force: InForce, person: Person, changes: Changes, now: datetime) -> None:
    study_id = force.study.id
    batch.new += (row_of(force.revision, study_id, person, placed, now) for placed in changes.new)
    for row, placed in changes.moved:
        batch.moved.append(_of(study_id, row) | _place_of(force.revision, person, placed))
    for row in changes.gone:
        batch.moved.append(_of(study_id, row) | {"state": CANCELLED, "reason": SCHEDULE_CHANGED})


def _of(study_id: UUID, row: Row) -> dict[str, Any]:
    return {"of_study": study_id, "of_id": row.id}


def _place_of(revision: int, person: Person, placed: Placed) -> dict[str, Any]:
    rule = placed.wanted.rule
    return {
        "revision": revision,
        "wanted_at": placed.wanted.at,
        "planned_at": placed.at,
        **local_place(placed.at, person.zone, person.anchor_on),
        "due_at": placed.at,
        "expires_at": placed.wanted.expires_at,
        "apart_minutes": rule.apart_minutes,
        "remind_minutes": rule.remind_minutes,
        "state": placed.state,
        "reason": placed.reason,
    }


def _settled(study_id: UUID, facts: Facts, revision: int, until: datetime, again: datetime) -> dict[str, Any]:
    return {
        "of_study": study_id,
        "of_id": facts.person.id,
        "new_basis": facts.basis,
        "new_revision": revision,
        "until": until,
        "again": again,
    }


def _store(session: Session, batch: Batch) -> None:
    add_rows(session, batch.new)
    connection = session.connection()
    for rows in _alike(batch.moved):
        connection.execute(_MOVE, rows)
    if batch.settled:
        connection.execute(_SETTLE, batch.settled)


def _alike(rows: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Return the rows that set the same columns together: one statement runs for all of them."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return groups.values()
