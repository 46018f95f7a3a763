"""The phone's page of reminders: how to be reached, when not, for how long not, and on whose clock."""

from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, FieldError, Invalid, RateLimited
from app.participants.deps import OnPhone, PhoneAccess
from app.participants.helping import help_words
from app.participants.models import Participant
from app.prompts import service
from app.prompts.delivery import contacts, queries
from app.prompts.delivery.addresses import device_of, read_address
from app.prompts.delivery.keys import open_address, vapid_public
from app.prompts.delivery.models import Contact
from app.prompts.delivery.trying import count_message, send_code, send_trial
from app.prompts.delivery.ways import KINDS, names_in_force
from app.prompts.delivery.webpush import Subscription
from app.prompts.localtime import resolve, zone_of
from app.prompts.schemas import Quiet
from app.studies.protocol_pages import ZONES
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Change = Callable[[Session, Participant], object]
PAGE = "/d/reminders"
DAYS_PAUSED = 3
LONGEST_DAYS = 365
MARK_BYTES = 8
DONE = {
    "added": _("加好了。"),
    "code": _("给您发了六位数字，请看看邮箱。"),
    "confirmed": _("好了，以后用这个邮箱提醒您。"),
    "removed": _("删掉了，不再用它找您。"),
    "first": _("好的，先用这个。"),
    "quiet": _("安静时间记下了。"),
    "paused": _("好的，先歇一歇。"),
    "resumed": _("好的，又开始提醒您了。"),
    "zone": _("时区改好了，提醒会跟着您走。"),
    "tested": _("发出去了，看看收到没有。"),
}
NOT_SENT = FieldError("", _("请检查一下地址，或过一会儿再试；一直不行，请告诉研究团队。"))


@router.get(PAGE)
def reminders(request: Request, access: Phone, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _page(request, access, done=DONE.get(done))


@router.post(f"{PAGE}/email")
def add_email(request: Request, access: Phone, form: Posted) -> Response:
    state = request.app.state
    try:
        count_message(request, access.participant)
        address = read_address(state.settings, "email", str(form.get("address", "")))
        with state.database.write() as session:
            contact = contacts.add_contact(
                session, state.keyring, access.label, access.participant, "email", address, confirmed=False
            )
    except (Invalid, RateLimited) as error:
        return _page(request, access, refused(form, error), status=error.status)
    return _code_sent(request, access, contact) if contact.confirmed_at is None else _back("added")


@router.post(f"{PAGE}/contacts/{{contact_id}}/code")
def send_code_again(request: Request, access: Phone, contact_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        contact = contacts.find_contact(session, access.participant, contact_id)
    try:
        count_message(request, access.participant)
    except RateLimited as error:
        return _page(request, access, _as_whole(error), status=error.status)
    return _code_sent(request, access, contact)


@router.post(f"{PAGE}/contacts/{{contact_id}}/confirm")
def confirm(request: Request, access: Phone, contact_id: UUID, form: Posted) -> Response:
    state = request.app.state
    limit = state.limits["confirm"]
    try:
        limit.check(str(contact_id))
        with state.database.write() as session:
            contact = contacts.find_contact(session, access.participant, contact_id)
            contacts.confirm_contact(session, state.keyring, access.label, contact, str(form.get("code", ""))[:40])
    except RateLimited as error:
        return _page(request, access, _as_whole(error), status=error.status)
    except Invalid as error:
        limit.failed(str(contact_id))
        return _page(request, access, refused(form, error), status=error.status, contact_id=contact_id)
    return _back("confirmed")


@router.post(f"{PAGE}/contacts/{{contact_id}}/first")
def prefer(request: Request, access: Phone, contact_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        contacts.prefer_contact(session, contacts.find_contact(session, access.participant, contact_id))
    return _back("first")


@router.post(f"{PAGE}/contacts/{{contact_id}}/remove")
def remove(request: Request, access: Phone, contact_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        contact = contacts.find_contact(session, access.participant, contact_id)
        contacts.remove_contact(session, access.label, contact)
    return _back("removed")


@router.post(f"{PAGE}/push")
def push_on(request: Request, access: Phone, form: Posted) -> Response:
    """Answers the page's script, without a body: 204, or a problem document."""
    state = request.app.state
    address = _subscription(form)
    label = device_of(request.headers.get("user-agent", ""))
    with state.database.write() as session:
        contacts.add_contact(
            session, state.keyring, access.label, access.participant, "webpush", address, label=label, confirmed=True
        )
    return Response(status_code=204)


@router.post(f"{PAGE}/push/off")
def push_off(request: Request, access: Phone, endpoint: Annotated[str, Form(max_length=1000)]) -> Response:
    """Answers the page's script; saying it of an address that is not kept changes nothing."""
    state = request.app.state
    with state.database.write() as session:
        for contact in queries.contacts_of(session, access.study.id, access.participant.id):
            if contact.channel == "webpush" and _endpoint(request, contact) == endpoint:
                contacts.remove_contact(session, access.label, contact)
    return Response(status_code=204)


@router.post(f"{PAGE}/test")
def test_ways(request: Request, access: Phone) -> Response:
    current_language.set(choose_language(request, access.language))
    try:
        count_message(request, access.participant)
    except RateLimited as error:
        return _page(request, access, _as_whole(error), status=error.status)
    tried = send_trial(request, access.participant)
    failed = [contact for contact, outcome in tried if outcome.kind != "sent"]
    if not failed and tried:
        return _back("tested")
    names = "、".join(dict.fromkeys(translate(KINDS[contact.channel]) for contact in failed))
    title = translate(_("没有发出去：%(names)s")) % {"names": names} if names else translate(_("还没有能用的方式"))
    return _page(request, access, FormState({}, {"": translate(NOT_SENT.message)}, title), status=502)


@router.post(f"{PAGE}/quiet")
def set_quiet(request: Request, access: Phone, form: Posted) -> Response:
    def change(session: Session, person: Participant) -> None:
        service.set_quiet(session, access.label, person.study_id, person.id, _quiet(form))

    return _changed(request, access, form, change, "quiet")


@router.post(f"{PAGE}/pause")
def pause(request: Request, access: Phone, form: Posted) -> Response:
    def change(session: Session, person: Participant) -> None:
        if form.get("days"):
            until = clock.now() + timedelta(days=DAYS_PAUSED)
        else:
            given = _date(str(form.get("until", "")))
            until = resolve(given, 0, zone_of(person.time_zone)) or clock.now()
        service.pause(session, access.label, person.study_id, person.id, until)

    return _changed(request, access, form, change, "paused")


@router.post(f"{PAGE}/resume")
def resume(request: Request, access: Phone) -> Response:
    with request.app.state.database.write() as session:
        service.resume(session, access.label, access.study.id, access.participant.id)
    return _back("resumed")


@router.post(f"{PAGE}/zone")
def set_zone(request: Request, access: Phone, form: Posted) -> Response:
    def change(session: Session, person: Participant) -> None:
        service.set_zone(session, access.label, person, str(form.get("time_zone", "")).strip()[:60])

    return _changed(request, access, form, change, "zone")


def _changed(request: Request, access: PhoneAccess, form: Posted, change: Change, done: str) -> Response:
    try:
        with request.app.state.database.write() as session:
            change(session, session.get_one(Participant, (access.study.id, access.participant.id)))
    except Invalid as error:
        return _page(request, access, refused(form, error), status=error.status)
    return _back(done)


def _code_sent(request: Request, access: PhoneAccess, contact: Contact) -> Response:
    current_language.set(choose_language(request, access.language))
    outcome = send_code(request, contact)
    if outcome.kind in ("sent", "uncertain"):
        return _back("code")
    title = translate(_("六位数字没有发出去"))
    return _page(request, access, FormState({}, {"": translate(NOT_SENT.message)}, title), status=502)


def _back(done: str) -> Response:
    return RedirectResponse(f"{PAGE}?done={done}", 303)


def _as_whole(error: AppError) -> FormState:
    return FormState({}, {"": translate(error.remedy)}, translate(error.title))


def _subscription(form: Posted) -> str:
    try:
        return Subscription.model_validate(dict(form)).model_dump_json()
    except ValidationError:
        raise Invalid(fields=[FieldError("endpoint", _("浏览器给的通知地址不能用，请换一个浏览器试试。"))]) from None


def _quiet(form: Posted) -> Quiet | None:
    start, end = str(form.get("quiet_from", "")).strip()[:5], str(form.get("quiet_to", "")).strip()[:5]
    if not start and not end:
        return None
    try:
        return Quiet(start=start, end=end)
    except ValidationError:
        message = _("两个时间都要填，而且不能一样；不想要安静时间，就都空着。")
        raise Invalid(fields=[FieldError("quiet_from", message)]) from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields=[FieldError("until", _("请选一个以后的日期，最多一年"))]) from None


def _endpoint(request: Request, contact: Contact) -> str:
    address = open_address(request.app.state.keyring, contact.study_id, contact.sealed)
    return Subscription.model_validate_json(address).endpoint


def _page(
    request: Request,
    access: PhoneAccess,
    form: FormState | None = None,
    *,
    done: str | None = None,
    status: int = 200,
    contact_id: UUID | None = None,
) -> Response:
    current_language.set(choose_language(request, access.language))
    state = request.app.state
    with state.database.read() as session:
        own = service.own_reminders(session, access.participant)
        found = queries.contacts_of(session, access.study.id, access.participant.id)
    there = clock.now().astimezone(zone_of(own.zone))
    known = [_endpoint(request, one) for one in found if one.channel == "webpush" and one.disabled_at is None]
    context: dict[str, Any] = {
        "study": access.study,
        "form": form or FormState(),
        "done": translate(done) if done else "",
        "own": own,
        "zone": own.zone,
        "zones": ZONES,
        "time_there": f"{there:%H:%M}",
        "tomorrow": (there.date() + timedelta(days=1)).isoformat(),
        "latest": (there.date() + timedelta(days=LONGEST_DAYS)).isoformat(),
        "channels": names_in_force(state.settings),
        "contacts": [contacts.shown(state.keyring, one) for one in found],
        "testable": any(one.confirmed_at and not one.disabled_at for one in found),
        "kinds": KINDS,
        "push_key": vapid_public(state.keyring),
        "known": " ".join(sha256(one.encode()).hexdigest()[: MARK_BYTES * 2] for one in known),
        "refused_contact": contact_id,
        "help": help_words(access),
    }
    return render(request, "prompts/reminders.html", context, status=status, language=access.language)
