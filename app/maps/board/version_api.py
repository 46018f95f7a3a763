"""What belongs to maps over REST: kept versions, the comparison of a pair, targets, and expectations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from app.maps.board import comparison, service, targets, versions
from app.maps.board.api import IfMatch, MayRead, MayWrite, answered, version_of
from app.maps.board.comparison_documents import ComparisonOut, DifferenceOut, comparison_out, difference_out
from app.maps.board.documents import (
    BoardOut,
    GapOut,
    MapOut,
    TargetOut,
    VersionOut,
    gap_out,
    map_out,
    target_out,
    version_out,
)
from app.maps.board.schemas import ExpectationIn, TargetIn, VersionIn
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, confirm

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["maps"])

Number = Annotated[int, Path(ge=1, le=1_000_000)]
StageKey = Annotated[str, Path(max_length=40)]
TouchpointKey = Annotated[str, Path(max_length=40)]


@router.get("/maps/{map_id}/versions", summary="Kept versions of a map")
def list_versions(request: Request, access: MayRead, map_id: UUID) -> list[VersionOut]:
    """The newest first."""
    with request.app.state.database.read() as session:
        return [version_out(one) for one in versions.of(session, access.study.id, map_id)]


@router.post("/maps/{map_id}/versions", summary="Keep a map as it stands", status_code=201)
def post_version(
    request: Request, access: MayWrite, map_id: UUID, given: VersionIn, if_match: IfMatch = None
) -> VersionOut:
    """With If-Match only if nobody changed the map since. The same state under the same label is kept once."""
    revision = None if if_match is None else version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        return version_out(versions.keep(session, still, map_id, given.label, revision))


@router.get("/maps/{map_id}/versions/{number}", summary="A kept version", responses={200: {"model": BoardOut}})
def get_version(request: Request, access: MayRead, map_id: UUID, number: Number) -> Response:
    """Its notes under today's curve. A version holds no words of people: those of somebody who was erased are gone."""
    state = request.app.state
    with state.database.read() as session:
        viewer = service.viewer_of(session, access)
        found = service.board(session, state.matrices, state.scenes, viewer, map_id, number=number)
    return answered(request, access, found)


@router.get("/maps/{map_id}/versions/{number}/differences", summary="What changed since a version")
def get_differences(
    request: Request,
    access: MayRead,
    map_id: UUID,
    number: Number,
    to: Annotated[
        int | None, Query(ge=1, le=1_000_000, description="A later version; left out: the map today.")
    ] = None,
) -> list[DifferenceOut]:
    """Notes that were added, removed or changed."""
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        found = versions.differ(session, access.study.id, map_id, number, to)
    return [difference_out(one, protocol) for one in found]


@router.post("/maps/{map_id}/versions/{number}/restore", summary="Put a map back as it stood")
def restore_version(
    request: Request, response: Response, access: MayWrite, map_id: UUID, number: Number, if_match: IfMatch = None
) -> MapOut:
    """What stood until now is kept as a version first. 428 without If-Match (the map's revision), 412 when it changed."""
    revision = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        stored = map_out(service.map_facts(versions.restore(session, still, map_id, number, revision)))
    response.headers["ETag"] = f'"{stored.revision}"'
    return stored


@router.get("/maps/{map_id}/comparison", summary="A to-be map beside its as-is map")
def get_comparison(request: Request, access: MayRead, map_id: UUID) -> ComparisonOut:
    """Stage by stage: curves, targets, effort and notes. Measured where the to-be map names another wave or group."""
    state = request.app.state
    with state.database.read() as session:
        viewer = service.viewer_of(session, access)
        found = comparison.compare(session, state.matrices, viewer, map_id)
        protocol = studies.protocol(session, access.study.id)
    return comparison_out(found, protocol)


@router.put("/maps/{map_id}/targets/{stage}", summary="What a to-be map aims at in a stage")
def put_target(
    request: Request,
    response: Response,
    access: MayWrite,
    map_id: UUID,
    stage: StageKey,
    given: TargetIn,
    if_match: IfMatch = None,
) -> TargetOut:
    """428 without If-Match ("0" for the first); 412, with the target in ``current``, when it has changed."""
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        stored = target_out(targets.put_target(session, still, map_id, stage, given, version))
    response.headers["ETag"] = f'"{stored.version}"'
    return stored


@router.get("/expectations", summary="What people expect, beside what is delivered")
def list_expectations(request: Request, access: MayRead) -> list[GapOut]:
    """In the order of the road. Points of fewer than 8 people have no figures for callers without ``statements:read``."""
    state = request.app.state
    with state.database.read() as session:
        viewer = service.viewer_of(session, access)
        return [gap_out(one) for one in service.gaps_of(session, state.matrices, viewer)]


@router.put("/expectations/{stage}", summary="What people expect at a stage")
def put_stage_expectation(
    request: Request,
    response: Response,
    access: MayWrite,
    stage: StageKey,
    given: ExpectationIn,
    if_match: IfMatch = None,
) -> dict[str, object]:
    """428 without If-Match ("0" for the first); 412, with what stands in ``current``, when it has changed."""
    return _put(request, response, access, stage, None, given, if_match)


@router.put("/expectations/{stage}/{touchpoint}", summary="What people expect at a touchpoint")
def put_touchpoint_expectation(
    request: Request,
    response: Response,
    access: MayWrite,
    stage: StageKey,
    touchpoint: TouchpointKey,
    given: ExpectationIn,
    if_match: IfMatch = None,
) -> dict[str, object]:
    """As for a stage."""
    return _put(request, response, access, stage, touchpoint, given, if_match)


@router.delete("/expectations/{stage}", summary="Expect nothing in particular at a stage", status_code=204)
def delete_stage_expectation(request: Request, access: MayWrite, stage: StageKey, if_match: IfMatch = None) -> None:
    _remove(request, access, stage, None, if_match)


@router.delete("/expectations/{stage}/{touchpoint}", summary="… at a touchpoint", status_code=204)
def delete_touchpoint_expectation(
    request: Request, access: MayWrite, stage: StageKey, touchpoint: TouchpointKey, if_match: IfMatch = None
) -> None:
    _remove(request, access, stage, touchpoint, if_match)


def _put(
    request: Request,
    response: Response,
    access: MayWrite,
    stage: str,
    touchpoint: str | None,
    given: ExpectationIn,
    if_match: str | None,
) -> dict[str, object]:
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row = targets.put_expectation(session, still, stage, touchpoint, given, version)
        stored = targets.expectation_document(row)
    response.headers["ETag"] = f'"{stored["version"]}"'
    return stored


def _remove(request: Request, access: MayWrite, stage: str, touchpoint: str | None, if_match: str | None) -> None:
    version = version_of(if_match)
    with request.app.state.database.write() as session:
        targets.remove_expectation(session, confirm(session, access, RESEARCHERS), stage, touchpoint, version)
