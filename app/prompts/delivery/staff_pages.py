"""The workbench's pages of delivery: how a person can be reached, and what a study sends by."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.core import clock
from app.core.errors import FieldError, Invalid
from app.core.settings import listed
from app.participants import queries as participants
from app.participants.presentation import find_person
from app.prompts.delivery import contacts, queries
from app.prompts.delivery.addresses import read_address
from app.prompts.delivery.hosts import AddressForbidden
from app.prompts.delivery.keys import AddressUnreadable, open_address
from app.prompts.delivery.relay import ADDRESS, check_relay
from app.prompts.delivery.ways import KINDS, names_in_force, shut
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

MayManage = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
BY_STAFF = ("email", "sms", "apprise")
RECENT = timedelta(days=7)
MOST_TEMPLATE = 400
DONE = {"added": _("加好了。"), "removed": _("删掉了。")}
STATES = {
    "sending": _("正在发"),
    "sent": _("发出了"),
    "uncertain": _("不确定发到没有"),
    "failed": _("没发出去"),
    "expired": _("没赶上"),
    "skipped": _("跳过"),
    "cancelled": _("取消"),
}


@router.get("/studies/{slug}/participants/{participant_id}/contacts")
def show_contacts(
    request: Request, access: MayManage, participant_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _contacts(request, access, participant_id, done=DONE.get(done))


@router.post("/studies/{slug}/participants/{participant_id}/contacts")
def add_contact(request: Request, access: MayManage, participant_id: UUID, form: Posted) -> Response:
    state = request.app.state
    channel = str(form.get("channel", ""))
    try:
        if channel not in BY_STAFF:
            raise Invalid(fields=[FieldError("channel", _("请选一种方式"))])
        address = read_address(state.settings, channel, str(form.get("address", "")))
        with state.database.write() as session:
            person = find_person(session, access, participant_id)
            contacts.add_contact(session, state.keyring, access.actor.label, person, channel, address, confirmed=True)
    except Invalid as error:
        current_language.set(choose_language(request))
        return _contacts(request, access, participant_id, form=refused(form, error), status=error.status)
    return RedirectResponse(_address(access, participant_id, "added"), 303)


@router.post("/studies/{slug}/participants/{participant_id}/contacts/{contact_id}/remove")
def remove_contact(request: Request, access: MayManage, participant_id: UUID, contact_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        person = find_person(session, access, participant_id)
        contacts.remove_contact(session, access.actor.label, contacts.find_contact(session, person, contact_id))
    return RedirectResponse(_address(access, participant_id, "removed"), 303)


@router.get("/studies/{slug}/settings/channels")
def show_channels(request: Request, access: MayManage, saved: bool = False) -> Response:
    return _channels(request, access, saved=saved)


@router.post("/studies/{slug}/settings/channels")
def set_apprise(request: Request, access: MayManage, form: Posted) -> Response:
    state = request.app.state
    template = None if form.get("remove") else str(form.get("template", "")).strip()
    try:
        if template is not None:
            _check_template(request, template)
        with state.database.write() as session:
            contacts.set_study_channel(session, state.keyring, access.actor.label, access.study.id, "apprise", template)
    except Invalid as error:
        current_language.set(choose_language(request))
        return _channels(request, access, form=refused(form, error), status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/settings/channels?saved=true", 303)


def _check_template(request: Request, template: str) -> None:
    try:
        if len(template) > MOST_TEMPLATE or ADDRESS not in template:
            raise AddressForbidden
        check_relay(request.app.state.settings, template)
    except (AddressForbidden, OSError):
        message = _("这个地址不能用：要以允许的服务开头，并且含有 {address}。")
        raise Invalid(fields=[FieldError("template", message)]) from None


def _address(access: StudyAccess, participant_id: UUID, done: str) -> str:
    return f"/studies/{access.study.slug}/participants/{participant_id}/contacts?done={done}"


def _contacts(
    request: Request,
    access: StudyAccess,
    participant_id: UUID,
    *,
    form: FormState | None = None,
    done: str | None = None,
    status: int = 200,
) -> Response:
    state = request.app.state
    with state.database.read() as session:
        person = find_person(session, access, participant_id)
        found = queries.contacts_of(session, access.study.id, person.id)
        shared = queries.study_channel(session, access.study.id, "apprise") is not None
    open_names = names_in_force(state.settings)
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "participants",
        "person": person,
        "zone": person.time_zone,
        "contacts": [contacts.shown(state.keyring, one) for one in found],
        "kinds": KINDS,
        "open": open_names,
        "choices": [name for name in BY_STAFF if name in open_names],
        "shared": shared,
        "form": form or FormState(),
        "done": done,
    }
    return render(request, "prompts/contacts.html", context, status=status)


def _channels(
    request: Request,
    access: StudyAccess,
    *,
    form: FormState | None = None,
    saved: bool = False,
    status: int = 200,
) -> Response:
    state, study_id = request.app.state, access.study.id
    closed, open_names = shut(state.settings), names_in_force(state.settings)
    with state.database.read() as session:
        people = participants.count(session, study_id)
        reached = queries.reachable(session, study_id, open_names)
        tally = queries.tally(session, study_id, clock.now() - RECENT)
        shared = queries.study_channel(session, study_id, "apprise")
    current_language.set(choose_language(request))
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "settings",
        "part": "channels",
        "people": people,
        "found": reached[""],
        "channels": [
            (translate(KINDS[name]), translate(closed.get(name, "")), reached.get(name, 0))
            for name in listed(state.settings.channels)
        ],
        "tally": [
            (translate(KINDS[channel]) if channel in KINDS else "—", translate(STATES.get(one, one)), count)
            for (channel, one), count in sorted(tally.items())
        ],
        "apprise": "apprise" in open_names,
        "schemas": ", ".join(listed(state.settings.apprise_schemas)),
        "template": _hidden(request, study_id, shared.sealed) if shared else "",
        "form": form or FormState(),
        "saved": saved,
    }
    return render(request, "prompts/channels.html", context, status=status)


def _hidden(request: Request, study_id: UUID, sealed: bytes) -> str:
    """Return of the study's address only the service that it names: the rest is a key."""
    try:
        return open_address(request.app.state.keyring, study_id, sealed).partition("://")[0] + "://…"
    except AddressUnreadable:
        return "…"
