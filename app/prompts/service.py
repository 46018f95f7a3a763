"""Putting a schedule in force. What concerns one person stands in ``personal``, what is sent in ``ledger``."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.prompts import defaults, planner, queries
from app.prompts.errors import ScheduleChanged
from app.prompts.models import Schedule, ScheduleRevision
from app.prompts.personal import (
    OwnReminders,
    nudge,
    own_reminders,
    pause,
    record_event,
    remove_event,
    replan,
    resume,
    set_quiet,
    set_zone,
)
from app.prompts.schemas import (
    ScheduleChange,
    ScheduleIn,
    ScheduleOut,
    Slots,
    StoredSchedule,
    times_of,
)
from app.studies.models import Study

__all__ = [
    "OwnReminders",
    "apply_schedule",
    "name_slots",
    "nudge",
    "own_reminders",
    "pause",
    "record_event",
    "remove_event",
    "replan",
    "resume",
    "schedule_of",
    "set_quiet",
    "set_zone",
    "stored_schedule",
]


def schedule_of(session: Session, study: Study) -> ScheduleOut:
    """Return the schedule in force; before the first is applied, what the study's template proposes, as revision 0."""
    force = queries.in_force(session, study.id)
    if force is None:
        return _out(defaults.proposal(study.template), 0, None)
    return _out(force.stored.schedule, force.revision, force.applied_at)


def stored_schedule(session: Session, study_id: UUID, schedule: ScheduleIn) -> StoredSchedule:
    """Return ``schedule`` with the lasting names of its times: those of the schedule in force, where they stay or move."""
    force = queries.in_force(session, study_id)
    before: Mapping[str, Slots] = force.stored.slots if force else {}
    # The names of rules that were taken out stay: put in again, such a rule does not send a second time what it has sent.
    slots = dict(before) | {rule.key: name_slots(times_of(rule), before.get(rule.key)) for rule in schedule.rules}
    return StoredSchedule(schedule=schedule, slots=slots)


def name_slots(times: tuple[str, ...], known: Slots | None) -> Slots:
    """Return a name for each time: a time that stays keeps its own, one that moved takes over one that is free."""
    known = known or Slots()
    old = dict(zip(known.times, known.keys, strict=True))
    free = [key for time, key in old.items() if time not in times]
    number, keys = known.next, []
    for time in times:
        if time in old:
            keys.append(old[time])
        elif free:
            keys.append(free.pop(0))
        else:
            keys.append(f"s{number}")
            number += 1
    return Slots(next=number, keys=tuple(keys), times=times)


def apply_schedule(session: Session, actor: str, study_id: UUID, change: ScheduleChange) -> int:
    """Put a schedule in force and return its revision; ScheduleChanged unless ``change`` is about the one in force.

    What was sent stays; what is planned follows within a minute, and before anything of it is sent.
    """
    now = clock.now()
    head = session.get(Schedule, study_id, with_for_update=True, populate_existing=True)
    if (head.revision if head else 0) != change.revision:
        raise ScheduleChanged()
    stored = stored_schedule(session, study_id, change.schedule)
    active = change.schedule.active
    if head is None:
        head = _first(session, study_id)
    began = active and not head.active
    head.revision = change.revision + 1
    head.active, head.active_since = active, now if began else head.active_since
    content = stored.model_dump(mode="json")
    session.add(
        ScheduleRevision(
            study_id=study_id, revision=head.revision, content=content, applied_at=now, applied_by=actor[:80]
        )
    )
    session.flush()
    planner.touch(session, study_id, None, now)
    detail = {"revision": head.revision, "active": active, "rules": len(change.schedule.rules)}
    record(session, Change(actor, "schedule.applied", study_id, study_id, detail))
    return head.revision


def _first(session: Session, study_id: UUID) -> Schedule:
    head = Schedule(study_id=study_id, revision=0, active=False, active_since=None)
    try:
        with session.begin_nested():
            session.add(head)
    except IntegrityError:  # on PostgreSQL another researcher applies the first one at this very moment
        raise ScheduleChanged() from None
    return head


def _out(schedule: ScheduleIn, revision: int, applied_at: datetime | None) -> ScheduleOut:
    given = {name: getattr(schedule, name) for name in ScheduleIn.model_fields}
    return ScheduleOut(**given, revision=revision, applied_at=applied_at)
