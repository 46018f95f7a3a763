"""The schedule in a study's settings, and what staff decide about one person's prompts."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, FieldError, Invalid
from app.participants.models import Participant
from app.participants.presentation import find_person
from app.prompts import ledger_queries, posted, queries, service
from app.prompts.difference import difference
from app.prompts.localtime import zone_of
from app.prompts.outcomes import outcome_of
from app.prompts.schemas import LifeEventIn, Quiet, ScheduleChange, ScheduleIn, ScheduleOut
from app.prompts.words import KINDS, WEEKDAYS, sentence
from app.studies.access import ANYONE, RESEARCHERS, TEXT_READERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Reader = Annotated[StudyAccess, Depends(InStudy(*ANYONE))]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MayLook = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
DONE = {
    "paused": _("暂停了，这段时间不会发提醒。"),
    "resumed": _("恢复了，会接着提醒。"),
    "quiet": _("安静时段改好了。"),
    "event": _("记下了，等着它的提醒会跟着排上。"),
    "removed": _("那件事删去了；已经发出的提醒不会收回。"),
    "nudged": _("提醒排上了，马上就发；在安静时段里就等到安静结束。"),
}
SHOWN = 60


@router.get("/studies/{slug}/settings/schedule")
def schedule_page(
    request: Request, access: Reader, add: Annotated[str, Query(max_length=20)] = "", saved: str = ""
) -> Response:
    with request.app.state.database.read() as session:
        schedule = service.schedule_of(session, access.study)
    values = posted.schedule_values(schedule)
    values |= {f"{posted.NEW}.kind": add, f"{posted.NEW}.expires": "6"} if add in KINDS else {}
    return _schedule_page(request, access, schedule, FormState(values), adding=add if add in KINDS else "")


@router.post("/studies/{slug}/settings/schedule/preview")
def preview(request: Request, access: Editor, form: Posted) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        current = service.schedule_of(session, access.study)
        try:
            wanted = posted.posted_schedule(form, _base(form, current))
        except Invalid as error:
            adding = str(form.get(f"{posted.NEW}.kind", ""))
            return _schedule_page(request, access, current, refused(form, error), adding=adding, status=error.status)
        found = difference(session, access.study.id, wanted)
    return _preview_page(request, access, current, wanted, found)


@router.post("/studies/{slug}/settings/schedule")
def apply_schedule(request: Request, access: Editor, form: Posted) -> Response:
    given = values_of(form)
    current_language.set(choose_language(request))
    try:
        revision = int(given.get("revision", "")) if given.get("revision", "").isdecimal() else 0
        wanted = ScheduleIn.model_validate_json(given.get("schedule", ""))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            change = ScheduleChange(revision=revision, schedule=wanted)
            service.apply_schedule(session, still.actor.label, still.study.id, change)
    except (ValidationError, AppError) as error:
        refusal = error if isinstance(error, AppError) else Invalid()
        with request.app.state.database.read() as session:
            current = service.schedule_of(session, access.study)
        state = FormState(posted.schedule_values(current), {"": translate(refusal.remedy)}, translate(refusal.title))
        return _schedule_page(request, access, current, state, status=refusal.status)
    return RedirectResponse(f"/studies/{access.study.slug}/settings/schedule?saved=1", 303)


@router.get("/studies/{slug}/participants/{participant_id}/prompts")
def person_prompts(
    request: Request, access: MayLook, participant_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _person_page(request, access, participant_id, done=DONE.get(done))


@router.post("/studies/{slug}/participants/{participant_id}/prompts/pause")
def pause(request: Request, access: Editor, participant_id: UUID, form: Posted) -> Response:
    def act(session: Session, person: Participant) -> str:
        if form.get("resume"):
            service.resume(session, access.actor.label, access.study.id, person.id)
            return "resumed"
        service.pause(session, access.actor.label, access.study.id, person.id, _end_of_day(form, person.time_zone))
        return "paused"

    return _acted(request, access, participant_id, act)


@router.post("/studies/{slug}/participants/{participant_id}/prompts/quiet")
def quiet(request: Request, access: Editor, participant_id: UUID, form: Posted) -> Response:
    def act(session: Session, person: Participant) -> str:
        service.set_quiet(session, access.actor.label, access.study.id, person.id, read_quiet(form))
        return "quiet"

    return _acted(request, access, participant_id, act)


@router.post("/studies/{slug}/participants/{participant_id}/prompts/events")
def event(request: Request, access: Editor, participant_id: UUID, form: Posted) -> Response:
    def act(session: Session, person: Participant) -> str:
        given = LifeEventIn(kind=str(form.get("kind", "")), at=_local_moment(form, person.time_zone))
        service.record_event(session, access.actor.label, access.study.id, person.id, given)
        return "event"

    return _acted(request, access, participant_id, act)


@router.post("/studies/{slug}/participants/{participant_id}/prompts/events/{event_id}/remove")
def remove_event(request: Request, access: Editor, participant_id: UUID, event_id: UUID) -> Response:
    def act(session: Session, person: Participant) -> str:
        service.remove_event(session, access.actor.label, access.study.id, person.id, event_id)
        return "removed"

    return _acted(request, access, participant_id, act)


@router.post("/studies/{slug}/participants/{participant_id}/prompts/nudge")
def nudge(request: Request, access: Editor, participant_id: UUID, form: Posted) -> Response:
    def act(session: Session, person: Participant) -> str:
        service.nudge(session, access.actor.label, access.study.id, person.id, str(form.get("words", "")))
        return "nudged"

    return _acted(request, access, participant_id, act)


def read_quiet(form: Posted) -> Quiet | None:
    """Return the quiet hours that a form gives in ``start`` and ``end``; None for both empty. Invalid otherwise."""
    start, end = str(form.get("start", "")).strip(), str(form.get("end", "")).strip()
    if not start and not end:
        return None
    try:
        return Quiet(start=start, end=end)
    except ValidationError:
        raise Invalid(fields=[FieldError("end", _("从几点到几点都要填，而且不能一样，例如 22:00 到 08:00"))]) from None


def _acted(
    request: Request, access: StudyAccess, participant_id: UUID, act: Callable[[Session, Participant], str]
) -> Response:
    current_language.set(choose_language(request))
    try:
        with request.app.state.database.write() as session:
            confirm(session, access, RESEARCHERS)
            done = act(session, find_person(session, access, participant_id))
    except ValidationError:
        return _person_page(request, access, participant_id, wrong=translate(_("请检查填的日期和时间。")), status=422)
    except AppError as error:
        if error.status == 404:
            raise
        words = translate(error.fields[0].message if error.fields else error.remedy)
        wrong = words if error.fields else f"{translate(error.title)}{translate(_('。'))}{words}"
        return _person_page(request, access, participant_id, wrong=wrong, status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/participants/{participant_id}/prompts?done={done}", 303)


def _end_of_day(form: Posted, zone: str) -> datetime | None:
    text = str(form.get("until", "")).strip()
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        raise Invalid(fields=[FieldError("until", _("请选一个以后的日期，最多一年"))]) from None
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone_of(zone))


def _local_moment(form: Posted, zone: str) -> datetime:
    text = str(form.get("at", "")).strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)) if text else clock.now()
    except ValueError:
        raise Invalid(fields=[FieldError("at", _("请检查填的日期和时间。"))]) from None


def _base(form: Posted, current: ScheduleOut) -> ScheduleIn:
    # The form was made from the schedule of this revision; a newer one is told when it is put in force.
    return ScheduleIn.model_validate(current.model_dump(exclude={"revision", "applied_at"}))


def _schedule_page(
    request: Request,
    access: StudyAccess,
    schedule: ScheduleOut,
    state: FormState,
    *,
    adding: str = "",
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request))
    context = {
        "form": state,
        "schedule": schedule,
        "sentences": {rule.key: sentence(rule, schedule, access.study.anchor_label) for rule in schedule.rules},
        "kinds": KINDS,
        "weekdays": WEEKDAYS,
        "new": posted.NEW,
        "adding": adding,
        "wrong_rules": {name.partition(".")[0] for name in state.errors},
    }
    return render(request, "prompts/settings_schedule.html", _shared(request, access) | context, status=status)


def _preview_page(
    request: Request, access: StudyAccess, current: ScheduleOut, wanted: ScheduleIn, found: Any
) -> Response:
    anchor = access.study.anchor_label
    before = {rule.key: sentence(rule, current, anchor) for rule in current.rules if rule.active}
    after = {rule.key: sentence(rule, wanted, anchor) for rule in wanted.rules if rule.active}
    names = {rule.key: rule.name for rule in (*current.rules, *wanted.rules)}
    most = max((max(day.before, day.after) for day in found.days), default=1)
    context = {
        "form": FormState(),
        "schedule": current,
        "wanted": wanted,
        "wanted_json": wanted.model_dump_json(),
        "found": found,
        "most": most or 1,
        "rules": [(names[key], before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after))],
        "names": names,
    }
    return render(request, "prompts/schedule_preview.html", _shared(request, access) | context)


def _person_page(
    request: Request,
    access: StudyAccess,
    participant_id: UUID,
    *,
    done: str | None = None,
    wrong: str | None = None,
    status: int = 200,
) -> Response:
    with request.app.state.database.read() as session:
        person = find_person(session, access, participant_id)
        schedule = service.schedule_of(session, access.study)
        own = service.own_reminders(session, person)
        prompts = ledger_queries.of_person(session, access.study.id, person.id, SHOWN)
        events = queries.life_events(session, access.study.id, person.id)
    now = clock.now()
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "participants",
        "may_manage": access.can(RESEARCHERS),
        "person": person,
        "own": own,
        "schedule": schedule,
        "rule_names": {rule.key: rule.name for rule in schedule.rules},
        "prompts": [(prompt, outcome_of(prompt, now)) for prompt in prompts],
        "events": events,
        "event_names": {one.key: one.name for one in schedule.events},
        "done": done,
        "wrong": wrong,
        "now_local": f"{now.astimezone(zone_of(person.time_zone)):%Y-%m-%dT%H:%M}",
    }
    return render(request, "prompts/person.html", context, status=status)


def _shared(request: Request, access: StudyAccess) -> dict[str, Any]:
    return {
        "actor": access.actor,
        "study": access.study,
        "here": "settings",
        "part": "schedule",
        "may_edit": access.can(RESEARCHERS),
        "saved": "saved" in request.query_params,
    }
