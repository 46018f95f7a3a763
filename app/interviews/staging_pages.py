"""One interview in the workbench: what was said, the stage proposed for each answer, and a person's word on it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.core.errors import AppError, Invalid
from app.interviews import queries, service, staging
from app.interviews.errors import TurnChanged
from app.interviews.models import Turn
from app.interviews.queries import RESPONDENT, InterviewLine
from app.interviews.staging import Choice, Outcome
from app.interviews.words import DONE, KINDS, NOBODY, STALE, clock_words, held_words
from app.participants.sight import sight_of
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language, translate
from app.web.pages import render

router = APIRouter(include_in_schema=False)

TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
MayStage = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
PAGE: Final = 60
OUT: Final = "out"
ALL: Final = "all"
KEYS: Final = 9
"""Stages that a key of one figure reaches."""


@router.get("/studies/{slug}/interviews/{interview_id}")
def interview_page(
    request: Request,
    access: TextSeen,
    interview_id: UUID,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    done: Annotated[str, Query(max_length=20)] = "",
    stale: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        line = queries.interview_seen(session, sight_of(session, access), interview_id)
        turns = queries.turns_of(session, access.study.id, interview_id, after=(page - 1) * PAGE, limit=PAGE)
        shown = _shown(session, access, line, turns, page)
    request.app.state.readings.note(access, [(turn.participant_id, turn.id) for turn in turns])
    words = translate(STALE) % {"n": stale} if stale else None
    context = {**_context(access), **shown, "done": DONE.get(done), "stale": words}
    return render(request, "interviews/staging.html", context, language=access.study.language)


@router.post("/studies/{slug}/interviews/{interview_id}/stages")
def confirm_stages(request: Request, access: MayStage, interview_id: UUID, form: Posted) -> Response:
    choices = _choices(form)
    database = request.app.state.database
    with database.read() as session:
        queries.interview_seen(session, sight_of(session, access), interview_id)
        coded = staging.code_turns(session, access.study.id, [choice.turn_id for choice in choices])
    with database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        outcome: Outcome = staging.confirm(session, still.actor.label, still.study.id, choices, coded)
    page = str(form.get("page", "1"))
    told = f"page={page if page.isdecimal() else 1}&stale={len(outcome.stale)}"
    done = "&done=staged" if outcome.confirmed + outcome.moved + outcome.left_out else ""
    return RedirectResponse(f"/studies/{access.study.slug}/interviews/{interview_id}?{told}{done}", 303)


@router.get("/studies/{slug}/interviews/{interview_id}/turns/{turn_id}")
def turn_page(request: Request, access: MayStage, interview_id: UUID, turn_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        return _turn(request, session, access, interview_id, turn_id)


@router.post("/studies/{slug}/interviews/{interview_id}/turns/{turn_id}")
def mend_turn(request: Request, access: MayStage, interview_id: UUID, turn_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request))
    version, text = _number(str(form.get("version", ""))), str(form.get("text", ""))
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            turn = service.change_text(
                session, still.actor.label, still.study.id, interview_id, turn_id, text, version=version
            )
            page = (turn.position - 1) // PAGE + 1
    except (Invalid, TurnChanged) as error:
        with request.app.state.database.read() as session:
            return _turn(request, session, access, interview_id, turn_id, form, error)
    back = f"/studies/{access.study.slug}/interviews/{interview_id}"
    return RedirectResponse(f"{back}?page={page}&done=mended#t-{turn_id}", 303)


def _shown(
    session: Session, access: StudyAccess, line: InterviewLine, turns: Sequence[Turn], page: int
) -> dict[str, Any]:
    protocol = studies.protocol(session, access.study.id)
    waiting = queries.turns_of(session, access.study.id, line.interview.id, limit=1, waiting=True)
    return {
        "line": line,
        "turns": turns,
        "page": page,
        "pages": max(1, -(-line.turns // PAGE)),
        "next_waiting": waiting[0] if waiting else None,
        "next_page": (waiting[0].position - 1) // PAGE + 1 if waiting else None,
        "stages": protocol.stages,
        "stage_names": {stage.id: stage.name for stage in protocol.stages},
        "touchpoint_names": {one.id: one.name for one in protocol.touchpoints},
        "wave": next((wave.name for wave in protocol.waves if wave.id == line.interview.wave_id), None),
        "statements": queries.statement_ids(session, access.study.id, [turn.id for turn in turns if turn.stage_id]),
        "to_confirm": sum(turn.role == RESPONDENT for turn in turns),
        "waiting_here": sum(turn.role == RESPONDENT and turn.confirmed_at is None for turn in turns),
        "may_stage": access.can(RESEARCHERS) and line.interview.state == staging.READY,
        "may_change": access.can(RESEARCHERS),
        "kinds": KINDS,
        "nobody": NOBODY,
        "out": OUT,
        "all": ALL,
        "keys": KEYS,
        "clock_words": clock_words,
    }


def _choices(form: FormData) -> list[Choice]:
    """Return what was decided: of the one turn whose button was pressed, or of all shown; odd fields are left out."""
    only = str(form.get("do", ""))
    rows = zip(*(form.getlist(name) for name in ("turn", "version", "stage", "touchpoint")), strict=False)
    found = []
    for turn, version, stage, touchpoint in (tuple(map(str, row)) for row in rows):
        turn_id, stage_id = _id(turn), _id(stage)
        if turn_id is None or only not in (ALL, turn) or (stage_id is None and stage != OUT):
            continue
        # What is shown is one stage with its touchpoint; at another stage there is none.
        at, _, place = touchpoint.partition(" ")
        found.append(Choice(turn_id, _number(version), stage_id, _id(place) if at == stage else None))
    return found


def _turn(
    request: Request,
    session: Session,
    access: StudyAccess,
    interview_id: UUID,
    turn_id: UUID,
    form: FormData | None = None,
    error: AppError | None = None,
) -> Response:
    line = queries.interview_seen(session, sight_of(session, access), interview_id)
    turn = queries.turn_of(session, access.study.id, interview_id, turn_id)
    state = FormState({"text": turn.text}) if form is None or error is None else refused(form, error)
    request.app.state.readings.note(access, [(turn.participant_id, turn.id)])
    context = {
        **_context(access),
        "line": line,
        "turn": turn,
        "form": state,
        "page": (turn.position - 1) // PAGE + 1,
        "nobody": NOBODY,
        "clock_words": clock_words,
    }
    return render(request, "interviews/turn.html", context, status=error.status if error else 200)


def _context(access: StudyAccess) -> dict[str, Any]:
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "interviews",
        "held_words": held_words,
        "zone": access.study.time_zone,
    }


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0
