"""Taking a transcript in through the workbench: choose or paste, look at what was understood, import.

Nothing is stored before the last step. Between them the text travels in the page itself, packed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from app.core import clock
from app.core.errors import AppError, FieldError, Invalid
from app.interviews import importing
from app.interviews.importing import Given
from app.interviews.models import Interview
from app.interviews.transcripts import reading
from app.interviews.transcripts.shapes import FORM_KINDS, MOST_BYTES, ROLES, Role, Source, Transcript
from app.interviews.transcripts.shapes import Form as Kind
from app.interviews.words import FORMS, NO_SPEAKER, NOBODY, clock_words
from app.interviews.words import ROLES as ROLE_NAMES
from app.participants import queries as participants
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

MayImport = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
FIRST_TURNS: Final = 30
MOST_ODD: Final = 200
MOST_CODES: Final = 500
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Understood:
    """A transcript on its way: its text, and what it was understood to be."""

    source: Source
    transcript: Transcript


@router.get("/studies/{slug}/interviews/import")
def import_page(request: Request, access: MayImport) -> Response:
    return _chooser(request, access, FormState())


@router.post("/studies/{slug}/interviews/import")
def preview(
    request: Request,
    access: MayImport,
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form()] = "",
) -> Response:
    current_language.set(choose_language(request))
    field = "file" if file is not None else "text"
    try:
        source = _handed(file, text)
        understood = Understood(source, reading.understand(source, codes=_codes(request, access)))
    except AppError as error:
        return _chooser(request, access, _said(error, field, text), status=error.status)
    found = reading.day_in(source)
    today = clock.local_date(clock.now(), access.study.time_zone)
    values = {"held_on": found.isoformat() if found and found <= today else "", "title": ""}
    return _preview(request, access, understood, FormState(values))


@router.post("/studies/{slug}/interviews/import/confirm")
def import_transcript(request: Request, access: MayImport, form: Posted) -> Response:
    current_language.set(choose_language(request))
    try:
        understood = _again(request, access, form)
    except AppError as error:
        return _chooser(request, access, _said(error, "file", ""), status=error.status)
    if form.get("do") != "import":
        return _preview(request, access, understood, FormState(values_of(form)), chosen=_roles(form))
    try:
        given = _given(form, understood.transcript)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            imported = importing.import_interview(
                session,
                request.app.state.keyring,
                still.actor.label,
                still.study,
                understood.source,
                understood.transcript,
                given,
            )
    except Invalid as error:
        shown = refused(form, error)
        return _preview(request, access, understood, shown, chosen=_roles(form), status=error.status)
    done = "imported" if imported.created else "known"
    return RedirectResponse(f"/studies/{access.study.slug}/interviews/{imported.interview_id}?done={done}", 303)


def _handed(file: UploadFile | None, text: str) -> Source:
    if file is not None and file.filename:
        return reading.read(file.file.read(MOST_BYTES + 1), file.filename)
    if text.strip():
        return reading.pasted(text)
    raise Invalid(fields=[FieldError("", _("请先选一个文件，或者把文字粘贴进来"), "required")])


def _again(request: Request, access: StudyAccess, form: FormData) -> Understood:
    """Return the transcript that the preview carried, with the person's word on its speakers."""
    text = reading.unpacked(str(form.get("packed", "")))
    kind = str(form.get("format", ""))
    known: Kind = next((one for one in FORM_KINDS if one == kind), "text")
    source = Source(str(form.get("name", ""))[:200], known, str(form.get("encoding", ""))[:20], text)
    said = {name: role != "none" for name, role in _roles(form).items()}
    return Understood(source, reading.understand(source, said, _codes(request, access)))


def _roles(form: FormData) -> dict[str, str]:
    """Return what was chosen for each label: a role, or ``none``."""
    names, roles = form.getlist("speaker"), form.getlist("role")
    return {str(name): str(role) for name, role in zip(names, roles, strict=False)}


def _given(form: FormData, transcript: Transcript) -> Given:
    day = str(form.get("held_on", "")).strip()
    try:
        held_on = date.fromisoformat(day) if day else None
    except ValueError:
        raise Invalid(fields=[FieldError("held_on", _("日期请写成 2025-03-08 这样"))]) from None
    proposed = {one.name: one.role for one in transcript.speakers}
    roles: dict[str, Role] = {}
    for name, chosen in _roles(form).items():
        roles[name] = next((role for role in ROLES if role == chosen), proposed.get(name, "other"))
    return Given(
        participant=str(form.get("participant", "")),
        title=str(form.get("title", "")),
        held_on=held_on,
        wave=str(form.get("wave", "")) or None,
        roles=roles,
        new=form.get("new") == "1",
        paper=form.get("paper") == "1",
    )


def _said(error: AppError, field: str, text: str) -> FormState:
    words = translate(error.fields[0].message) if error.fields else translate(error.title) % error.parameters
    remedy = "" if error.fields else translate(error.remedy)
    return FormState({"text": text}, {field: f"{words}。{remedy}" if remedy else words})


def _codes(request: Request, access: StudyAccess) -> set[str]:
    with request.app.state.database.read() as session:
        return participants.codes(session, access.study.id)


def _context(access: StudyAccess) -> dict[str, Any]:
    return {"study": access.study, "actor": access.actor, "here": "interviews", "zone": access.study.time_zone}


def _chooser(request: Request, access: StudyAccess, form: FormState, *, status: int = 200) -> Response:
    context = {**_context(access), "form": form, "most_mib": MOST_BYTES // MIB}
    return render(request, "interviews/import.html", context, status=status)


def _preview(
    request: Request,
    access: StudyAccess,
    understood: Understood,
    form: FormState,
    *,
    chosen: Mapping[str, str] = MappingProxyType({}),
    status: int = 200,
) -> Response:
    """Answer with what was understood. ``chosen`` are the parts that a person has given speakers on this page before."""
    source, transcript = understood.source, understood.transcript
    interview_id = importing.id_of(access.study.id, source)
    proposed = {one.name: "none" if one.doubtful else one.role for one in transcript.speakers}
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        known = session.get(Interview, (access.study.id, interview_id))
    context = {
        **_context(access),
        "form": form,
        "source": source,
        "packed": reading.packed(source),
        "transcript": transcript,
        "first": transcript.turns[:FIRST_TURNS],
        "odd": transcript.odd[:MOST_ODD],
        "roles": {name: chosen.get(name, role) for name, role in proposed.items()},
        "role_names": ROLE_NAMES,
        "no_speaker": NO_SPEAKER,
        "nobody": NOBODY,
        "form_name": FORMS[source.form],
        "clock_words": clock_words,
        "waves": protocol.waves,
        "codes": sorted(_codes(request, access))[:MOST_CODES],
        "known": known,
    }
    return render(request, "interviews/preview.html", context, status=status)
