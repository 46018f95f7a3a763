"""Insights and the self-check over REST."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.maps.insights import service
from app.maps.insights.deps import (
    IfMatch,
    MayRead,
    MayWrite,
    checked,
    etag,
    note_quotes,
    reader_sight,
    version_in,
)
from app.maps.insights.presentation import insight_out, insights_out, self_check_out
from app.maps.insights.schemas import InsightIn, NewInsight, SentenceIn, State, StepIn
from app.maps.insights.sentences import SentenceOut, judge
from app.maps.insights.shapes import InsightOut, InsightsOut, SelfCheckOut
from app.maps.insights.tables import insights_csv
from app.participants.sight import sight_of
from app.studies.access import RESEARCHERS, confirm
from app.web.i18n import choose_language, current_language

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["insights"])


@router.get("/insights", summary="Insights, how far each got, and the funnel")
def list_insights(
    request: Request,
    access: MayRead,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    stage: Annotated[str | None, Query(max_length=40, description="Only those of this stage.")] = None,
    overdue: Annotated[bool, Query(description="Only those past their date.")] = False,
) -> InsightsOut:
    """The latest first. The funnel counts all of them. Quotes are left out for who may read no statements."""
    with request.app.state.database.read() as session:
        found = service.insights(session, access.study.id, reader_sight(session, access))
    wanted = [
        look
        for look in found
        if (state is None or look.state == state)
        and (stage is None or (look.stage is not None and look.stage.key == stage))
        and (not overdue or look.overdue)
    ]
    note_quotes(request, access, *wanted)
    return insights_out(wanted, found)


@router.get("/insights.csv", summary="Insights as a table")
def insights_table(request: Request, access: MayRead) -> Response:
    """Without people's words: how many quotes each rests on is counted."""
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = service.insights(session, access.study.id, reader_sight(session, access))
    return Response(insights_csv(found), media_type="text/csv; charset=utf-8")


@router.post(
    "/insights",
    status_code=201,
    summary="Write an insight",
    responses={200: {"description": "The same, known already."}},
)
def post_insight(request: Request, response: Response, access: MayWrite, given: NewInsight) -> InsightOut:
    """Once under the caller's id: the same again answers 200, other content under the id 409."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        look, new = service.add_insight(session, still, sight_of(session, still), given)
    response.status_code = 201 if new else 200
    response.headers["ETag"] = etag(look.version)
    note_quotes(request, access, look)
    return insight_out(look)


@router.get("/insights/{insight_id}", summary="One insight with its history")
def get_insight(request: Request, response: Response, access: MayRead, insight_id: UUID) -> InsightOut:
    """Its ETag is what a change puts into If-Match."""
    with request.app.state.database.read() as session:
        look = service.insight(session, access.study.id, reader_sight(session, access), insight_id)
    response.headers["ETag"] = etag(look.version)
    note_quotes(request, access, look)
    return insight_out(look)


@router.put("/insights/{insight_id}", summary="Change an insight")
def put_insight(
    request: Request, response: Response, access: MayWrite, insight_id: UUID, given: InsightIn, if_match: IfMatch = None
) -> InsightOut:
    """428 without If-Match; 412 with what stands now when somebody else was first: nothing is overwritten."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        look = service.change_insight(session, still, sight_of(session, still), insight_id, given, seen=seen)
    response.headers["ETag"] = etag(look.version)
    note_quotes(request, access, look)
    return insight_out(look)


@router.delete("/insights/{insight_id}", status_code=204, summary="Put an insight away")
def delete_insight(request: Request, access: MayWrite, insight_id: UUID, if_match: IfMatch = None) -> None:
    """Its history stays in the log, what it led to stays in use. 428, 412."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        service.retire_insight(session, still, sight_of(session, still), insight_id, seen=seen)


@router.post("/insights/{insight_id}/steps", summary="Bring an insight into another state")
def post_step(
    request: Request, response: Response, access: MayWrite, insight_id: UUID, given: StepIn, if_match: IfMatch = None
) -> InsightOut:
    """Forward or back, back with a word. With an id, the same step again changes nothing, whatever happened since."""
    seen = version_in(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        look = service.move_insight(session, still, sight_of(session, still), insight_id, given, seen=seen)
    response.headers["ETag"] = etag(look.version)
    note_quotes(request, access, look)
    return insight_out(look)


@router.get("/self-check", summary="The five checks with their evidence")
def get_self_check(request: Request, access: MayRead) -> SelfCheckOut:
    """Scores of 0 to 4 by rules. Who may read no statements sees no words, and numbers of at least 8 people only."""
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = checked(request, session, access)
    request.app.state.readings.note(access, found.whose)
    return self_check_out(found)


@router.post("/self-check/sentence", summary="Try how specific a sentence is")
def post_sentence(request: Request, access: MayRead, given: SentenceIn) -> SentenceOut:
    """The sentence is read and not kept."""
    return judge(given.text)
