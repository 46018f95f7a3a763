"""What people and staff decide about one person's prompts: zone, quiet hours, pauses, events, a prompt by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.core.ids import uuid7
from app.participants import consents as consenting
from app.participants import queries as participants
from app.participants import service as people
from app.participants.models import Participant
from app.prompts import ledger_queries, planner, queries
from app.prompts.errors import CannotNudge, EventChanged, NudgedAlready
from app.prompts.localtime import quiet_until, zone_of
from app.prompts.models import PLANNED, LifeEvent, Prompt, PromptPause, PromptPreference
from app.prompts.planner import EMPTY, local_place
from app.prompts.planning import is_paused, quiet_hours
from app.prompts.schemas import LifeEventIn, Quiet
from app.studies.retention import is_over
from app.studies.schemas import known_zone
from app.web.i18n import mark as _

NUDGE_LASTS = timedelta(hours=24)
NUDGE_AGAIN = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=366)
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class OwnReminders:
    """What holds for one person's prompts: their zone and quiet hours, the pause they are in, and the next prompt."""

    zone: str
    quiet: Quiet | None
    study_quiet: Quiet | None
    paused_from: datetime | None
    paused_until: datetime | None
    paused: bool
    next_at: datetime | None
    running: bool


def replan(session: Session, study_id: UUID, participant_id: UUID) -> None:
    """Say that a person's anchor date, zone or anything else that their plan is made from has changed."""
    planner.touch(session, study_id, [participant_id], clock.now())


def set_zone(session: Session, actor: str, participant: Participant, zone: str) -> bool:
    """Set the person's time zone from now on, and have what is planned follow them; returns whether it changed.

    Days of what they wrote before stay as they were. Invalid for what is no zone.
    """
    try:
        known_zone(zone)
    except ValueError:
        raise Invalid(fields=[FieldError("time_zone", _("请填时区名，例如 Asia/Shanghai"))]) from None
    changed = people.set_zone(session, actor, participant, zone)
    if changed:
        replan(session, participant.study_id, participant.id)
    return changed


def set_quiet(session: Session, actor: str, study_id: UUID, participant_id: UUID, quiet: Quiet | None) -> None:
    """Set or clear a person's own quiet hours; together with the study's, the stricter wins."""
    own = queries.preference(session, study_id, participant_id)
    if own is None:
        own = PromptPreference(study_id=study_id, participant_id=participant_id)
        session.add(own)
    own.quiet_from, own.quiet_to = (quiet.start, quiet.end) if quiet else (None, None)
    session.flush()
    replan(session, study_id, participant_id)
    record(session, Change(actor, "prompts.quiet_set", study_id, participant_id, {"set": quiet is not None}))


def pause(session: Session, actor: str, study_id: UUID, participant_id: UUID, until: datetime | None) -> None:
    """Send the person nothing from now until ``until``, or until it is ended; in the place of a pause that runs."""
    now = clock.now()
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        raise Invalid(fields=[FieldError("until", _("请选一个以后的日期，最多一年"))])
    _end_pauses(session, study_id, participant_id, now)
    session.add(
        PromptPause(study_id=study_id, participant_id=participant_id, from_at=now, until_at=until, made_by=actor[:80])
    )
    session.flush()
    replan(session, study_id, participant_id)
    detail = {"until": until and until.isoformat()}
    record(session, Change(actor, "prompts.paused", study_id, participant_id, detail))


def resume(session: Session, actor: str, study_id: UUID, participant_id: UUID) -> bool:
    """End the person's pause; returns whether there was one."""
    if not _end_pauses(session, study_id, participant_id, clock.now()):
        return False
    replan(session, study_id, participant_id)
    record(session, Change(actor, "prompts.resumed", study_id, participant_id))
    return True


def own_reminders(session: Session, participant: Participant) -> OwnReminders:
    """Return what holds for the person's prompts at this moment."""
    study_id, now = participant.study_id, clock.now()
    force = queries.in_force(session, study_id)
    own = queries.preference(session, study_id, participant.id)
    quiet = Quiet(start=own.quiet_from, end=own.quiet_to) if own and own.quiet_from and own.quiet_to else None
    pauses = queries.pauses_of(session, study_id, [participant.id]).get(participant.id, [])
    current = next((one for one in pauses if one.until_at is None or one.until_at > now), None)
    coming = ledger_queries.next_planned(session, study_id, participant.id)
    return OwnReminders(
        zone=participant.time_zone,
        quiet=quiet,
        study_quiet=force.stored.schedule.quiet if force else None,
        paused_from=current.from_at if current else None,
        paused_until=current.until_at if current else None,
        paused=current is not None,
        next_at=coming.due_at if coming else None,
        running=force is not None and force.stored.schedule.active,
    )


def record_event(
    session: Session, actor: str, study_id: UUID, participant_id: UUID, given: LifeEventIn
) -> tuple[LifeEvent, bool]:
    """Keep an event that rules may wait for; returns it and whether it is new. The same id again changes nothing.

    Invalid for a kind that the schedule does not name, or a moment beyond a year ago or ahead; EventChanged when the id
    is another event's.
    """
    now = clock.now()
    known = queries.life_event(session, study_id, given.id) if given.id else None
    if known is not None:
        if (known.participant_id, known.kind, known.at) != (participant_id, given.kind, given.at):
            raise EventChanged()
        return known, False
    _check_event(session, study_id, given, now)
    event = LifeEvent(
        study_id=study_id,
        id=given.id or uuid7(),
        participant_id=participant_id,
        kind=given.kind,
        at=given.at,
        recorded_at=now,
        recorded_by=actor[:80],
    )
    session.add(event)
    session.flush()
    replan(session, study_id, participant_id)
    record(session, Change(actor, "life_event.recorded", study_id, participant_id, {"kind": given.kind}))
    return event, True


def remove_event(session: Session, actor: str, study_id: UUID, participant_id: UUID, event_id: UUID) -> None:
    """Take back an event that was recorded by mistake; what was sent for it stays. NotFound if there is none."""
    event = queries.life_event(session, study_id, event_id)
    if event is None or event.participant_id != participant_id:
        raise NotFound()
    session.delete(event)
    session.flush()
    replan(session, study_id, participant_id)
    record(session, Change(actor, "life_event.removed", study_id, participant_id, {"kind": event.kind}))


def nudge(session: Session, actor: str, study_id: UUID, participant_id: UUID, words: str = "") -> Prompt:
    """Put a prompt by hand into the ledger and return it: due at once, or when the quiet hours end.

    CannotNudge for those who get no prompts, NudgedAlready within an hour of the last one.
    """
    now = clock.now()
    person = _addressed(session, study_id, participant_id, words)
    at = _nudge_at(session, person, now)
    latest = ledger_queries.latest_nudge(session, study_id, participant_id)
    if latest is not None and now - latest < NUDGE_AGAIN:
        raise NudgedAlready()
    prompt = _by_hand(session, actor, person, words, ledger_queries.NUDGE, wanted_at=now, at=at)
    record(session, Change(actor, "prompts.nudged", study_id, participant_id, {"prompt": str(prompt.id)}))
    return prompt


def ask_later(
    session: Session, actor: str, study_id: UUID, participant_id: UUID, at: datetime, words: str = ""
) -> Prompt:
    """Put a prompt by hand into the ledger that is due at ``at``, or when the quiet hours then end, and return it.

    CannotNudge for those who would get no prompts then.
    """
    person = _addressed(session, study_id, participant_id, words)
    prompt = _by_hand(
        session, actor, person, words, ledger_queries.ASKED, wanted_at=at, at=_nudge_at(session, person, at)
    )
    record(session, Change(actor, "prompts.asked_later", study_id, participant_id, {"prompt": str(prompt.id)}))
    return prompt


def _addressed(session: Session, study_id: UUID, participant_id: UUID, words: str) -> Participant:
    person = participants.by_id(session, study_id, participant_id)
    if person is None:
        raise NotFound()
    if len(words) > MOST_WORDS:
        raise Invalid(fields=[FieldError("words", _("太长了，请缩短到 200 字以内"))])
    return person


def _by_hand(
    session: Session, actor: str, person: Participant, words: str, occasion: str, *, wanted_at: datetime, at: datetime
) -> Prompt:
    """Store a prompt that no rule asks for, planned at ``at``."""
    prompt_id, now = uuid7(), clock.now()
    anchor_on = participants.anchor_of(session, person.study_id, person.id)
    given: dict[str, Any] = {**EMPTY, "nudged_by": actor[:80], "words": words.strip() or None}
    given |= {"id": prompt_id, "occasion": f"{occasion}{prompt_id}", "rule_key": None, "revision": 0, "state": PLANNED}
    given |= {"wanted_at": wanted_at, "planned_at": at, "due_at": at, "expires_at": at + NUDGE_LASTS, "created_at": now}
    prompt = Prompt(
        study_id=person.study_id,
        participant_id=person.id,
        apart_minutes=0,
        remind_minutes=None,
        reason=None,
        **given,
        **local_place(at, person.time_zone, anchor_on),
    )
    session.add(prompt)
    session.flush()
    return prompt


def _nudge_at(session: Session, person: Participant, now: datetime) -> datetime:
    """Return when a prompt by hand may go out; CannotNudge if not at all."""
    study = queries.study(session, person.study_id)
    force = queries.in_force(session, person.study_id)
    facts = queries.facts(session, person.study_id, [person.id], force.revision if force else 0)[person.id]
    consented = consenting.consent_state(session, person).suffices(on_phone=False)
    if person.withdrawn_at or is_over(study, now) or not consented or is_paused(facts.person, now):
        raise CannotNudge()
    own = (facts.person.quiet,) if facts.person.quiet else ()
    hours = quiet_hours(force.stored, facts.person) if force else own
    at, zone = now, zone_of(person.time_zone)
    while hours and (until := quiet_until(at, hours, zone)):
        at = until
        if at >= now + NUDGE_LASTS:
            raise CannotNudge()
    return at


def _check_event(session: Session, study_id: UUID, given: LifeEventIn, now: datetime) -> None:
    force = queries.in_force(session, study_id)
    kinds = {event.key for event in force.stored.schedule.events} if force else set()
    wrong = []
    if given.kind not in kinds:
        wrong.append(FieldError("kind", _("日程里没有这种事件；请先在日程设置里加上"), "unknown_event"))
    if not now - LONGEST_PAUSE <= given.at <= now + LONGEST_PAUSE:
        wrong.append(FieldError("at", _("请填一年以内的时间")))
    if wrong:
        raise Invalid(fields=wrong)


def _end_pauses(session: Session, study_id: UUID, participant_id: UUID, now: datetime) -> bool:
    running = [
        one
        for one in queries.pauses_of(session, study_id, [participant_id]).get(participant_id, [])
        if one.until_at is None or one.until_at > now
    ]
    for one in running:
        one.until_at = now
    session.flush()
    return bool(running)
