"""SELECTs of schedules, of the ledger, and of what plans depend on."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.participants.models import AnchorEvent, Consent, Participant, ParticipantZone
from app.participants.queries import IS_PERSON
from app.prompts.ledger_queries import IS_PLANNED
from app.prompts.localtime import QuietHours
from app.prompts.models import (
    LifeEvent,
    Prompt,
    PromptPause,
    PromptPlan,
    PromptPreference,
    Schedule,
    ScheduleRevision,
)
from app.prompts.planning import OPEN, Row
from app.prompts.rules import Happened, Person
from app.prompts.schemas import StoredSchedule, minutes_of
from app.studies.models import Study
from app.studies.retention import is_over

MOST_KEPT = 200
_kept: dict[tuple[UUID, int, datetime], StoredSchedule] = {}

NEAR = timedelta(days=1)
"""No rule asks for more distance."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A study's schedule in force, and the study."""

    study: Study
    stored: StoredSchedule
    revision: int
    active_since: datetime | None
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan is made from, for one person; ``basis`` changes with any of it."""

    person: Person
    withdrawn_at: datetime | None
    basis: str


def in_force(session: Session, study_id: UUID) -> InForce | None:
    """Return the schedule that was applied last, running or not; None if there never was one."""
    query = (
        select(Study, Schedule, ScheduleRevision.applied_at)
        .join(Schedule, Schedule.study_id == Study.id)
        .join(
            ScheduleRevision,
            (ScheduleRevision.study_id == Study.id) & (ScheduleRevision.revision == Schedule.revision),
        )
        .where(Study.id == study_id)
        .execution_options(populate_existing=True)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    study, schedule, applied_at = row
    stored = _stored(session, study_id, schedule.revision, applied_at)
    return InForce(study, stored, schedule.revision, schedule.active_since, applied_at)


def _stored(session: Session, study_id: UUID, revision: int, applied_at: datetime) -> StoredSchedule:
    """Return a revision's schedule. A revision never changes, so that a process reads it once."""
    key = (study_id, revision, applied_at)
    if key not in _kept:
        query = select(ScheduleRevision.content).where(
            ScheduleRevision.study_id == study_id, ScheduleRevision.revision == revision
        )
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = StoredSchedule.model_validate(session.scalars(query).one())
    return _kept[key]


def revisions(session: Session, study_id: UUID, most: int = 20) -> Sequence[ScheduleRevision]:
    """Return the latest revisions of a study's schedule, the newest first."""
    query = select(ScheduleRevision).where(ScheduleRevision.study_id == study_id)
    return session.scalars(query.order_by(ScheduleRevision.revision.desc()).limit(most)).all()


def scheduled_studies(session: Session, at: datetime) -> dict[UUID, bool]:
    """Return the studies that have a schedule and are not over at ``at``, and whether it is switched on."""
    query = select(Study, Schedule.active).join(Schedule, Schedule.study_id == Study.id).order_by(Study.id)
    return {study.id: active for study, active in session.execute(query) if not is_over(study, at)}


def to_plan(session: Session, study_id: UUID, at: datetime, most: int) -> Sequence[UUID]:
    """Return up to ``most`` people whose plan is due by ``at``."""
    query = select(PromptPlan.participant_id).where(PromptPlan.study_id == study_id, PromptPlan.next_at <= at)
    return session.scalars(query.order_by(PromptPlan.next_at).limit(most)).all()


def newcomers(session: Session, study_id: UUID, most: int) -> Sequence[UUID]:
    """Return up to ``most`` people of the study who have no plan yet. It looks at everyone."""
    planned = exists().where(PromptPlan.study_id == Participant.study_id, PromptPlan.participant_id == Participant.id)
    new = select(Participant.id).where(Participant.study_id == study_id, ~planned, Participant.withdrawn_at.is_(None))
    return session.scalars(new.where(IS_PERSON).order_by(Participant.id).limit(most)).all()


def plans(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, PromptPlan]:
    """Return how far these people are planned."""
    query = select(PromptPlan).where(PromptPlan.study_id == study_id, PromptPlan.participant_id.in_(ids))
    return {plan.participant_id: plan for plan in session.scalars(query.execution_options(populate_existing=True))}


def held_plans(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, PromptPlan]:
    """Return the plans of these people that nobody else is at, held until the transaction ends."""
    query = select(PromptPlan).where(PromptPlan.study_id == study_id, PromptPlan.participant_id.in_(ids))
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return {plan.participant_id: plan for plan in session.scalars(query)}


def facts(session: Session, study_id: UUID, ids: Collection[UUID], revision: int) -> dict[UUID, Facts]:
    """Return what the plans of these people are made from."""
    people = (
        select(
            Participant.id,
            Participant.time_zone,
            Participant.enrolled_at,
            Participant.withdrawn_at,
            AnchorEvent.on,
        )
        .outerjoin(
            AnchorEvent,
            (AnchorEvent.study_id == Participant.study_id) & (AnchorEvent.participant_id == Participant.id),
        )
        .where(Participant.study_id == study_id, Participant.id.in_(ids))
    )
    first_zones, quiet = _first_zones(session, study_id, ids), _own_quiet(session, study_id, ids)
    pauses, events = pauses_of(session, study_id, ids), events_of(session, study_id, ids)
    found = {}
    for one, zone, enrolled_at, withdrawn_at, anchor_on in session.execute(people):
        first = first_zones.get(one, zone)
        person = Person(
            id=one,
            zone=zone,
            enrolled_at=enrolled_at,
            enrolled_on=clock.local_date(enrolled_at, first),
            enrolled_zone=first,
            anchor_on=anchor_on,
            quiet=quiet.get(one),
            pauses=tuple((pause.from_at, pause.until_at) for pause in pauses.get(one, ())),
            events=tuple(events.get(one, ())),
        )
        found[one] = Facts(person, withdrawn_at, _basis(person, revision))
    return found


def _basis(person: Person, revision: int) -> str:
    parts = (
        revision,
        person.zone,
        person.enrolled_on,
        person.anchor_on,
        person.quiet,
        person.pauses,
        [(event.id.hex, event.at) for event in person.events],
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _first_zones(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(ParticipantZone.participant_id, ParticipantZone.time_zone)
    query = query.where(ParticipantZone.study_id == study_id, ParticipantZone.participant_id.in_(ids))
    first: dict[UUID, str] = {}
    for one, zone in session.execute(query.order_by(ParticipantZone.since)):
        first.setdefault(one, zone)
    return first


def _own_quiet(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, QuietHours]:
    query = select(PromptPreference.participant_id, PromptPreference.quiet_from, PromptPreference.quiet_to)
    query = query.where(PromptPreference.study_id == study_id, PromptPreference.participant_id.in_(ids))
    return {
        one: QuietHours(minutes_of(start), minutes_of(end))
        for one, start, end in session.execute(query)
        if start and end
    }


def preference(session: Session, study_id: UUID, participant_id: UUID) -> PromptPreference | None:
    """Return a person's own quiet hours, where they have set any."""
    return session.get(PromptPreference, (study_id, participant_id), populate_existing=True)


def pauses_of(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, list[PromptPause]]:
    """Return the pauses of these people, the earliest first."""
    query = select(PromptPause).where(PromptPause.study_id == study_id, PromptPause.participant_id.in_(ids))
    query = query.order_by(PromptPause.from_at, PromptPause.id).execution_options(populate_existing=True)
    found: dict[UUID, list[PromptPause]] = {}
    for pause in session.scalars(query):
        found.setdefault(pause.participant_id, []).append(pause)
    return found


def events_of(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, list[Happened]]:
    """Return the events of these people, the earliest first."""
    query = select(LifeEvent).where(LifeEvent.study_id == study_id, LifeEvent.participant_id.in_(ids))
    found: dict[UUID, list[Happened]] = {}
    for event in session.scalars(query.order_by(LifeEvent.at, LifeEvent.id)):
        happened = Happened(event.id, event.kind, event.at, event.recorded_at)
        found.setdefault(event.participant_id, []).append(happened)
    return found


def life_event(session: Session, study_id: UUID, event_id: UUID) -> LifeEvent | None:
    """Return one event of the study."""
    return session.get(LifeEvent, (study_id, event_id))


_ROW = (
    Prompt.participant_id,
    Prompt.id,
    Prompt.rule_key,
    Prompt.occasion,
    Prompt.wanted_at,
    Prompt.planned_at,
    Prompt.expires_at,
    Prompt.apart_minutes,
    Prompt.remind_minutes,
    Prompt.state,
    Prompt.reason,
)


def rows_of(
    session: Session, study_id: UUID, ids: Collection[UUID], since: datetime, *, all_open: bool
) -> dict[UUID, list[Row]]:
    """Return what the ledger holds of these people's rules from a day before ``since`` on, and ``all_open`` rows."""
    query = select(*_ROW).where(Prompt.study_id == study_id, Prompt.participant_id.in_(ids))
    query = query.where(Prompt.rule_key.is_not(None), Prompt.reminder_of.is_(None))
    recent = Prompt.planned_at >= since - NEAR
    query = query.where(or_(recent, Prompt.state.in_(OPEN)) if all_open else recent)
    found: dict[UUID, list[Row]] = {}
    for one, *columns in session.execute(query):
        found.setdefault(one, []).append(Row(*columns))
    return found


def study(session: Session, study_id: UUID) -> Study:
    """Return the study as it stands."""
    return session.scalars(select(Study).where(Study.id == study_id).execution_options(populate_existing=True)).one()


def agreements(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Return the purposes that each of these people has agreed to and not taken back; all that may be sent rests on it.

    Nothing is locked: what a sender is about to send is looked at once more when it begins.
    """
    query = select(Consent.participant_id, Consent.purpose).where(
        Consent.study_id == study_id, Consent.participant_id.in_(ids), Consent.withdrawn_at.is_(None)
    )
    agreed: dict[UUID, set[str]] = {one: set() for one in ids}
    for one, purpose in session.execute(query):
        agreed[one].add(purpose)
    return agreed


def studies_with_leavers(session: Session) -> Sequence[UUID]:
    """Return the studies in which something is planned for people who have left."""
    query = select(Prompt.study_id).join(
        Participant, (Participant.study_id == Prompt.study_id) & (Participant.id == Prompt.participant_id)
    )
    return session.scalars(query.where(IS_PLANNED, Participant.withdrawn_at.is_not(None)).distinct()).all()


def life_events(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[LifeEvent]:
    """Return the events of one person, the earliest first."""
    query = select(LifeEvent).where(LifeEvent.study_id == study_id, LifeEvent.participant_id == participant_id)
    return session.scalars(query.order_by(LifeEvent.at, LifeEvent.id)).all()
