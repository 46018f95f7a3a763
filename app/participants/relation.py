"""What an organisation knows of participants beside their diaries: dated events, and outcomes.

Nothing here is written twice: the same person, day, kind and label is one event, one person has one value of a measure,
and handing in the same again changes nothing.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.ids import uuid7
from app.participants import queries, relation_queries
from app.participants.relation_errors import (
    EventKnown,
    EventRefused,
    MeasureFixed,
    MeasureUnknown,
    OutcomeRefused,
    TooManyEvents,
    TooManyMeasures,
)
from app.participants.relation_models import (
    PURCHASE,
    RELATION_EVENTS,
    OutcomeMeasure,
    ParticipantOutcome,
    RelationEvent,
)
from app.studies import queries as studies
from app.web.i18n import mark as _

MOST_EVENTS: Final = 2000
"""Events of one participant."""

MOST_MEASURES: Final = 50
MOST_GIVEN: Final = 20_000
"""Events, or values, in one call."""

LONGEST_LABEL: Final = 80
LARGEST: Final = 1e12
EARLIEST: Final = date(1950, 1, 1)


@dataclass(frozen=True, slots=True)
class EventGiven:
    """An event as it is handed in; ``id`` where the sender made one."""

    participant_id: UUID
    kind: str
    on: date
    label: str = ""
    touchpoint_id: UUID | None = None
    amount: float | None = None
    id: UUID | None = None

    @property
    def key(self) -> tuple[UUID, str, date, str]:
        """What makes it the same event."""
        return self.participant_id, self.kind, self.on, self.label


@dataclass(frozen=True, slots=True)
class MeasureGiven:
    """A measure as it is handed in."""

    key: str
    name: str
    kind: str = "number"
    unit: str = ""
    better: str = "higher"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the rows of a call: new, changed, and there already just so."""

    stored: int = 0
    changed: int = 0
    present: int = 0


def problems_of(given: EventGiven, today: date) -> list[FieldError]:
    """Return what is wrong with an event by itself; ``today`` is the study's, and one day more is let pass for other zones."""
    found = []
    if given.kind not in RELATION_EVENTS:
        found.append(FieldError("kind", _("请写到访、购买、推荐、投诉、评价、联系或离开")))
    if given.on < EARLIEST or (given.on - today).days > 1:
        found.append(FieldError("on", _("日期不能在今天以后，也不能早于 1950 年")))
    if len(given.label) > LONGEST_LABEL:
        found.append(FieldError("label", _("名称最多 80 个字")))
    if given.amount is not None and given.kind != PURCHASE:
        found.append(FieldError("amount", _("只有购买才写金额")))
    elif given.amount is not None and not 0 <= given.amount <= LARGEST:
        found.append(FieldError("amount", _("请写一个不小于 0 的数")))
    return found


def record_events(session: Session, actor: str, study_id: UUID, given: Sequence[EventGiven]) -> Recorded:
    """Store events of people of the study; one that is known already takes the amount and touchpoint that are given now.

    EventRefused, naming each by its place (``0.kind``), and nothing is stored; TooManyEvents.
    """
    if len(given) > MOST_GIVEN:
        raise TooManyEvents()
    _check_events(session, study_id, given)
    known = _known(session, study_id, given)
    counts: Counter[str] = Counter()
    for one in given:
        held = known.get(one.key)
        if held is None:
            known[one.key] = _add(session, actor, study_id, one)
            counts["stored"] += 1
        elif (held.amount, held.touchpoint_id) == (one.amount, one.touchpoint_id):
            counts["present"] += 1
        else:
            held.amount, held.touchpoint_id = one.amount, one.touchpoint_id
            held.recorded_at, held.recorded_by = clock.now(), actor
            counts["changed"] += 1
    session.flush()
    _check_room(session, study_id, given)
    done = Recorded(**counts)
    if done.stored or done.changed:
        detail = {"stored": done.stored, "changed": done.changed}
        record(session, Change(actor, "relation.events_recorded", study_id, detail=detail))
    return done


def add_event(session: Session, actor: str, study_id: UUID, given: EventGiven) -> tuple[RelationEvent, bool]:
    """Store one event under the sender's id; returns it, and whether it is new.

    EventKnown where the id bears another event, or this event another id; else what record_events raises.
    """
    _check_events(session, study_id, [given])
    held = relation_queries.event(session, study_id, given.id) if given.id else None
    same = _known(session, study_id, [given]).get(given.key)
    if held is None and same is None:
        new = _add(session, actor, study_id, given)
        session.flush()
        _check_room(session, study_id, [given])
        record(session, Change(actor, "relation.event_added", study_id, given.participant_id, {"kind": given.kind}))
        return new, True
    if held is None or held is not same or (held.amount, held.touchpoint_id) != (given.amount, given.touchpoint_id):
        raise EventKnown()
    return held, False


def remove_event(session: Session, actor: str, study_id: UUID, event_id: UUID) -> None:
    """Take an event out; one that is gone already stays gone."""
    held = relation_queries.event(session, study_id, event_id)
    if held is not None:
        record(session, Change(actor, "relation.event_removed", study_id, held.participant_id, {"kind": held.kind}))
        session.delete(held)
        session.flush()


def define_measure(session: Session, actor: str, study_id: UUID, given: MeasureGiven) -> OutcomeMeasure:
    """Return the measure of this key, made or changed to what is given. MeasureFixed, TooManyMeasures."""
    held = session.get(OutcomeMeasure, (study_id, given.key))
    if held is None:
        if len(relation_queries.measures(session, study_id)) >= MOST_MEASURES:
            raise TooManyMeasures()
        held = OutcomeMeasure(study_id=study_id, key=given.key, created_at=clock.now())
        session.add(held)
    elif held.kind != given.kind and relation_queries.has_values(session, study_id, given.key):
        raise MeasureFixed()
    elif (held.name, held.kind, held.unit, held.better) == (given.name, given.kind, given.unit, given.better):
        return held
    held.name, held.kind, held.unit, held.better = given.name, given.kind, given.unit, given.better
    session.flush()
    record(session, Change(actor, "outcome.defined", study_id, detail={"measure": given.key, "kind": given.kind}))
    return held


def set_outcomes(
    session: Session, actor: str, study_id: UUID, measure: str, values: Mapping[UUID, float | None]
) -> Recorded:
    """Give people their value of ``measure``; None takes it back. MeasureUnknown; OutcomeRefused, and nothing is stored."""
    found = session.get(OutcomeMeasure, (study_id, measure))
    if found is None:
        raise MeasureUnknown(key=measure)
    if len(values) > MOST_GIVEN:
        raise OutcomeRefused(fields=[FieldError("values", _("一次最多 20000 个"))])
    queries.held_study(session, study_id)
    people = _of_study(session, study_id)
    wrong = [
        FieldError(str(person), words)
        for person, value in values.items()
        if (words := _of_person(people, person) or ("" if value is None else objection(found.kind, value)))
    ]
    if wrong:
        raise OutcomeRefused(fields=wrong[:50])
    counts = _put(session, actor, study_id, measure, values)
    if counts.stored or counts.changed:
        detail = {"measure": measure, "stored": counts.stored, "changed": counts.changed}
        record(session, Change(actor, "outcome.values_set", study_id, detail=detail))
    return counts


def objection(kind: str, value: float) -> str:
    """Return what is wrong with a value of a measure of this kind; empty if nothing is."""
    if kind == "yes_no":
        return "" if value in (0, 1) else _("请写是或否")
    return "" if math.isfinite(value) and abs(value) <= LARGEST else _("请写一个数")


def _put(session: Session, actor: str, study_id: UUID, measure: str, values: Mapping[UUID, float | None]) -> Recorded:
    held = relation_queries.outcomes_held(session, study_id, measure)
    now = clock.now()
    counts: Counter[str] = Counter()
    for person, value in values.items():
        row = held.get(person)
        if value is None and row is not None:
            session.delete(row)
            counts["changed"] += 1
        elif value is None or (row is not None and row.value == value):
            counts["present"] += 1
        elif row is None:
            kept = {"value": value, "recorded_at": now, "recorded_by": actor}
            session.add(ParticipantOutcome(study_id=study_id, participant_id=person, measure=measure, **kept))
            counts["stored"] += 1
        else:
            row.value, row.recorded_at, row.recorded_by = value, now, actor
            counts["changed"] += 1
    session.flush()
    return Recorded(**counts)


def _of_study(session: Session, study_id: UUID) -> dict[UUID, bool]:
    """Return of everybody in the study whether they have left it."""
    return dict(relation_queries.people(session, study_id).values())


def _of_person(people: Mapping[UUID, bool], person: UUID) -> str:
    """Return why nothing more may be recorded of the person; empty if it may."""
    if person not in people:
        return _("研究里没有这个人")
    return _("这个人已经退出研究，不再记新的事") if people[person] else ""


def _check_events(session: Session, study_id: UUID, given: Sequence[EventGiven]) -> None:
    protocol = studies.protocol(session, study_id)
    today = clock.local_date(clock.now(), protocol.study.time_zone)
    queries.held_study(session, study_id)
    people = _of_study(session, study_id)
    touchpoints = {one.id for one in protocol.touchpoints}
    wrong: list[FieldError] = []
    for place, one in enumerate(given):
        found = problems_of(one, today)
        if words := _of_person(people, one.participant_id):
            found.append(FieldError("participant", words))
        if one.touchpoint_id is not None and one.touchpoint_id not in touchpoints:
            found.append(FieldError("touchpoint", _("没有这个触点")))
        wrong += [FieldError(f"{place}.{problem.field}", problem.message, problem.code) for problem in found]
    if wrong:
        raise EventRefused(fields=wrong[:50])


def _known(
    session: Session, study_id: UUID, given: Sequence[EventGiven]
) -> dict[tuple[UUID, str, date, str], RelationEvent]:
    rows = relation_queries.events_of(session, study_id, sorted({one.participant_id for one in given}))
    return {(row.participant_id, row.kind, row.on, row.label): row for row in rows}


def _add(session: Session, actor: str, study_id: UUID, given: EventGiven) -> RelationEvent:
    new = RelationEvent(
        study_id=study_id,
        id=given.id or uuid7(),
        participant_id=given.participant_id,
        kind=given.kind,
        on=given.on,
        label=given.label,
        touchpoint_id=given.touchpoint_id,
        amount=given.amount,
        recorded_at=clock.now(),
        recorded_by=actor,
    )
    session.add(new)
    return new


def _check_room(session: Session, study_id: UUID, given: Sequence[EventGiven]) -> None:
    counts = relation_queries.count_events(session, study_id, sorted({one.participant_id for one in given}))
    if any(n > MOST_EVENTS for n in counts.values()):
        raise TooManyEvents()


def person_of(session: Session, study_id: UUID, code: str) -> UUID:
    """Return the id of the person with this code; NotFound."""
    found = queries.by_code(session, study_id, code)
    if found is None:
        raise NotFound()
    return found.id
