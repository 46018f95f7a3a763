"""Maps over REST: read, made, changed and filled."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.core.errors import PreconditionRequired
from app.maps.board import maps, notes, proposing, service
from app.maps.board.documents import BoardOut, MapOut, map_out, present
from app.maps.board.errors import StaleMap
from app.maps.board.looks import Board
from app.maps.board.schemas import MapChange, NewMap, NewNote, NoteChange
from app.studies import queries as studies
from app.studies.access import ANYONE, RESEARCHERS, ApiInStudy, StudyAccess, confirm

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["maps"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope="curves:read"))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope="admin"))]
IfMatch = Annotated[str | None, Header(description='Version of what is changed, as "3"; "0" where there is none yet.')]
VARY = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Authorization, Cookie, X-API-Key"}


def version_of(if_match: str | None) -> int:
    """Return the version that an If-Match names: 428 without one, StaleMap for a tag that we never gave."""
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise StaleMap()
    return int(digits)


def answered(request: Request, access: StudyAccess, board: Board) -> Response:
    """Return a board as JSON, 304 to its ETag; the words that it shows are noted as read."""
    request.app.state.readings.note(access, board.whose())
    body = present(board).model_dump_json().encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = VARY | {"ETag": etag}
    if etag in {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/maps", summary="The maps of a study")
def list_maps(
    request: Request, access: MayRead, retired: Annotated[bool, Query(description="Also those put away.")] = False
) -> list[MapOut]:
    """The oldest first. A study without one shows a live proposal at ``maps/live``."""
    with request.app.state.database.read() as session:
        return [map_out(one) for one in service.maps_of(session, access.study.id, retired=retired)]


@router.post("/maps", summary="Make a map", status_code=201, responses={200: {"model": MapOut}})
def post_map(request: Request, response: Response, access: MayWrite, given: NewMap) -> MapOut:
    """Under an id that you make: the same request again answers 200 and makes no second one. 409 for other content."""
    state = request.app.state
    found = None
    if given.propose:
        with state.database.read() as session:
            found = proposing.found_for(session, state.scenes, access.study.id, given)
    with state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row, made = maps.create(session, still, given)
        if made and found is not None:
            proposing.propose(session, state.scenes, still, row.id, found=found)
        stored = map_out(service.map_facts(row))
    response.status_code = 201 if made else 200
    response.headers["ETag"] = f'"{stored.revision}"'
    return stored


@router.get("/maps/live", summary="The map as it would be proposed now", responses={200: {"model": BoardOut}})
def get_live(request: Request, access: MayRead) -> Response:
    """Made of scenes, codes, fields of the form and touchpoints; nothing of it is stored."""
    state = request.app.state
    with state.database.read() as session:
        viewer = service.viewer_of(session, access)
        found = service.live(session, state.matrices, state.scenes, viewer)
    return answered(request, access, found)


@router.get("/maps/{map_id}", summary="A map with its curve", responses={200: {"model": BoardOut}})
def get_map(request: Request, access: MayRead, map_id: UUID) -> Response:
    """Words of people for those who may read them; others get the team's own notes, and figures of 8 people at least."""
    state = request.app.state
    with state.database.read() as session:
        viewer = service.viewer_of(session, access)
        found = service.board(session, state.matrices, state.scenes, viewer, map_id)
    return answered(request, access, found)


@router.patch("/maps/{map_id}", summary="Rename a map, look at other people, put it away or back")
def patch_map(
    request: Request, response: Response, access: MayWrite, map_id: UUID, given: MapChange, if_match: IfMatch = None
) -> MapOut:
    """428 without If-Match; 412, with the map in ``current``, when it has changed."""
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        stored = map_out(service.map_facts(maps.change(session, still, map_id, given, version)))
    response.headers["ETag"] = f'"{stored.revision}"'
    return stored


@router.post("/maps/{map_id}/propose", summary="Put what is proposed into a map")
def post_proposals(request: Request, access: MayWrite, map_id: UUID) -> dict[str, int]:
    """How many notes were ``added``, and how many untouched ones ``refreshed``. What the team changed or removed stays so."""
    state = request.app.state
    with state.database.read() as session:
        found = proposing.found_for(session, state.scenes, access.study.id, map_id)
    with state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        done = proposing.propose(session, state.scenes, still, map_id, found=found)
    return {"added": done.added, "refreshed": done.refreshed}


@router.post("/maps/{map_id}/notes", summary="Write a note", status_code=201)
def post_note(
    request: Request, response: Response, access: MayWrite, map_id: UUID, given: NewNote
) -> dict[str, object]:
    """Under an id that you make: the same again answers 200, other content 409 with the note in ``current``."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row, made = notes.add(session, still, map_id, given)
        stored = notes.document(session, studies.protocol(session, still.study.id), row)
    response.status_code = 201 if made else 200
    response.headers["ETag"] = f'"{stored["version"]}"'
    return stored


@router.get("/maps/{map_id}/notes/{note_id}", summary="A note as whoever edits it knows it")
def get_note(request: Request, response: Response, access: MayRead, map_id: UUID, note_id: UUID) -> dict[str, object]:
    """Its own fields and the spans that it rests on, without people's words; also one that was removed."""
    with request.app.state.database.read() as session:
        stored = notes.read(session, service.viewer_of(session, access), map_id, note_id)
    response.headers.update(VARY | {"ETag": f'"{stored["version"]}"'})
    return stored


@router.patch("/maps/{map_id}/notes/{note_id}", summary="Change or move a note")
def patch_note(
    request: Request,
    response: Response,
    access: MayWrite,
    map_id: UUID,
    note_id: UUID,
    given: NoteChange,
    if_match: IfMatch = None,
) -> dict[str, object]:
    """428 without If-Match; 412, with the note in ``current``, when it has changed. Nothing is overwritten."""
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row = notes.change(session, still, map_id, note_id, given, version)
        stored = notes.document(session, studies.protocol(session, still.study.id), row)
    response.headers["ETag"] = f'"{stored["version"]}"'
    return stored


@router.delete("/maps/{map_id}/notes/{note_id}", summary="Take a note off the map")
def delete_note(
    request: Request, response: Response, access: MayWrite, map_id: UUID, note_id: UUID, if_match: IfMatch = None
) -> dict[str, object]:
    """The note, with ``removed`` true and the version with which ``restore`` brings it back."""
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row = notes.remove(session, still, map_id, note_id, version)
        stored = notes.document(session, studies.protocol(session, still.study.id), row)
    response.headers["ETag"] = f'"{stored["version"]}"'
    return stored


@router.post("/maps/{map_id}/notes/{note_id}/restore", summary="Bring a removed note back")
def restore_note(
    request: Request, response: Response, access: MayWrite, map_id: UUID, note_id: UUID, if_match: IfMatch = None
) -> dict[str, object]:
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row = notes.bring_back(session, still, map_id, note_id, version)
        stored = notes.document(session, studies.protocol(session, still.study.id), row)
    response.headers["ETag"] = f'"{stored["version"]}"'
    return stored
