"""Schedules and events over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from app.accounts.actors import ADMIN, READ_STATEMENTS
from app.core.errors import PreconditionRequired
from app.participants.presentation import find_person
from app.prompts import queries, service
from app.prompts.difference import Difference, difference
from app.prompts.errors import ScheduleChanged
from app.prompts.models import LifeEvent
from app.prompts.schemas import LifeEventIn, LifeEventOut, ScheduleChange, ScheduleIn, ScheduleOut
from app.studies.access import ANYONE, RESEARCHERS, TEXT_READERS, ApiInStudy, StudyAccess, confirm

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["prompts"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE))]
MayList = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope=READ_STATEMENTS))]
MayManage = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
Code = Annotated[str, Path(max_length=40, description="The participant's code.")]
IfMatch = Annotated[str | None, Header(description="ETag of the schedule that is replaced.")]


@router.get("/schedule", summary="The schedule of prompts in force")
def read_schedule(request: Request, response: Response, access: MayRead) -> ScheduleOut:
    """Its ETag is what a change puts into If-Match. Revision 0: never applied, the template's proposal."""
    with request.app.state.database.read() as session:
        schedule = service.schedule_of(session, access.study)
    response.headers["ETag"] = _etag(schedule.revision)
    return schedule


@router.put("/schedule", summary="Put a schedule in force")
def put_schedule(
    request: Request, response: Response, access: MayManage, schedule: ScheduleIn, if_match: IfMatch = None
) -> ScheduleOut:
    """The schedule as it stands now. 428 without If-Match, 412 when it has changed since. What was sent stays."""
    if if_match is None:
        raise PreconditionRequired()
    change = ScheduleChange(revision=_revision(if_match), schedule=schedule)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        service.apply_schedule(session, still.actor.label, still.study.id, change)
        applied = service.schedule_of(session, still.study)
    response.headers["ETag"] = _etag(applied.revision)
    return applied


@router.post("/schedule/preview", summary="What a schedule would change of the days ahead")
def preview_schedule(request: Request, access: MayManage, schedule: ScheduleIn) -> Difference:
    """Which planned prompts would appear, move and go, counted by day, with examples. Nothing is changed."""
    with request.app.state.database.read() as session:
        return difference(session, access.study.id, schedule)


@router.get("/participants/{code}/events", summary="What happened to a participant that rules may wait for")
def list_events(request: Request, access: MayList, code: Code) -> list[LifeEventOut]:
    """Every event, the earliest first."""
    with request.app.state.database.read() as session:
        person = find_person(session, access, code)
        events = queries.life_events(session, access.study.id, person.id)
    return [_event_out(event, person.code) for event in events]


@router.post(
    "/participants/{code}/events",
    status_code=201,
    summary="Record that something happened to a participant",
    responses={200: {"description": "The same event, recorded before."}},
)
def record_event(
    request: Request, response: Response, access: MayManage, code: Code, given: LifeEventIn
) -> LifeEventOut:
    """The event; prompts that wait for its kind follow. With an id, recording it again changes nothing (200)."""
    with request.app.state.database.write() as session:
        person = find_person(session, access, code)
        event, new = service.record_event(session, access.actor.label, access.study.id, person.id, given)
        shown = _event_out(event, person.code)
    response.status_code = 201 if new else 200
    return shown


def _event_out(event: LifeEvent, code: str) -> LifeEventOut:
    return LifeEventOut(id=event.id, participant=code, kind=event.kind, at=event.at, recorded_at=event.recorded_at)


def _etag(revision: int) -> str:
    return f'"{revision}"'


def _revision(if_match: str) -> int:
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise ScheduleChanged()
    return int(digits)
