"""The workbench's pages of interviews: the list, one interview with its turns and their stages, changing and deleting it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.core.errors import AppError, Invalid, PreconditionFailed
from app.interviews import import_pages, queries, service, staging_pages
from app.interviews.transcripts.shapes import ROLES, Role
from app.interviews.words import DONE, KINDS, NOBODY, held_words
from app.interviews.words import ROLES as ROLE_NAMES
from app.participants.sight import sight_of
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(import_pages.router)
router.include_router(staging_pages.router)

Seen = Annotated[StudyAccess, Depends(InStudy())]
MayChange = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/studies/{slug}/interviews")
def list_page(
    request: Request, access: Seen, page: Page = 1, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    after = (page - 1) * queries.PAGE
    with request.app.state.database.read() as session:
        found = queries.interviews_of(session, sight_of(session, access), after=after, limit=queries.PAGE + 1)
        waves = {wave.id: wave.name for wave in studies.protocol(session, access.study.id).waves}
    context = {
        **_context(access),
        "interviews": found[: queries.PAGE],
        "older": page + 1 if len(found) > queries.PAGE else None,
        "newer": page - 1 if page > 1 else None,
        "waves": waves,
        "kinds": KINDS,
        "may_read": access.can(TEXT_READERS),
        "may_change": access.can(RESEARCHERS),
        "done": DONE.get(done),
    }
    return render(request, "interviews/list.html", context)


@router.get("/studies/{slug}/interviews/{interview_id}/settings")
def settings_page(request: Request, access: MayChange, interview_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        return _settings(request, session, access, interview_id)


@router.post("/studies/{slug}/interviews/{interview_id}/settings")
def change_settings(request: Request, access: MayChange, interview_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request))
    values = values_of(form)
    version = _version(values)
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            actor, study_id = still.actor.label, still.study.id
            wave = studies.protocol(session, study_id).wave(values.get("wave", ""))
            changed = service.rename(session, actor, study_id, interview_id, values.get("title", ""), version=version)
            service.put_in_wave(
                session, actor, study_id, interview_id, wave.id if wave else None, version=changed.version
            )
    except (Invalid, PreconditionFailed) as error:
        with request.app.state.database.read() as session:
            return _settings(request, session, access, interview_id, refused(form, error), status=error.status)
    return _to(access, interview_id, "renamed")


@router.post("/studies/{slug}/interviews/{interview_id}/speakers")
def change_speakers(request: Request, access: MayChange, interview_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request))
    chosen = zip(form.getlist("speaker"), form.getlist("role"), strict=False)
    roles: dict[str, Role] = {str(name): one for name, role in chosen for one in ROLES if one == role}
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            service.set_roles(
                session, still.actor.label, still.study.id, interview_id, roles, version=_version(values_of(form))
            )
    except PreconditionFailed as error:
        with request.app.state.database.read() as session:
            return _settings(request, session, access, interview_id, refused(form, error), status=error.status)
    return _to(access, interview_id, "speakers")


@router.get("/studies/{slug}/interviews/{interview_id}/delete")
def ask_to_delete(request: Request, access: MayChange, interview_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        return _asked(request, session, access, interview_id)


@router.post("/studies/{slug}/interviews/{interview_id}/delete")
def delete_interview(request: Request, access: MayChange, interview_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request))
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            version = _version(values_of(form))
            service.remove(session, still.actor.label, still.study.id, interview_id, version=version)
    except PreconditionFailed as error:
        with request.app.state.database.read() as session:
            return _asked(request, session, access, interview_id, error, status=error.status)
    for forget in request.app.state.forgetful:
        forget(access.study.id)
    return RedirectResponse(f"/studies/{access.study.slug}/interviews?done=deleted", 303)


def _settings(
    request: Request,
    session: Session,
    access: StudyAccess,
    interview_id: UUID,
    form: FormState | None = None,
    *,
    status: int = 200,
) -> Response:
    line = queries.interview_seen(session, sight_of(session, access), interview_id)
    protocol = studies.protocol(session, access.study.id)
    wave = next((wave.key for wave in protocol.waves if wave.id == line.interview.wave_id), "")
    context = {
        **_context(access),
        "line": line,
        "form": form or FormState({"title": line.interview.title, "wave": wave}),
        "speakers": queries.speakers_of(session, access.study.id, interview_id),
        "role_names": ROLE_NAMES,
        "nobody": NOBODY,
        "waves": protocol.waves,
    }
    return render(request, "interviews/settings.html", context, status=status)


def _asked(
    request: Request,
    session: Session,
    access: StudyAccess,
    interview_id: UUID,
    error: AppError | None = None,
    *,
    status: int = 200,
) -> Response:
    line = queries.interview_seen(session, sight_of(session, access), interview_id)
    going = queries.going_with(session, access.study.id, interview_id)
    wrong = f"{translate(error.title)}。{translate(error.remedy)}" if error else None
    context = {**_context(access), "line": line, "going": going, "wrong": wrong}
    return render(request, "interviews/delete.html", context, status=status)


def _version(values: dict[str, str]) -> int:
    given = values.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0


def _to(access: StudyAccess, interview_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/studies/{access.study.slug}/interviews/{interview_id}?done={done}", 303)


def _context(access: StudyAccess) -> dict[str, Any]:
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "interviews",
        "held_words": held_words,
        "zone": access.study.time_zone,
    }
