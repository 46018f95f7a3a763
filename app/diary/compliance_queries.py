"""SELECTs of who was asked and who wrote, each within one study; how many there are does not depend on how many people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.diary.compliance_grid import Mark, Marked
from app.diary.models import Entry
from app.participants.models import PERSON, AnchorEvent, Participant
from app.participants.queries import IS_PERSON
from app.prompts.models import CANCELLED, PLANNED, SENDING, SENT, SKIPPED, UNCERTAIN, Prompt, Schedule

RECENT = 8
Among = Collection[UUID] | None
"""The people that a SELECT is confined to; None: everyone of the study."""
DayTotal = tuple[date | None, date, Mark, int]
"""Anchor date, the person's calendar day, what became of prompts, and of how many."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the study."""

    id: UUID
    code: str
    time_zone: str
    attributes: Mapping[str, Any]
    enrolled_at: datetime
    withdrawn_at: datetime | None
    anchor_on: date | None


@dataclass(frozen=True, slots=True)
class Writing:
    """How much a person has written, and from when to when it happened."""

    entries: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class PersonTotal:
    """A person's prompts: how many of each mark, and until when the last one can or could be answered in time."""

    counts: Mapping[Mark, int]
    until: datetime


@dataclass(frozen=True, slots=True)
class Median:
    """The median of ``n`` lengths of time, in seconds; None where there are none."""

    seconds: float | None
    n: int


def people(session: Session, study_id: UUID, among: Among = None) -> Sequence[Person]:
    """Return people of the study, those who have left too, in the order of their codes."""
    query = select(
        Participant.id,
        Participant.code,
        Participant.time_zone,
        Participant.attributes,
        Participant.enrolled_at,
        Participant.withdrawn_at,
        AnchorEvent.on,
    ).outerjoin(
        AnchorEvent, (AnchorEvent.study_id == Participant.study_id) & (AnchorEvent.participant_id == Participant.id)
    )
    of_study = query.where(Participant.study_id == study_id, IS_PERSON, *_among(Participant.id, among))
    return [Person(*row) for row in session.execute(of_study.order_by(Participant.code))]


def held_person(session: Session, study_id: UUID, participant_id: UUID) -> Participant | None:
    """Return a person, held until the transaction ends, so that two clicks are one after the other."""
    key = (study_id, participant_id)
    found = session.get(Participant, key, with_for_update=True, populate_existing=True)
    return found if found is not None and found.kind == PERSON else None


def has_schedule(session: Session, study_id: UUID) -> bool:
    """Return whether the study plans prompts, or ever did."""
    active = select(Schedule.study_id).where(Schedule.study_id == study_id, Schedule.active)
    planned = select(Prompt.id).where(*of_schedule(study_id))
    return bool(session.scalar(select(active.exists() | planned.exists())))


def mark_column(now: datetime) -> ColumnElement[Any]:
    """Return what became of a prompt at the moment ``now``, as a Mark; NULL for one that was taken back before it went out.

    One of which nobody knows whether it arrived is ``failed`` until the person gives a sign: it is held against nobody.
    """
    gone_out = Prompt.state.in_((SENT, UNCERTAIN)) & ((Prompt.state == SENT) | Prompt.opened_at.is_not(None))
    return case(
        (Prompt.nudged_by.is_not(None), case((gone_out, Mark.NUDGED.value))),
        (Prompt.answered_at.is_not(None) & Prompt.late, Mark.LATE.value),
        (Prompt.answered_at.is_not(None), Mark.ANSWERED.value),
        (Prompt.state == CANCELLED, None),
        (Prompt.state == SKIPPED, Mark.SKIPPED.value),
        (Prompt.state.in_((PLANNED, SENDING)), Mark.PLANNED.value),
        (~gone_out, Mark.FAILED.value),
        (Prompt.expires_at <= now, Mark.MISSED.value),
        (Prompt.opened_at.is_not(None), Mark.OPENED.value),
        else_=Mark.SENT.value,
    )


def of_schedule(study_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a prompt of the schedule: no reminder of one, and none sent by hand."""
    return (*_no_reminder(study_id), Prompt.nudged_by.is_(None))


def totals_by_person(session: Session, study_id: UUID, now: datetime, among: Among = None) -> dict[UUID, PersonTotal]:
    """Return for each person with prompts how many of each mark there are, and until when the last one could be answered."""
    each = _marks(study_id, now, among).subquery()
    query = select(each.c.participant_id, each.c.mark, func.count(), func.max(each.c.expires_at))
    found: dict[UUID, PersonTotal] = {}
    for participant_id, mark, n, until in session.execute(query.group_by(each.c.participant_id, each.c.mark)):
        total = found.setdefault(participant_id, PersonTotal({}, until))
        found[participant_id] = PersonTotal({**total.counts, Mark(mark): n}, max(total.until, until))
    return found


def totals_by_day(session: Session, study_id: UUID, now: datetime, among: Among = None) -> Sequence[DayTotal]:
    """Return (anchor date, calendar day, mark, how many) over the prompts of ``among``, or of everyone."""
    each = _marks(study_id, now, among).subquery()
    event = (AnchorEvent.study_id == study_id) & (AnchorEvent.participant_id == each.c.participant_id)
    columns = (AnchorEvent.on, each.c.planned_on, each.c.mark)
    query = select(*columns, func.count()).select_from(each).outerjoin(AnchorEvent, event).group_by(*columns)
    return [(row[0], row[1], Mark(row[2]), row[3]) for row in session.execute(query)]


def marked(session: Session, study_id: UUID, now: datetime, participant_ids: Collection[UUID]) -> Sequence[Marked]:
    """Return the prompts of these people by their calendar day."""
    each = _marks(study_id, now, participant_ids).subquery()
    columns = (each.c.participant_id, each.c.planned_on, each.c.mark)
    grouped = select(*columns, func.count()).group_by(*columns)
    return [Marked(row[0], row[1], Mark(row[2]), row[3]) for row in session.execute(grouped)]


def recent_marks(session: Session, study_id: UUID, now: datetime, among: Among = None) -> dict[UUID, list[Mark]]:
    """Return for each person the marks of the latest prompts that should have reached them, the newest first."""
    mark = mark_column(now)
    place = func.row_number().over(
        partition_by=Prompt.participant_id, order_by=(Prompt.planned_at.desc(), Prompt.id.desc())
    )
    due = Prompt.state.not_in((PLANNED, SENDING, SKIPPED)) & mark.is_not(None)
    numbered = (
        select(Prompt.participant_id, mark.label("mark"), place.label("place"))
        .where(*of_schedule(study_id), due, *_among(Prompt.participant_id, among))
        .subquery()
    )
    found: dict[UUID, list[Mark]] = {}
    query = select(numbered.c.participant_id, numbered.c.mark).where(numbered.c.place <= RECENT)
    for participant_id, one in session.execute(query.order_by(numbered.c.participant_id, numbered.c.place)):
        found.setdefault(participant_id, []).append(Mark(one))
    return found


def writing(session: Session, study_id: UUID, among: Among = None) -> dict[UUID, Writing]:
    """Return for each person who wrote how much, and when the first and the last of it happened."""
    query = select(Entry.participant_id, func.count(), func.min(Entry.occurred_at), func.max(Entry.occurred_at)).where(
        Entry.study_id == study_id, *_among(Entry.participant_id, among)
    )
    return {row[0]: Writing(row[1], row[2], row[3]) for row in session.execute(query.group_by(Entry.participant_id))}


def unprompted(
    session: Session, study_id: UUID, participant_ids: Collection[UUID]
) -> Sequence[tuple[UUID, datetime, int | None]]:
    """Return (person, when it happened, day from the event) of these people's entries that answer no prompt of the schedule."""
    answers = select(Prompt.id).where(
        *of_schedule(study_id), Prompt.participant_id == Entry.participant_id, Prompt.answered_entry_id == Entry.id
    )
    query = select(Entry.participant_id, Entry.occurred_at, Entry.day).where(
        Entry.study_id == study_id, Entry.participant_id.in_(participant_ids), ~answers.exists()
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def days_written(session: Session, study_id: UUID) -> tuple[datetime, datetime, int | None, int | None] | None:
    """Return the first and the last moment of an entry, and the first and last day from the event; None without entries."""
    ends = (func.min(Entry.occurred_at), func.max(Entry.occurred_at), func.min(Entry.day), func.max(Entry.day))
    query = select(func.count(), *ends).where(Entry.study_id == study_id)
    row: Any = session.execute(query).one()
    return (row[1], row[2], row[3], row[4]) if row[0] else None


def ledger(
    session: Session, study_id: UUID, participant_id: UUID, now: datetime, most: int
) -> Sequence[tuple[Prompt, Mark | None]]:
    """Return a person's latest prompts, reminders and nudges too, with what became of each; the newest first."""
    query = select(Prompt, mark_column(now)).where(Prompt.study_id == study_id, Prompt.participant_id == participant_id)
    newest = query.order_by(Prompt.planned_at.desc(), Prompt.id.desc()).limit(most)
    return [(row[0], Mark(row[1]) if row[1] is not None else None) for row in session.execute(newest)]


def prompts(
    session: Session, study_id: UUID, now: datetime, *, after: UUID | None, limit: int
) -> Sequence[tuple[Prompt, str, Mark | None]]:
    """Return prompts with the person's code and what became of them, in the order of their ids, after ``after``."""
    person = (Participant.study_id == Prompt.study_id) & (Participant.id == Prompt.participant_id)
    query = select(Prompt, Participant.code, mark_column(now)).join(Participant, person)
    query = query.where(Prompt.study_id == study_id).order_by(Prompt.id).limit(limit)
    rows = session.execute(query if after is None else query.where(Prompt.id > after))
    return [(row[0], row[1], Mark(row[2]) if row[2] is not None else None) for row in rows]


def entries(
    session: Session, study_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[tuple[Entry, str, Prompt | None]]:
    """Return entries with the person's code and the prompt that each answers, in the order of their ids, after ``after``."""
    person = (Participant.study_id == Entry.study_id) & (Participant.id == Entry.participant_id)
    answers = (Prompt.study_id == Entry.study_id) & (Prompt.answered_entry_id == Entry.id)
    query = select(Entry, Participant.code, Prompt).join(Participant, person)
    query = query.outerjoin(Prompt, answers & (Prompt.participant_id == Entry.participant_id))
    query = query.where(Entry.study_id == study_id).order_by(Entry.id).limit(limit)
    rows = session.execute(query if after is None else query.where(Entry.id > after))
    return [(row[0], row[1], row[2]) for row in rows]


def answer_delay(session: Session, study_id: UUID, among: Among) -> Median:
    """Return the median time from sending a prompt of the schedule to its answer, late ones included."""
    conditions = (*of_schedule(study_id), Prompt.sent_at.is_not(None), Prompt.answered_at >= Prompt.sent_at)
    length = _seconds(session, Prompt.answered_at, Prompt.sent_at)
    return _median(session, select(length.label("seconds")).where(*conditions), Prompt.participant_id, among)


def recall_lag(session: Session, study_id: UUID, among: Among) -> Median:
    """Return the median time from something happening to its being written down, by the writers' own words.

    Of what was handed in for a person, such as an old diary, that is known only where it was told: otherwise
    ``recorded_at`` is the moment of arrival.
    """
    told = Entry.author.startswith("participant:") | (Entry.recorded_at < Entry.received_at)
    length = _seconds(session, Entry.recorded_at, Entry.occurred_at)
    of_study = select(length.label("seconds")).where(
        Entry.study_id == study_id, told, Entry.recorded_at >= Entry.occurred_at
    )
    return _median(session, of_study, Entry.participant_id, among)


def _marks(study_id: UUID, now: datetime, among: Among) -> Select[UUID, date, datetime, Any]:
    """Return the prompts and what became of them; without those that were taken back, and without reminders of one."""
    mark = mark_column(now)
    query = select(Prompt.participant_id, Prompt.planned_on, Prompt.expires_at, mark.label("mark"))
    return query.where(*_no_reminder(study_id), mark.is_not(None), *_among(Prompt.participant_id, among))


def _no_reminder(study_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (Prompt.study_id == study_id, Prompt.reminder_of.is_(None))


def _among(person: InstrumentedAttribute[UUID], among: Among) -> tuple[ColumnElement[bool], ...]:
    return () if among is None else (person.in_(among),)


def _seconds(
    session: Session, later: InstrumentedAttribute[Any], earlier: InstrumentedAttribute[Any]
) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "postgresql":
        return func.extract("epoch", later - earlier)
    return (func.julianday(later) - func.julianday(earlier)) * 86_400.0


def _median(session: Session, lengths: Select[Any], person: InstrumentedAttribute[UUID], among: Among) -> Median:
    every = lengths.where(*_among(person, among)).subquery()
    place = func.row_number().over(order_by=every.c.seconds)
    numbered = select(every.c.seconds, place.label("place"), func.count().over().label("n")).subquery()
    # Of an odd number the one in the middle, of an even number the two: twice their place lies within n and n + 2.
    middle = (2 * numbered.c.place >= numbered.c.n) & (2 * numbered.c.place <= numbered.c.n + 2)
    seconds, n = session.execute(select(func.avg(numbered.c.seconds), func.max(numbered.c.n)).where(middle)).one()
    return Median(None if seconds is None else float(seconds), n or 0)
