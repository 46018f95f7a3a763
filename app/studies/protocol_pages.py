"""The settings of a study, a page each: what it is called, its journey, its form, its consent text, its members."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.core.errors import AppError, Invalid
from app.studies import membership, posted, queries, service
from app.studies.access import ANYONE, OWNERS, RESEARCHERS, InStudy, StudyAccess, confirm
from app.studies.models import Study
from app.studies.posted_conditions import offered
from app.studies.protocol import StudyProtocol
from app.studies.schemas import MemberRole, StudyChange
from app.web.forms import FormState, Posted, refused, unreadable, values_of
from app.web.i18n import mark
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Reader = Annotated[StudyAccess, Depends(InStudy(*ANYONE))]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
Owner = Annotated[StudyAccess, Depends(InStudy(*OWNERS))]

ROLE_WORDS = {
    "owner": mark("负责人"),
    "researcher": mark("研究员"),
    "coder": mark("编码员"),
    "care": mark("关怀师"),
    "viewer": mark("只看汇总"),
}
FIELD_WORDS = {
    "title": mark("请写一个标题，不超过 120 字"),
    "slug": mark("只用小写字母、数字和短横线，例如 implant-2026"),
    "description": mark("太长了，请缩短一些"),
    "time_zone": mark("请填时区名，例如 Asia/Shanghai"),
    "language": mark("请选一种"),
    "retention_until": mark("请选一个今天以后的日期"),
    "contact": mark("太长了，请缩短到 200 字以内"),
    "edit_hours": mark("请填 0 到 8760 之间的整数"),
    "reply_hours": mark("请填 0 到 8760 之间的整数"),
    "anchor_label": mark("请写这一天叫什么，不超过 40 字"),
    "role": mark("请选一种"),
}
ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Macau",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Kuala_Lumpur",
    "Asia/Tokyo",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Sydney",
)
LANGUAGES_OFFERED = (("zh-CN", "简体中文"), ("en", "English"))
FACTS = (
    "title",
    "description",
    "anchor_label",
    "time_zone",
    "language",
    "retention_until",
    "contact",
    "edit_hours",
    "reply_hours",
)
SAVED = "saved"


@router.get("/studies/{slug}/settings")
def facts(request: Request, access: Reader) -> Response:
    values = {name: getattr(access.study, name) for name in FACTS}
    return _facts_page(request, access, FormState({**values, "retention_until": access.study.retention_until}))


@router.post("/studies/{slug}/settings")
def change_facts(request: Request, access: Editor, form: Posted) -> Response:
    try:
        change = StudyChange.model_validate(values_of(form))
        with request.app.state.database.write() as session:
            study = confirm(session, access, RESEARCHERS).study
            service.change_study(session, access.actor, study.id, change)
    except ValidationError as error:
        return _facts_page(request, access, unreadable(form, error, FIELD_WORDS), status=422)
    except AppError as error:
        return _facts_page(request, access, refused(form, error), status=error.status)
    return back(access, "")


@router.get("/studies/{slug}/settings/journey")
def journey(request: Request, access: Reader) -> Response:
    return _protocol_page(request, access, "journey", posted.journey_values)


@router.post("/studies/{slug}/settings/journey")
def change_journey(request: Request, access: Editor, form: Posted) -> Response:
    def change(session: Session, study: Study, protocol: StudyProtocol) -> None:
        stages, touchpoints = posted.posted_journey(form, protocol)
        service.change_study(session, access.actor, study.id, StudyChange(stages=tuple(stages)))
        for touchpoint in touchpoints:
            service.put_touchpoint(session, access.actor, study.id, touchpoint)

    return _changed(request, access, form, "journey", change)


@router.get("/studies/{slug}/settings/form")
def questions(request: Request, access: Reader) -> Response:
    return _protocol_page(request, access, "form", lambda protocol: posted.form_values(protocol.current_form))


@router.post("/studies/{slug}/settings/form")
def change_questions(request: Request, access: Editor, form: Posted) -> Response:
    def change(session: Session, study: Study, protocol: StudyProtocol) -> None:
        wanted = posted.posted_questions(form, protocol.current_form)
        if wanted != list(protocol.current_form.questions.values()):
            service.publish_form_version(session, access.actor, study.id, wanted)

    return _changed(request, access, form, "form", change)


@router.get("/studies/{slug}/settings/consent")
def consent(request: Request, access: Reader) -> Response:
    return _protocol_page(request, access, "consent", lambda protocol: posted.consent_values(protocol.consent))


@router.post("/studies/{slug}/settings/consent")
def change_consent(request: Request, access: Editor, form: Posted) -> Response:
    def change(session: Session, study: Study, protocol: StudyProtocol) -> None:
        wanted = posted.posted_consent(form, protocol.consent)
        if service.text_hash(wanted) != protocol.consent.text_hash:
            service.publish_consent(session, access.actor, study.id, wanted)

    return _changed(request, access, form, "consent", change)


@router.get("/studies/{slug}/settings/members")
def members(request: Request, access: Reader) -> Response:
    return _members_page(request, access, FormState({"role": "researcher"}))


@router.post("/studies/{slug}/settings/members")
def set_member(request: Request, access: Owner, form: Posted) -> Response:
    given = values_of(form)
    try:
        role = TypeAdapter[MemberRole](MemberRole).validate_python(given.get("role"))
        with request.app.state.database.write() as session:
            study = confirm(session, access, OWNERS).study
            membership.set_role(session, access.actor, study.id, given.get("login", ""), role)
    except ValidationError:
        return _members_page(request, access, FormState(given, {"role": FIELD_WORDS["role"]}), status=422)
    except AppError as error:
        return _members_page(request, access, refused(form, error), status=error.status)
    return back(access, "members")


@router.post("/studies/{slug}/settings/members/remove")
def remove_member(request: Request, access: Owner, form: Posted) -> Response:
    try:
        with request.app.state.database.write() as session:
            study = confirm(session, access, OWNERS).study
            membership.remove_member(session, access.actor, study.id, values_of(form).get("login", ""))
    except AppError as error:
        return _members_page(request, access, refused(form, error), status=error.status)
    return back(access, "members")


def back(access: StudyAccess, part: str) -> Response:
    """Return to a page of the settings, which then says that it was saved."""
    tail = f"/{part}" if part else ""
    return RedirectResponse(f"/studies/{access.study.slug}/settings{tail}?{SAVED}=1", 303)


def _changed(
    request: Request,
    access: StudyAccess,
    form: Posted,
    part: str,
    change: Callable[[Session, Study, StudyProtocol], None],
) -> Response:
    try:
        with request.app.state.database.write() as session:
            study = confirm(session, access, RESEARCHERS).study
            change(session, study, queries.protocol(session, study.id))
    except Invalid as error:
        state = refused(form, error)
        return _protocol_page(request, access, part, lambda _: state.values, state=state, status=error.status)
    return back(access, part)


def _protocol_page(
    request: Request,
    access: StudyAccess,
    part: str,
    values: Callable[[StudyProtocol], Any],
    *,
    state: FormState | None = None,
    status: int = 200,
) -> Response:
    with request.app.state.database.read() as session:
        protocol = queries.protocol(session, access.study.id)
    context = {
        "protocol": protocol,
        "form": state or FormState(values(protocol)),
        "kinds": list(posted.KINDS.items()),
        "types": posted.TYPES,
        "text_roles": list(posted.ROLES.items()),
        "new": posted.NEW,
        "offered": offered(protocol.current_form.questions.values()),
    }
    return settings_page(request, access, part, context, status)


def _facts_page(request: Request, access: StudyAccess, state: FormState, *, status: int = 200) -> Response:
    context = {"form": state, "zones": ZONES, "languages_offered": LANGUAGES_OFFERED}
    return settings_page(request, access, "facts", context, status)


def _members_page(request: Request, access: StudyAccess, state: FormState, *, status: int = 200) -> Response:
    with request.app.state.database.read() as session:
        found = queries.members_of(session, access.study.id)
    context = {"form": state, "members": found, "may_manage": access.can(OWNERS)}
    return settings_page(request, access, "members", context, status)


def settings_page(request: Request, access: StudyAccess, part: str, context: dict[str, Any], status: int) -> Response:
    """Return the page ``part`` of a study's settings."""
    shared = {
        "actor": access.actor,
        "study": access.study,
        "here": "settings",
        "part": part,
        "may_edit": access.can(RESEARCHERS),
        "saved": SAVED in request.query_params,
        "roles": ROLE_WORDS,
    }
    return render(request, f"studies/settings_{part}.html", {**shared, **context}, status=status)
