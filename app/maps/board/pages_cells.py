"""One cell of a map on a page of its own: every note with the words behind it, and forms that work without scripts."""

from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.core.errors import AppError, NotFound
from app.curves.words import day_words
from app.maps.board import notes, pages_posted, queries, quoting_queries, targets, words
from app.maps.board.acting import acted
from app.maps.board.looks import BoardNote, BoardStage
from app.maps.board.models import LANES, TEAM_LANES
from app.maps.board.presentation_page import Shown, shown
from app.maps.board.schemas import MOST_TEXT, NewNote
from app.maps.parties import PARTIES
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.web.forms import FormState, Posted, refused
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
TARGET: Final = "target"
DONE: Final = {"saved": _("存好了。"), "removed": _("拿掉了。"), "back": _("放回来了。")}


@router.get("/studies/{slug}/map/cells/{stage}/{lane}")
def cell_page(
    request: Request,
    access: Seen,
    stage: str,
    lane: str,
    map_id: Annotated[UUID | None, Query(alias="map")] = None,
    number: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    note: UUID | None = None,
    q: Annotated[str, Query(max_length=80)] = "",
    done: Annotated[str, Query(max_length=8)] = "",
    removed: UUID | None = None,
) -> Response:
    """``note`` and ``q``: words of the stage to choose from for that note. ``removed``: one that can be brought back."""
    return _page(request, access, (stage, lane), map_id, number, choosing=note, q=q, done=done, removed=removed)


@router.post("/studies/{slug}/maps/{map_id}/cells/{stage}/{lane}")
def add_note(request: Request, access: Editor, map_id: UUID, stage: str, lane: str, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        given = pages_posted.read(
            NewNote, {"id": form.get("id"), "stage": stage, "lane": lane, "text": form.get("text")}
        )
        made, _new = notes.add(session, still, map_id, given)
        return _cell(map_id, stage, lane, "saved") + f"#note-{made.id}"

    return acted(request, access, act, lambda error: _again(request, access, (stage, lane), map_id, form, error))


@router.post("/studies/{slug}/maps/{map_id}/notes/{note_id}")
def change_note(request: Request, access: Editor, map_id: UUID, note_id: UUID, form: Posted) -> Response:
    """``act``: save, earlier, later, attach, detach, remove, or back."""

    def act(session: Session, still: StudyAccess) -> str:
        version, asked = pages_posted.version_of(form), str(form.get("act", ""))
        if asked == "remove":
            note = notes.remove(session, still, map_id, note_id, version)
            stage = studies.protocol(session, still.study.id).stage_of(note.stage_id)
            return _cell(map_id, stage.key, note.lane, "removed") + f"&removed={note_id}"
        if asked == "back":
            note = notes.bring_back(session, still, map_id, note_id, version)
        else:
            given = pages_posted.change_of(session, still.study.id, note_id, asked, form)
            note = notes.change(session, still, map_id, note_id, given, version)
        stage = studies.protocol(session, still.study.id).stage_of(note.stage_id)
        return _cell(map_id, stage.key, note.lane, "saved") + f"#note-{note_id}"

    place = str(form.get("from_stage", "")), str(form.get("from_lane", ""))
    return acted(request, access, act, lambda error: _again(request, access, place, map_id, form, error, note_id))


@router.post("/studies/{slug}/map/expectations/{stage}")
def put_expectation(request: Request, access: Editor, stage: str, form: Posted) -> Response:
    """``act``: save or remove; ``touchpoint`` empty: what is expected of the stage as a whole."""
    map_id = pages_posted.map_of(form)

    def act(session: Session, still: StudyAccess) -> str:
        touchpoint, version = str(form.get("touchpoint", "")) or None, pages_posted.version_of(form)
        if form.get("act") == "remove":
            targets.remove_expectation(session, still, stage, touchpoint, version)
        else:
            given = pages_posted.expectation_of(form)
            targets.put_expectation(session, still, stage, touchpoint, given, version)
        return _cell(map_id, stage, "gap", "saved") + "#expect"

    return acted(request, access, act, lambda error: _again(request, access, (stage, "gap"), map_id, form, error))


@router.post("/studies/{slug}/maps/{map_id}/targets/{stage}")
def put_target(request: Request, access: Editor, map_id: UUID, stage: str, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        given = pages_posted.target_of(form)
        targets.put_target(session, still, map_id, stage, given, pages_posted.version_of(form))
        return _cell(map_id, stage, TARGET, "saved") + "#target"

    return acted(request, access, act, lambda error: _again(request, access, (stage, TARGET), map_id, form, error))


def _cell(map_id: UUID | None, stage: str, lane: str, done: str) -> str:
    return f"/map/cells/{stage}/{lane}?" + (f"map={map_id}&" if map_id else "") + f"done={done}"


def _again(
    request: Request,
    access: StudyAccess,
    place: tuple[str, str],
    map_id: UUID | None,
    form: FormData,
    error: AppError,
    note_id: UUID | None = None,
) -> Response:
    return _page(request, access, place, map_id, None, given=refused(form, error), error=error, wrong=note_id)


def _page(
    request: Request,
    access: StudyAccess,
    place: tuple[str, str],
    map_id: UUID | None,
    number: int | None,
    *,
    choosing: UUID | None = None,
    q: str = "",
    done: str = "",
    removed: UUID | None = None,
    given: FormState | None = None,
    error: AppError | None = None,
    wrong: UUID | None = None,
) -> Response:
    with request.app.state.database.read() as session:
        found = shown(request, session, access, map_id, number)
        column, lane = _place(found, place)
        cell = column.cells[lane] if lane != TARGET else ()
        seen = _chosen(session, found, column, cell, choosing, q.strip(), lane)
        gone = _gone(session, found, removed)
    read = [(one.said.participant_id, one.said.source_id) for note in cell for one in note.quotes]
    request.app.state.readings.note(access, [*read, *((one.participant_id, one.source_id) for one in seen)])
    name = translate(words.TARGET_NAME) if lane == TARGET else translate(words.LANE_NAMES[lane])
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "tab": "map",
        "shown": found,
        "board": found.board,
        "column": column,
        "lane": lane,
        "lane_name": name,
        "lane_names": words.LANE_NAMES,
        "cell": cell,
        "choosing": choosing,
        "q": q,
        "found": seen,
        "form": given or FormState(),
        "wrong": wrong,
        "notice": translate(DONE[done]) if done in DONE else "",
        "gone": gone,
        "fresh_id": uuid4(),
        "parties": PARTIES,
        "may_have_party": lane in TEAM_LANES,
        "touchpoints": found.board.protocol.touchpoints_of(column.stage.id),
        "counted": words.counted,
        "origin": words.found_by,
        "gap_words": words.gap_words,
        "day_words": day_words,
        "anchor": found.board.protocol.study.anchor_label,
        "zone": found.board.protocol.study.time_zone,
        "most_text": MOST_TEXT,
    }
    status = error.status if error else 200
    return render(request, "maps/board_cell.html", context, status=status, language=access.study.language)


def _place(found: Shown, place: tuple[str, str]) -> tuple[BoardStage, str]:
    stage_key, lane = place
    column = next((one for one in found.board.stages if one.stage.key == stage_key), None)
    if column is None or lane not in (*LANES, TARGET):
        raise NotFound()
    if lane == TARGET and (found.board.map is None or found.board.map.kind != "to_be"):
        raise NotFound()
    return column, lane


def _chosen(
    session: Session,
    found: Shown,
    column: BoardStage,
    cell: tuple[BoardNote, ...] | Any,
    choosing: UUID | None,
    asked: str,
    lane: str,
) -> Any:
    """Return statements of the stage to choose from for the note ``choosing``, without those that it rests on as a whole."""
    note = next((one for one in cell if one.id == choosing), None)
    if note is None or not found.may_edit or not found.board.text:
        return []
    viewer = pages_posted.sight_for(session, found.access)
    whole = {one.said.id for one in note.quotes if (one.start, one.end) == (0, len(one.said.text))}
    said = quoting_queries.said_in(session, viewer, column.stage.id, asked, lowest_first=lane != "delight")
    return [one for one in said if one.id not in whole]


def _gone(session: Session, found: Shown, removed: UUID | None) -> Any:
    """Return the note that was just taken off and can be brought back, if that is so."""
    note = queries.note(session, found.access.study.id, removed) if removed and found.may_edit else None
    return note if note is not None and note.removed_at is not None else None
