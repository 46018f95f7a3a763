"""The workbench's pages of single participants: taking in, links and their sheets, consent on paper, leaving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from pydantic import ValidationError

from app.core.errors import AppError, Conflict, FieldError, Invalid
from app.participants import erasing_pages, phone_pages, queries, readers_pages, service
from app.participants.consents import Paper, record_paper
from app.participants.links import PersonalLink
from app.participants.models import Participant
from app.participants.presentation import find_person
from app.participants.roster import EXPLAIN, Roster, read_roster
from app.participants.schemas import Enrolment, plausible_date
from app.studies.access import OWNERS, RESEARCHERS, TEXT_READERS, InStudy, StudyAccess
from app.web.forms import FormState, Posted, refused, unreadable
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(phone_pages.router)
router.include_router(erasing_pages.router)
router.include_router(readers_pages.router)

MayLook = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
MayManage = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
EXTRA_FIELDS = 5
DONE = {
    "anchor": _("日期改好了，日记的天数跟着变了。"),
    "consent": _("纸质同意书登记好了。"),
    "withdrawn": _("已经登记退出，不再收新的日记。"),
}
WRONG = {"anchor": _("日期或时区没认出来，没有改。日期请写成 2025-03-08 这样。")}


@dataclass(frozen=True, slots=True)
class LinkSheet:
    """One person's sheet: the code, the address in words and as a QR code, and the short code."""

    code: str
    url: str
    short_code: str
    qr: Markup


@router.get("/studies/{slug}/participants/new")
def new_participant(request: Request, access: MayManage) -> Response:
    return _new(request, access)


@router.post("/studies/{slug}/participants")
def enrol(request: Request, access: MayManage, form: Posted) -> Response:
    state = request.app.state
    current_language.set(choose_language(request))
    try:
        enrolment = _enrolment(form)
        with state.database.write() as session:
            person, link = service.enrol(session, state.keyring, access.actor.label, access.study, enrolment)
    except ValidationError as error:
        return _new(request, access, unreadable(form, error, EXPLAIN), status=422)
    except (Invalid, Conflict) as error:
        return _new(request, access, refused(form, error), status=error.status)
    return _sheets(request, access, [(person, link)])


@router.post("/studies/{slug}/participants/csv")
def enrol_csv(request: Request, access: MayManage, file: Annotated[UploadFile | None, File()] = None) -> Response:
    state = request.app.state
    current_language.set(choose_language(request))
    try:
        roster = _roster(file)
        with state.database.write() as session:
            result = service.enrol_roster(session, state.keyring, access.actor.label, access.study, roster)
    except AppError as error:
        words = [translate(one.message) for one in error.fields] or [translate(error.title)]
        return _new(request, access, FormState(errors={"file": words[0]}), status=error.status)
    return _sheets(request, access, result.enrolled, result)


@router.get("/studies/{slug}/participants/{participant_id}")
def show_participant(
    request: Request,
    access: MayLook,
    participant_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
    wrong: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return _person(request, access, participant_id, done=DONE.get(done), wrong=WRONG.get(wrong))


@router.get("/studies/{slug}/participants/{participant_id}/sheet")
def sheet_explained(request: Request, access: MayManage, participant_id: UUID) -> Response:
    return RedirectResponse(f"/studies/{access.study.slug}/participants/{participant_id}#link", 303)


@router.post("/studies/{slug}/participants/{participant_id}/sheet")
def renew_link(request: Request, access: MayManage, participant_id: UUID) -> Response:
    state = request.app.state
    with state.database.write() as session:
        person = find_person(session, access, participant_id)
        link = service.renew_link(session, state.keyring, access.actor.label, person)
    return _sheets(request, access, [(person, link)])


@router.post("/studies/{slug}/participants/{participant_id}/consents")
def record_paper_consent(request: Request, access: MayManage, participant_id: UUID, form: Posted) -> Response:
    purposes = [value for value in form.getlist("purposes") if isinstance(value, str)]
    version = str(form.get("version", ""))
    try:
        with request.app.state.database.write() as session:
            person = find_person(session, access, participant_id)
            number = int(version) if version.isascii() and version.isdigit() else 0
            signed = _day(str(form.get("given_on", "")))
            paper = Paper(None if signed else number, signed)
            record_paper(session, access.actor.label, person, purposes, paper)
    except (Invalid, Conflict) as error:
        current_language.set(choose_language(request))
        words = translate(error.fields[0].message if error.fields else error.remedy)
        return _person(request, access, participant_id, wrong=words, status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/participants/{participant_id}?done=consent", 303)


@router.post("/studies/{slug}/participants/{participant_id}/withdraw")
def withdraw(request: Request, access: MayManage, participant_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        service.withdraw(session, access.actor.label, find_person(session, access, participant_id))
    return RedirectResponse(f"/studies/{access.study.slug}/participants/{participant_id}?done=withdrawn", 303)


def qr_svg(url: str) -> Markup:
    """Return ``url`` as a QR code: one black path in an SVG without a size, for the style sheet to fit."""
    code = segno.make(url, error="m", micro=False)
    # The address is ours; segno writes nothing else into the drawing.
    return Markup(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


def _enrolment(form: Posted) -> Enrolment:
    names, values = form.getlist("attribute_name"), form.getlist("attribute_value")
    pairs = zip(names, values, strict=False)
    attributes = {str(name).strip(): str(value) for name, value in pairs if str(name).strip() and str(value).strip()}
    given: dict[str, Any] = {name: form.get(name) or None for name in ("anchor_on", "time_zone")}
    return Enrolment.model_validate({"code": form.get("code", ""), "attributes": attributes, **given})


def _roster(file: UploadFile | None) -> Roster:
    raw = file.file.read() if file is not None else b""
    if not raw.strip():
        raise Invalid(_("请先选一个 CSV 文件"))
    return read_roster(raw)


def _day(typed: str) -> date | None:
    """Return the day that was typed, None for none; Invalid for what is no day in a human life."""
    if not typed.strip():
        return None
    try:
        return plausible_date(date.fromisoformat(typed.strip()))
    except ValueError:
        raise Invalid(fields=[FieldError("given_on", _("日期请写成 2025-03-08 这样"))]) from None


def _context(access: StudyAccess) -> dict[str, Any]:
    return {"study": access.study, "actor": access.actor, "here": "participants"}


def _new(request: Request, access: StudyAccess, form: FormState | None = None, *, status: int = 200) -> Response:
    shown = form or FormState(values={"time_zone": access.study.time_zone})
    return render(request, "participants/new.html", {**_context(access), "form": shown}, status=status)


def _sheets(
    request: Request,
    access: StudyAccess,
    people: Sequence[tuple[Participant, PersonalLink]],
    result: service.EnrolledRoster | None = None,
) -> Response:
    """Answer with the sheets to print. The links stand in this answer and nowhere else."""
    address = request.app.state.settings.public_address
    sheets = []
    for person, link in people:
        url = link.url(address)
        sheets.append(LinkSheet(person.code, url, link.shown_code, qr_svg(url)))
    context = {**_context(access), "sheets": sheets, "result": result, "door": f"{address}/d"}
    return render(request, "participants/sheets.html", context)


def _person(
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
        consent = service.consent_state(session, person)
        anchor_on = queries.anchor_of(session, access.study.id, person.id)
        panels = [panel(session, access, person) for panel in request.app.state.person_panels]
    context = {
        **_context(access),
        "person": person,
        "panels": [one for one in panels if one is not None],
        "anchor_on": anchor_on,
        "consent": consent,
        "agreed": {one.purpose: one for one in consent.agreed},
        "may_manage": access.can(RESEARCHERS),
        "may_erase": access.can(OWNERS),
        "done": done,
        "wrong": wrong,
        "zone": person.time_zone,
    }
    return render(request, "participants/person.html", context, status=status)
