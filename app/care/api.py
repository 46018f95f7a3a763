"""Follow-ups, alerts and a study's rules for care staff over REST."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from app.accounts.actors import ADMIN, EXPORT, READ_CURVES, READ_STATEMENTS
from app.care import follow_ups as service
from app.care.alert_listing import alerts, every_alert, every_contact, every_follow_up
from app.care.alert_models import FollowUp
from app.care.follow_up_answers import (
    ALERT_COLUMNS,
    CONTACT_COLUMNS,
    FOLLOW_UP_COLUMNS,
    AlertOut,
    CloseIn,
    ContactIn,
    ContactOut,
    CountsOut,
    FollowUpOut,
    LaterOut,
    OneFollowUpOut,
    cells,
    follow_up_cells,
)
from app.care.follow_up_queries import contact as contact_of
from app.care.said import later_of
from app.core.errors import PreconditionRequired
from app.participants.sight import Sight, everyone, sight_of
from app.studies import queries as studies
from app.studies.access import ANYONE, RESEARCHERS, TEXT_READERS, ApiInStudy, StudyAccess, confirm
from app.studies.care_changes import change_care_rules, mark_of
from app.studies.care_rules import CareRules
from app.studies.protocol import StudyProtocol
from app.web.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor
from app.web.tables import csv_pieces

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["care"])

MOST = 200
UNSTORED = {"Cache-Control": "private, no-store"}
MayCount = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope=READ_CURVES))]
MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope=READ_STATEMENTS))]
MayExport = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope=EXPORT))]
MayAct = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope=ADMIN))]
MaySetRules = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
IfMatch = Annotated[str | None, Header(description="The ETag that was read.")]
After = Annotated[str | None, Query(max_length=40, description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
Move = Callable[..., FollowUp]


@router.get("/follow-ups", summary="Whom to be in touch with: the urgent first, then whose time is over first")
def list_follow_ups(
    request: Request,
    response: Response,
    access: MayRead,
    state: service.State = "open",
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[FollowUpOut]:
    """Closed ones: the latest first; `all`: as they were opened. Care staff get people who agreed to be seen by them."""
    with request.app.state.database.read() as session:
        sight, protocol = sight_of(session, access), studies.protocol(session, access.study.id)
        place = decode_cursor(after)
        found = service.follow_ups(session, access.study, sight, state=state, most=limit + 1, after=place)
    response.headers.update(UNSTORED)
    shown = [FollowUpOut.of(look, protocol) for look in found[:limit]]
    return Page(rows=shown, next=encode_cursor(shown[-1].id) if len(found) > limit else None)


@router.get("/follow-ups/counts", summary="How many follow-ups are open, urgent and late")
def count_follow_ups(request: Request, access: MayCount) -> CountsOut:
    """For everybody of the study: figures without people."""
    with request.app.state.database.read() as session:
        sight = sight_of(session, access) if access.can(TEXT_READERS) else everyone(access.study.id)
        counts = service.counts(session, access.study, sight)
    told = asdict(counts)
    return CountsOut(**told if access.can(RESEARCHERS) else told | {"hidden": 0})


@router.get("/follow-ups.csv", summary="All follow-ups as CSV", response_class=StreamingResponse)
def follow_ups_csv(request: Request, access: MayExport) -> StreamingResponse:
    """Streamed, as they were opened; UTF-8 with a byte order mark."""
    sight, _ = _reading(request, access)
    looks = every_follow_up(request.app.state.database, access.study, sight)
    return _table(access, "follow-ups", FOLLOW_UP_COLUMNS, follow_up_cells(looks))


@router.get("/follow-ups/{follow_up_id}", summary="One follow-up: why, what was done, and how the person is since")
def get_follow_up(request: Request, response: Response, access: MayRead, follow_up_id: UUID) -> OneFollowUpOut:
    """Its ETag is what a change puts into If-Match."""
    with request.app.state.database.read() as session:
        return _one(session, response, access, sight_of(session, access), follow_up_id)


@router.put(
    "/follow-ups/{follow_up_id}/contacts/{contact_id}", status_code=201, summary="Log an attempt to be in touch"
)
def put_contact(
    request: Request,
    response: Response,
    access: MayAct,
    follow_up_id: UUID,
    contact_id: UUID,
    given: ContactIn,
    if_match: IfMatch = None,
) -> ContactOut:
    """The id is the client's. 201 for a new one, 200 for the same once more, 409 for another with this id."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, TEXT_READERS)
        sight = sight_of(session, still)
        known = contact_of(session, still.study.id, contact_id) is not None
        logged = service.log_contact(
            session,
            still.actor,
            still.study,
            sight,
            follow_up_id,
            contact_id,
            **given.model_dump(),
            version=_version_of(if_match),
        )
        look = service.follow_up(session, still.study, sight, follow_up_id)
        answer = ContactOut.of(logged, look.person.code)
    response.headers.update(UNSTORED | {"ETag": look.etag})
    response.status_code = 200 if known else 201
    return answer


@router.post("/follow-ups/{follow_up_id}/take", summary="See to a follow-up from now on, also in somebody else's place")
def take(
    request: Request, response: Response, access: MayAct, follow_up_id: UUID, if_match: IfMatch = None
) -> OneFollowUpOut:
    """428 without If-Match; 412, with the present ETag, when it has changed since."""
    return _moved(request, response, access, follow_up_id, if_match, service.take)


@router.post("/follow-ups/{follow_up_id}/give-back", summary="Let a follow-up wait for somebody again")
def give_back(
    request: Request, response: Response, access: MayAct, follow_up_id: UUID, if_match: IfMatch = None
) -> OneFollowUpOut:
    """428 without If-Match; 412, with the present ETag, when it has changed since."""
    return _moved(request, response, access, follow_up_id, if_match, service.give_back)


@router.post("/follow-ups/{follow_up_id}/close", summary="Close a follow-up, with how it ended")
def close(
    request: Request,
    response: Response,
    access: MayAct,
    follow_up_id: UUID,
    given: CloseIn,
    if_match: IfMatch = None,
) -> OneFollowUpOut:
    """428 without If-Match; 412 when it has changed since; 409 for an urgent one without any contact."""
    move = partial(service.close, outcome=given.outcome)
    return _moved(request, response, access, follow_up_id, if_match, move)


@router.get("/alerts", summary="Why people were to be looked at, page by page")
def list_alerts(
    request: Request, response: Response, access: MayRead, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> Page[AlertOut]:
    """In the order of their ids; of people whom the caller may see."""
    sight, protocol = _reading(request, access)
    with request.app.state.database.read() as session:
        found = alerts(session, sight, protocol, most=limit + 1, after=decode_cursor(after))
    response.headers.update(UNSTORED)
    shown = list(found[:limit])
    return Page(rows=shown, next=encode_cursor(shown[-1].id) if len(found) > limit else None)


@router.get("/alerts.csv", summary="All alerts as CSV", response_class=StreamingResponse)
def alerts_csv(request: Request, access: MayExport) -> StreamingResponse:
    """Streamed, in the order of ids; UTF-8 with a byte order mark."""
    sight, protocol = _reading(request, access)
    rows = every_alert(request.app.state.database, sight, protocol)
    return _table(access, "alerts", ALERT_COLUMNS, map(cells, rows))


@router.get("/care/contacts.csv", summary="All contacts for follow-ups as CSV", response_class=StreamingResponse)
def contacts_csv(request: Request, access: MayExport) -> StreamingResponse:
    """Streamed, in the order of ids, with the team's notes; UTF-8 with a byte order mark."""
    sight, _ = _reading(request, access)
    return _table(
        access, "care-contacts", CONTACT_COLUMNS, map(cells, every_contact(request.app.state.database, sight))
    )


@router.get("/care/rules", summary="When care staff are told of a person")
def get_rules(request: Request, response: Response, access: MayRead) -> CareRules:
    """Its ETag is what a change puts into If-Match."""
    with request.app.state.database.read() as session:
        rules = studies.protocol(session, access.study.id).care_rules
    response.headers["ETag"] = f'"{mark_of(rules)}"'
    return rules


@router.put("/care/rules", summary="Say when care staff are told of a person")
def put_rules(
    request: Request, response: Response, access: MaySetRules, given: CareRules, if_match: IfMatch = None
) -> CareRules:
    """All rules at once; what is left out is as it comes. 428 without If-Match; 412, with what stands in ``current``."""
    if if_match is None:
        raise PreconditionRequired()
    seen = _tag(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        change_care_rules(session, still.actor, still.study, given, seen=seen)
    response.headers["ETag"] = f'"{mark_of(given)}"'
    return given


def _moved(
    request: Request, response: Response, access: StudyAccess, follow_up_id: UUID, if_match: str | None, move: Move
) -> OneFollowUpOut:
    version = _version_of(if_match)
    with request.app.state.database.write() as session:
        still = confirm(session, access, TEXT_READERS)
        sight = sight_of(session, still)
        move(session, still.actor, still.study, sight, follow_up_id, version=version)
        return _one(session, response, still, sight, follow_up_id)


def _one(session: Session, response: Response, access: StudyAccess, sight: Sight, follow_up_id: UUID) -> OneFollowUpOut:
    look = service.follow_up(session, access.study, sight, follow_up_id)
    since = look.follow_up.contacted_at
    later = [] if since is None else later_of(session, sight, look.person.id, since)
    response.headers.update(UNSTORED | {"ETag": look.etag})
    told = FollowUpOut.of(look, studies.protocol(session, access.study.id))
    return OneFollowUpOut(
        **dict(told),
        later=[LaterOut(entry=one.entry_id, at=one.at, mood=one.mood, score=one.score) for one in later],
    )


def _table(
    access: StudyAccess, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{access.study.slug}-{name}.csv"'} | UNSTORED
    return StreamingResponse(csv_pieces(columns, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _reading(request: Request, access: StudyAccess) -> tuple[Sight, StudyProtocol]:
    with request.app.state.database.read() as session:
        return sight_of(session, access), studies.protocol(session, access.study.id)


def _tag(if_match: str) -> str:
    return if_match.strip().removeprefix("W/").strip('"')


def _version_of(if_match: str | None) -> int | None:
    """Return the version that an If-Match names; None without one, −1 for a tag that we never gave."""
    if if_match is None:
        return None
    digits = _tag(if_match)
    return int(digits) if digits.isdecimal() and len(digits) < 10 else -1
