"""Improvements, results, the roadmap and the programme over REST."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.curves.deps import sees_text
from app.maps.insights import improving, outcomes, standing
from app.maps.insights.deps import IfMatch, MayRead, MayWrite, between, checked, etag, version_in
from app.maps.insights.improving import ImprovementLook
from app.maps.insights.lanes import LaneOut, lanes_of
from app.maps.insights.places import today_in
from app.maps.insights.presentation import ground_out, improvement_out, result_out, step_out
from app.maps.insights.programme import elements, five_steps, six_steps
from app.maps.insights.roadmap import lay_out
from app.maps.insights.schemas import ImprovementIn, NewImprovement, NewResult, ProgrammeIn, ResultIn, Status
from app.maps.insights.shapes import ImprovementOut, ProgrammeOut, ResultOut
from app.maps.insights.tables import results_csv
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, StudyAccess, confirm
from app.web.i18n import choose_language, current_language

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["insights"])


class BarOut(BaseModel):
    """An improvement on the time line; ``cut``: it goes on beyond the months that are drawn."""

    improvement: UUID
    starts: date | None
    due: date | None
    row: int
    first_month: str
    months: int
    cut: bool


class RoadLaneOut(BaseModel):
    party: str
    bars: list[BarOut]


class RoadmapOut(BaseModel):
    """Improvements in lanes of parties over months (2026-03); ``blueprint``: who does what at which stage."""

    months: list[str]
    lanes: list[RoadLaneOut]
    undated: list[UUID]
    improvements: list[ImprovementOut]
    blueprint: list[LaneOut]


@router.get("/improvements", summary="Improvements: who does what, until when")
def list_improvements(
    request: Request, access: MayRead, status: Annotated[Status | None, Query(description="Only these.")] = None
) -> list[ImprovementOut]:
    """The latest first."""
    with request.app.state.database.read() as session:
        found = improving.improvements(session, access.study.id)
    return [improvement_out(look) for look in found if status is None or look.status == status]


@router.post(
    "/improvements", status_code=201, summary="Plan an improvement",
    responses={200: {"description": "The same, known already."}},
)  # fmt: skip
def post_improvement(request: Request, response: Response, access: MayWrite, given: NewImprovement) -> ImprovementOut:
    """Once under the caller's id: the same again answers 200, other content under the id 409."""
    with request.app.state.database.write() as session:
        look, new = improving.add_improvement(session, confirm(session, access, RESEARCHERS), given)
    response.status_code = 201 if new else 200
    response.headers["ETag"] = etag(look.version)
    return improvement_out(look)


@router.get("/improvements/{improvement_id}", summary="One improvement")
def get_improvement(request: Request, response: Response, access: MayRead, improvement_id: UUID) -> ImprovementOut:
    """Its ETag is what a change puts into If-Match."""
    with request.app.state.database.read() as session:
        look = improving.improvement(session, access.study.id, improvement_id)
    response.headers["ETag"] = etag(look.version)
    return improvement_out(look)


@router.put("/improvements/{improvement_id}", summary="Change an improvement")
def put_improvement(
    request: Request,
    response: Response,
    access: MayWrite,
    improvement_id: UUID,
    given: ImprovementIn,
    if_match: IfMatch = None,
) -> ImprovementOut:
    """428 without If-Match; 412 with what stands now when somebody else was first."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        look = improving.change_improvement(session, still, improvement_id, given, seen=seen)
    response.headers["ETag"] = etag(look.version)
    return improvement_out(look)


@router.delete("/improvements/{improvement_id}", status_code=204, summary="Put an improvement away")
def delete_improvement(request: Request, access: MayWrite, improvement_id: UUID, if_match: IfMatch = None) -> None:
    """428, 412."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        improving.retire_improvement(session, confirm(session, access, RESEARCHERS), improvement_id, seen=seen)


@router.get("/results", summary="Figures before and after, each with what changed and how sure that is")
def list_results(request: Request, access: MayRead) -> list[ResultOut]:
    """The latest first. Who may read no statements sees figures of at least 8 people only."""
    current_language.set(choose_language(request, access.study.language))
    return [result_out(look) for look in _results(request, access)]


@router.get("/results.csv", summary="Results as a table")
def results_table(request: Request, access: MayRead) -> Response:
    """The same figures, a row each."""
    current_language.set(choose_language(request, access.study.language))
    return Response(results_csv(_results(request, access)), media_type="text/csv; charset=utf-8")


@router.post(
    "/results", status_code=201, summary="Record a result", responses={200: {"description": "The same, known already."}}
)
def post_result(request: Request, response: Response, access: MayWrite, given: NewResult) -> ResultOut:
    """Once under the caller's id: the same again answers 200, other content under the id 409."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        response.status_code = 201 if outcomes.add_result(session, still, given) else 200
    return _result(request, response, access, given.id)


@router.get("/results/{result_id}", summary="One result")
def get_result(request: Request, response: Response, access: MayRead, result_id: UUID) -> ResultOut:
    """Its ETag is what a change puts into If-Match."""
    return _result(request, response, access, result_id)


@router.put("/results/{result_id}", summary="Change a result")
def put_result(
    request: Request, response: Response, access: MayWrite, result_id: UUID, given: ResultIn, if_match: IfMatch = None
) -> ResultOut:
    """428 without If-Match; 412 with what stands now when somebody else was first."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        outcomes.change_result(session, confirm(session, access, RESEARCHERS), result_id, given, seen=seen)
    return _result(request, response, access, result_id)


@router.delete("/results/{result_id}", status_code=204, summary="Put a result away")
def delete_result(request: Request, access: MayWrite, result_id: UUID, if_match: IfMatch = None) -> None:
    """428, 412."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        outcomes.retire_result(session, confirm(session, access, RESEARCHERS), result_id, seen=seen)


@router.get("/roadmap", summary="The roadmap, and who does what at which stage")
def get_roadmap(request: Request, access: MayRead) -> RoadmapOut:
    """By month and party. Notes of the map stand in the blueprint where the team wrote them itself."""
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = improving.improvements(session, access.study.id)
        protocol = studies.protocol(session, access.study.id)
        blueprint = lanes_of(session, protocol, found)
    return _roadmap(found, today_in(protocol), blueprint)


@router.get("/programme", summary="Where the study stands in the six steps")
def get_programme(request: Request, response: Response, access: MayRead) -> ProgrammeOut:
    """Read from what the study holds. Its ETag is what a change puts into If-Match."""
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        return _programme(request, response, session, access)


@router.put("/programme", summary="Write the vision, and a word on each step")
def put_programme(
    request: Request, response: Response, access: MayWrite, given: ProgrammeIn, if_match: IfMatch = None
) -> ProgrammeOut:
    """428 without If-Match ("0": nothing was written yet); 412 with what stands now when somebody else was first."""
    seen = version_in(if_match)
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.write() as session:
        standing.set_programme(session, confirm(session, access, RESEARCHERS), given, seen=seen)
        return _programme(request, response, session, access)


def _programme(request: Request, response: Response, session: Session, access: StudyAccess) -> ProgrammeOut:
    written = standing.programme(session, access.study.id)
    found = checked(request, session, access)
    held = standing.held(session, access.study.id, found, anonymous=not sees_text(access))
    response.headers["ETag"] = etag(written.version)
    return ProgrammeOut(
        vision=written.vision,
        steps=[step_out(step) for step in six_steps(held, written.notes)],
        making_a_map=[step_out(step) for step in five_steps(held)],
        elements=[ground_out(one) for one in elements(held)],
        version=written.version,
    )


def _results(request: Request, access: StudyAccess) -> list[outcomes.ResultLook]:
    with request.app.state.database.read() as session:
        reader = between(request, session, access)
        return list(outcomes.results(session, access.study.id, reader, anonymous=reader.anonymous))


def _result(request: Request, response: Response, access: StudyAccess, result_id: UUID) -> ResultOut:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        reader = between(request, session, access)
        look = outcomes.result(session, access.study.id, result_id, reader, anonymous=reader.anonymous)
    response.headers["ETag"] = etag(look.version)
    return result_out(look)


def _roadmap(found: Sequence[ImprovementLook], today: date, lanes: list[LaneOut]) -> RoadmapOut:
    laid = lay_out(found, today)
    months = [f"{month.year}-{month.month:02}" for month in laid.months]
    shown = [
        RoadLaneOut(
            party=lane.party,
            bars=[
                BarOut(
                    improvement=bar.what.id, starts=bar.what.starts, due=bar.what.due, row=number,
                    first_month=months[bar.first], months=bar.months, cut=bar.cut,
                )
                for number, row in enumerate(lane.rows)
                for bar in row
            ],
        )
        for lane in laid.lanes
    ]  # fmt: skip
    return RoadmapOut(
        months=months,
        lanes=shown,
        undated=[one.id for one in laid.undated],
        improvements=[improvement_out(look) for look in found],
        blueprint=lanes,
    )
