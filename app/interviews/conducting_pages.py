"""The pages of a talk: beginning one, holding it with a tablet in hand, and ending it. They work without scripts, too."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from app.core import clock
from app.core.errors import AppError, PreconditionRequired
from app.core.ids import uuid7
from app.interviews import conducting, conducting_queries, guide_queries
from app.interviews.conducting_errors import NoteChanged
from app.interviews.conducting_schemas import LONGEST_NOTE, LONGEST_TITLE, NoteIn, NoteOut, TalkIn
from app.interviews.conducting_words import MARKS, script_words
from app.interviews.guide_schemas import GuideQuestion
from app.interviews.models import Interview
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol
from app.web.csrf import token_for
from app.web.forms import FormState, Posted, refused, unreadable, values_of
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

MayHold = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
IfMatch = Annotated[str | None, Header()]
WORKER = "conduct_worker.js"
FREE = "free"
"""The place of what belongs to no question of the guide."""

FIELD_WORDS = {
    "participant": _("请选一位参与者"),
    "title": _("太长了，请缩短到 120 字以内"),
    "guide_version": _("请选一版提纲"),
    "wave": _("请选一种"),
}
_HELD: TypeAdapter[dict[UUID, int]] = TypeAdapter(dict[UUID, int])
_POSTED: TypeAdapter[tuple[UUID, int]] = TypeAdapter(tuple[UUID, int])


@router.get("/studies/{slug}/interviews/start")
def start_page(request: Request, access: MayHold) -> Response:
    return _start(request, access, FormState())


@router.post("/studies/{slug}/interviews/start")
def start(request: Request, access: MayHold, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        given = TalkIn.model_validate(values_of(form))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            protocol = studies.protocol(session, still.study.id)
            talk = conducting.begin(session, still.actor.label, still.study, protocol, given)
            talk_id = talk.id
    except ValidationError as error:
        return _start(request, access, unreadable(form, error, FIELD_WORDS), status=422)
    except AppError as error:
        return _start(request, access, refused(form, error), status=error.status)
    return RedirectResponse(f"{_address(access, talk_id)}/conduct", 303)


@router.get("/studies/{slug}/interviews/{interview_id}/conduct")
def conduct_page(
    request: Request,
    access: MayHold,
    interview_id: UUID,
    q: Annotated[str, Query(max_length=40)] = "",
    frame: bool = False,
) -> Response:
    """``frame``: as a device keeps it for a visit without a network, with nothing that anybody said."""
    return _conduct(request, access, interview_id, q, frame=frame)


@router.get("/studies/{slug}/interviews/{interview_id}/conduct-worker.js")
def conduct_worker(request: Request, access: MayHold, interview_id: UUID) -> Response:
    """The service worker of one talk's page; it lies here so that it looks after this talk and nothing else."""
    asset = request.app.state.assets.get(WORKER)
    return Response(asset.body, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.post("/studies/{slug}/interviews/{interview_id}/conduct")
def post_note(request: Request, access: MayHold, interview_id: UUID, form: Posted) -> Response:
    """What the page does without scripts: one note is stored, changed or taken away, and the page is shown again."""
    current_language.set(choose_language(request, access.study.language))
    values = values_of(form)
    question = values.get("question", "")
    try:
        note_id, version = _POSTED.validate_python((values.get("note") or uuid7(), values.get("version") or 0))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            if values.get("do") == "remove":
                conducting.remove_note(
                    session, still.actor.label, still.study.id, interview_id, note_id, version=version
                )
            elif values.get("text", "").strip() or values.get("mark"):
                protocol = studies.protocol(session, still.study.id)
                talk, _person = conducting_queries.talk(session, still.study.id, interview_id)
                given = NoteIn.model_validate(_given(values, talk))
                conducting.save_note(
                    session, still.actor.label, still.study, protocol, interview_id, note_id, given, version=version
                )
    except (AppError, ValidationError) as error:
        state = refused(form, error) if isinstance(error, AppError) else unreadable(form, error, {})
        status = error.status if isinstance(error, AppError) else 422
        return _conduct(request, access, interview_id, question, state=state, status=status)
    return RedirectResponse(f"{_address(access, interview_id)}/conduct?q={question}#notes", 303)


@router.get("/studies/{slug}/interviews/{interview_id}/notes/{note_id}")
def get_note(request: Request, access: MayHold, interview_id: UUID, note_id: UUID) -> NoteOut:
    with request.app.state.database.read() as session:
        found = conducting.note_of(session, studies.protocol(session, access.study.id), interview_id, note_id)
        talk, _person = conducting_queries.talk(session, access.study.id, interview_id)
    request.app.state.readings.note(access, [(talk.participant_id, note_id)])
    return found


@router.put("/studies/{slug}/interviews/{interview_id}/notes/{note_id}")
def put_note(
    request: Request,
    response: Response,
    access: MayHold,
    interview_id: UUID,
    note_id: UUID,
    given: NoteIn,
    if_match: IfMatch = None,
) -> NoteOut:
    """Store a note once under its id; the same one again is answered as it stands. If-Match "0": it is new."""
    version = _version(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        protocol = studies.protocol(session, still.study.id)
        stored, made = conducting.save_note(
            session, still.actor.label, still.study, protocol, interview_id, note_id, given, version=version
        )
    response.status_code = 201 if made else 200
    response.headers["ETag"] = f'"{stored.version}"'
    return stored


@router.delete("/studies/{slug}/interviews/{interview_id}/notes/{note_id}", status_code=204)
def delete_note(request: Request, access: MayHold, interview_id: UUID, note_id: UUID, if_match: IfMatch = None) -> None:
    version = _version(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        conducting.remove_note(session, still.actor.label, still.study.id, interview_id, note_id, version=version)


@router.post("/studies/{slug}/interviews/{interview_id}/clock")
def restart_clock(request: Request, access: MayHold, interview_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        conducting.restart_clock(session, still.actor.label, still.study.id, interview_id)
    return RedirectResponse(f"{_address(access, interview_id)}/conduct", 303)


@router.post("/studies/{slug}/interviews/{interview_id}/finish")
def finish(request: Request, access: MayHold, interview_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        held = _HELD.validate_json(str(form.get("held") or "{}"))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            conducting.finish(session, still.actor.label, still.study.id, interview_id, held)
    except AppError as error:
        return _conduct(request, access, interview_id, "", state=refused(form, error), status=error.status)
    except ValidationError as error:
        return _conduct(request, access, interview_id, "", state=unreadable(form, error, {}), status=422)
    return RedirectResponse(f"{_address(access, interview_id)}/conduct", 303)


@router.post("/studies/{slug}/interviews/{interview_id}/reopen")
def reopen(request: Request, access: MayHold, interview_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            conducting.reopen(session, still.actor.label, still.study.id, interview_id)
    except AppError as error:
        return _conduct(request, access, interview_id, "", state=refused(form, error), status=error.status)
    return RedirectResponse(f"{_address(access, interview_id)}/conduct", 303)


def _given(values: Mapping[str, str], talk: Interview) -> dict[str, Any]:
    """Return a posted note. One without a time was begun now; its time comes from the server, whatever the device's clock."""
    elapsed = int((clock.now() - talk.held_at).total_seconds() * 1000)
    return {
        "text": values.get("text", ""),
        "question": None if values.get("question", FREE) == FREE else values["question"],
        "stage": values.get("stage") or None,
        "mark": values.get("mark") or None,
        "start_ms": values.get("start_ms") or max(elapsed, 0),
    }


def _version(if_match: str | None) -> int:
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise NoteChanged()
    return int(digits)


def _start(request: Request, access: StudyAccess, form: FormState, *, status: int = 200) -> Response:
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        people = conducting_queries.people(session, access.study.id)
        latest = guide_queries.latest_version(session, access.study.id)
        versions = [one.version for one in guide_queries.guides(session, access.study.id)]
        under_way = conducting_queries.open_talks(session, access.study.id)
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "interviews",
        "zone": access.study.time_zone,
        "form": FormState({"guide_version": str(latest), **form.values}, form.errors, form.title),
        "people": [(one.code, one.code) for one in people],
        "versions": versions or [0],
        "waves": protocol.waves,
        "under_way": under_way,
        "longest": LONGEST_TITLE,
    }
    return render(request, "interviews/start.html", context, status=status, language=access.study.language)


def _conduct(
    request: Request,
    access: StudyAccess,
    interview_id: UUID,
    asked: str,
    *,
    state: FormState | None = None,
    frame: bool = False,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        talk, person = conducting_queries.talk(session, access.study.id, interview_id)
        questions = conducting.questions_of(session, talk)
        notes = [] if frame else conducting.notes_of(session, protocol, interview_id)
        confirmed = conducting_queries.any_confirmed(session, access.study.id, interview_id)
    request.app.state.readings.note(access, [(person.id, one.id) for one in notes])
    elapsed = max(int((clock.now() - talk.held_at).total_seconds() * 1000), 0)
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "interviews",
        "zone": access.study.time_zone,
        "talk": talk,
        "code": person.code,
        "form": state or FormState(),
        "elapsed": elapsed,
        "current": _current(asked, questions),
        "places": _places(protocol, questions, notes),
        "rail": _rail(protocol, questions),
        "stages": protocol.stages,
        "marks": MARKS,
        "confirmed": confirmed,
        "longest": LONGEST_NOTE,
        "state": _script_state(request, access, talk, notes, elapsed) | {"frame": frame},
    }
    return render(request, "interviews/conduct.html", context, status=status, language=access.study.language)


def _current(asked: str, questions: Sequence[GuideQuestion]) -> str:
    known = [one.key for one in questions]
    return asked if asked in (*known, FREE) else (known[0] if known else FREE)


def _rail(protocol: StudyProtocol, questions: Sequence[GuideQuestion]) -> list[tuple[str, list[GuideQuestion]]]:
    """Return the stages that are asked about, by name, with their questions."""
    found = [(stage.name, [one for one in questions if one.stage == stage.key]) for stage in protocol.stages]
    return [(name, asked) for name, asked in found if asked]


def _places(
    protocol: StudyProtocol, questions: Sequence[GuideQuestion], notes: Sequence[NoteOut]
) -> list[dict[str, Any]]:
    """Return every question with its stage and its notes, and last the place of notes that belong to none."""
    names = {stage.key: stage.name for stage in protocol.stages}
    keys = {one.key for one in questions}
    places: list[dict[str, Any]] = [
        {
            "key": one.key,
            "text": one.text,
            "probes": one.probes,
            "stage": one.stage,
            "stage_name": names.get(one.stage, one.stage),
            "notes": [note for note in notes if note.question == one.key],
        }
        for one in questions
    ]
    free = [note for note in notes if note.question not in keys]
    places.append({"key": FREE, "text": "", "probes": (), "stage": "", "stage_name": "", "notes": free})
    return places


def _script_state(
    request: Request, access: StudyAccess, talk: Interview, notes: Sequence[NoteOut], elapsed: int
) -> dict[str, Any]:
    return {
        "interview": str(talk.id),
        "user": str(access.actor.user_id),
        "address": _address(access, talk.id),
        "open": talk.state == conducting.OPEN,
        "elapsed": elapsed,
        "begun": int(talk.held_at.timestamp() * 1000),
        "csrf": token_for(request),
        "notes": [one.model_dump(mode="json") for one in notes],
        "words": script_words(),
    }


def _address(access: StudyAccess, interview_id: UUID) -> str:
    return f"/studies/{access.study.slug}/interviews/{interview_id}"
