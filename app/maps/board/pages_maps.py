"""The maps of a study, their versions, and an as-is map beside the to-be one that starts from it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.core.errors import AppError, NotFound
from app.curves import queries as curve_queries
from app.maps.board import comparison, maps, pages_posted, presentation_compare, proposing, service, versions, words
from app.maps.board.acting import acted
from app.maps.board.extraction import Proposal
from app.maps.board.looks import BoardNote
from app.maps.board.presentation_page import DONE, shown
from app.maps.board.schemas import MOST_NAME, MapChange
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language, translate
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MOST_SEGMENT_VALUES: Final = 12


@router.get("/studies/{slug}/maps")
def maps_page(request: Request, access: Seen, done: Annotated[str, Query(max_length=12)] = "") -> Response:
    return _list(request, access, done=done)


@router.post("/studies/{slug}/maps")
def make_map(request: Request, access: Editor, form: Posted) -> Response:
    """``keep``: fill it with what is proposed, as the page showed it before there was a map."""

    ready = _read_before(request, access, form)

    def act(session: Session, still: StudyAccess) -> str:
        given = pages_posted.new_map_of(form)
        made, _new = maps.create(session, still, given)
        if given.propose:
            proposing.propose(session, request.app.state.scenes, still, made.id, found=ready)
        return f"/map?map={made.id}&done=made"

    return acted(request, access, act, lambda error: _list(request, access, given=refused(form, error), error=error))


@router.post("/studies/{slug}/maps/{map_id}")
def change_map(request: Request, access: Editor, map_id: UUID, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        values: dict[str, object] = {name: str(form[name]) for name in ("title", "wave", "segment") if name in form}
        if form.get("act") in ("retire", "bring_back"):
            values = {"retired": form.get("act") == "retire"}
        maps.change(session, still, map_id, pages_posted.read(MapChange, values), pages_posted.version_of(form))
        return "/maps?done=changed"

    return acted(request, access, act, lambda error: _list(request, access, given=refused(form, error), error=error))


@router.post("/studies/{slug}/maps/{map_id}/propose")
def propose(request: Request, access: Editor, map_id: UUID) -> Response:
    with request.app.state.database.read() as reading:
        ready = proposing.found_for(reading, request.app.state.scenes, access.study.id, map_id)

    def act(session: Session, still: StudyAccess) -> str:
        found = proposing.propose(session, request.app.state.scenes, still, map_id, found=ready)
        return f"/map?map={map_id}&done=" + ("proposed" if found.added or found.refreshed else "nothing")

    return acted(request, access, act, lambda error: _list(request, access, error=error))


@router.post("/studies/{slug}/maps/{map_id}/versions")
def keep(request: Request, access: Editor, map_id: UUID, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        versions.keep(session, still, map_id, pages_posted.label_of(form))
        return f"/map?map={map_id}&done=kept" if "label" not in form else f"/maps/{map_id}/versions?done=kept"

    return acted(request, access, act, lambda error: _list(request, access, given=refused(form, error), error=error))


@router.post("/studies/{slug}/maps/{map_id}/versions/{number}/restore")
def restore(request: Request, access: Editor, map_id: UUID, number: int, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        versions.restore(session, still, map_id, number, pages_posted.version_of(form))
        return f"/map?map={map_id}&done=restored"

    return acted(request, access, act, lambda error: _versions(request, access, map_id, error=error))


@router.get("/studies/{slug}/maps/{map_id}/versions")
def versions_page(
    request: Request,
    access: Seen,
    map_id: UUID,
    since: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    until: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    done: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """``since`` and ``until``: two versions whose notes are compared; without ``until``, the map as it stands."""
    return _versions(request, access, map_id, since=since, until=until, done=done)


@router.get("/studies/{slug}/maps/{map_id}/compare")
def compare_page(request: Request, access: Seen, map_id: UUID) -> Response:
    current_language.set(choose_language(request, access.study.language))
    state = request.app.state
    with state.database.read() as session:
        viewer = service.viewer_of(session, access)
        found = comparison.compare(session, state.matrices, viewer, map_id)
        later = shown(request, session, access, map_id)
        earlier = shown(request, session, access, found.as_is.id)
    look = presentation_compare.look_of(found, earlier, later)
    state.readings.note(access, look.whose)
    context = {**_shared(access), "found": found, "look": look, "base": later.base, "study": access.study}
    return render(request, "maps/map_compare.html", context, language=access.study.language)


def _shared(access: StudyAccess) -> dict[str, Any]:
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "tab": "map",
        "may_edit": access.can(RESEARCHERS),
        "kind_names": words.KIND_NAMES,
        "zone": access.study.time_zone,
        "most_name": MOST_NAME,
    }


def _list(
    request: Request,
    access: StudyAccess,
    *,
    done: str = "",
    given: FormState | None = None,
    error: AppError | None = None,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = service.maps_of(session, access.study.id, retired=True)
        kept = {one.id: versions.of(session, access.study.id, one.id) for one in found}
        waves = studies.protocol(session, access.study.id).waves
        segments = _segments(session, access)
    form = given or (pages_posted.spoken(error) if error else FormState())
    context = {
        **_shared(access),
        "maps": [one for one in found if one.retired_at is None],
        "retired": [one for one in found if one.retired_at is not None],
        "names": {one.id: one.title for one in found},
        "kept": kept,
        "waves": waves,
        "segments": segments,
        "form": form,
        "fresh_id": uuid4(),
        "notice": translate(DONE[done]) if done in DONE else "",
    }
    status = error.status if error else 200
    return render(request, "maps/maps.html", context, status=status, language=access.study.language)


def _versions(
    request: Request,
    access: StudyAccess,
    map_id: UUID,
    *,
    since: int | None = None,
    until: int | None = None,
    done: str = "",
    error: AppError | None = None,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    state = request.app.state
    with state.database.read() as session:
        found = next((one for one in service.maps_of(session, access.study.id, retired=True) if one.id == map_id), None)
        if found is None:
            raise NotFound()
        kept = versions.of(session, access.study.id, map_id)
        notes: dict[UUID, BoardNote] = {}
        changes = []
        if since is not None:
            changes = versions.differ(session, access.study.id, map_id, since, until)
            viewer = service.viewer_of(session, access)
            for number in (since, until):
                board = service.board(session, state.matrices, state.scenes, viewer, map_id, number=number)
                notes |= {one.id: one for one in board.notes}
        protocol = studies.protocol(session, access.study.id)
    state.readings.note(access, _whose(notes))
    context = {
        **_shared(access),
        "map": found,
        "kept": kept,
        "since": since,
        "until": until,
        "changes": [presentation_compare.told(one, notes, protocol) for one in changes],
        "form": pages_posted.spoken(error) if error else FormState(),
        "notice": translate(DONE[done]) if done in DONE else "",
        "before": versions.BEFORE,
    }
    status = error.status if error else 200
    return render(request, "maps/map_versions.html", context, status=status, language=access.study.language)


def _whose(notes: Mapping[UUID, BoardNote]) -> list[tuple[UUID, UUID]]:
    first = [note.quotes[0].said for note in notes.values() if not note.own and note.quotes]
    return [(said.participant_id, said.source_id) for said in first]


def _segments(session: Session, access: StudyAccess) -> list[str]:
    values = curve_queries.attribute_values(session, access.study.id)
    return [
        f"{attribute}:{value}"
        for attribute, found in sorted(values.items())
        if 1 < len(found) <= MOST_SEGMENT_VALUES
        for value in sorted(found)
    ]


def _read_before(request: Request, access: StudyAccess, form: FormData) -> Sequence[Proposal] | None:
    """What a new map is filled with, read before anything is written, so that nobody's diary waits for it."""
    try:
        given = pages_posted.new_map_of(form)
    except AppError:
        return None  # said when it is posted
    if not given.propose:
        return None
    with request.app.state.database.read() as session:
        return proposing.found_for(session, request.app.state.scenes, access.study.id, given)
