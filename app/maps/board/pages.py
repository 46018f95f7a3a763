"""The map's page: the curve, the lanes under it, and the part of it that a script fetches again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.maps.board import pages_cells, pages_maps, queries, service, words
from app.maps.board.presentation_page import (
    DONE,
    Shown,
    aims_of,
    charts_of,
    doubts_of,
    grid_context,
    said_of,
    script_state,
    shown,
    tag_of,
    whose,
)
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(pages_cells.router)
router.include_router(pages_maps.router)

Seen = Annotated[StudyAccess, Depends(InStudy())]
MapId = Annotated[UUID | None, Query(alias="map")]
Number = Annotated[int | None, Query(ge=1, le=1_000_000)]


@router.get("/studies/{slug}/map")
def map_page(
    request: Request,
    access: Seen,
    map_id: MapId = None,
    number: Number = None,
    done: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    with request.app.state.database.read() as session:
        found = shown(request, session, access, map_id, number)
        heading, summary = said_of(request, session, found)
        maps = service.maps_of(session, access.study.id)
        board = found.board
        version = queries.version(session, access.study.id, board.map.id, number) if board.map and number else None
    request.app.state.readings.note(access, whose(found))
    context: dict[str, Any] = {
        **grid_context(found),
        "here": "map",
        "tab": "map",
        "heading": heading,
        "summary": summary,
        "doubts": doubts_of(found),
        "charts": charts_of(found),
        "aims": aims_of(board),
        "maps": maps,
        "may_create": access.can(RESEARCHERS),
        "state": script_state(request, found),
        "notice": _notice(found, done),
        "downloads": _downloads(found),
        "pair_href": _pair(found, maps),
        "kind_names": words.KIND_NAMES,
        "version": version,
    }
    return render(request, "maps/board.html", context, language=access.study.language)


@router.get("/studies/{slug}/map/cells")
def cells(request: Request, access: Seen, map_id: MapId = None) -> Response:
    """The grid alone, for a page that is open: 304 as long as nothing in it has changed."""
    with request.app.state.database.read() as session:
        tag = tag_of(request, session, access, service.viewer_of(session, access), map_id, None)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        found = shown(request, session, access, map_id)
    request.app.state.readings.note(access, whose(found))
    response = render(request, "maps/board_cells.html", grid_context(found), language=access.study.language)
    response.headers.update(headers)
    return response


def _notice(found: Shown, done: str) -> str:
    if found.board.map is not None and found.board.map.retired_at is not None:
        return translate(_("这张地图收起来了，只能看。"))
    return translate(DONE[done]) if done in DONE else ""


def _downloads(found: Shown) -> list[dict[str, str]]:
    board, slug = found.board, found.access.study.slug
    asked = f"?version={board.number}" if board.number else ""
    stem = f"/api/v1/studies/{slug}/" + (f"maps/{board.map.id}" if board.map else "map")
    kinds = (("pdf", "PDF"), ("pptx", "PPTX"), ("svg", "SVG"), ("png", "PNG"), ("json", "JSON"))
    return [{"href": f"{stem}.{kind}{asked}", "words": name} for kind, name in kinds]


def _pair(found: Shown, maps: Any) -> str:
    """Return where the map at hand and its pair stand side by side, or nothing."""
    board = found.board
    if board.map is None:
        return ""
    to_be = (
        board.map if board.map.kind == "to_be" else next((one for one in maps if one.as_is_id == board.map.id), None)
    )
    return f"/studies/{found.access.study.slug}/maps/{to_be.id}/compare" if to_be else ""
