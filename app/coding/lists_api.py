"""Codings and draws over REST: page by page, and as CSV; and the plan by which statements are drawn."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.accounts.actors import ADMIN, EXPORT, READ_STATEMENTS
from app.coding import lists_queries, plans
from app.coding.errors import NoDrawPlan, StalePlan
from app.coding.plan_schemas import PlanIn, PlanOut
from app.core.db import MICRO
from app.core.errors import PreconditionRequired
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, ApiInStudy, StudyAccess, confirm
from app.web.paging import DEFAULT_LIMIT, MOST, Page, decode_cursor, encode_cursor
from app.web.tables import csv_pieces

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["coding"])

MayList = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=READ_STATEMENTS))]
MayExport = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=EXPORT))]
MayPlan = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
After = Annotated[str | None, Query(max_length=40)]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Statements on a page.")]
IfMatch = Annotated[str | None, Header(description='ETag of the plan that is replaced; "0" where there is none.')]
CHUNK: Final = 500


class CodedExcerptOut(BaseModel):
    """A code on a span of the statement, in code points, with the words under it."""

    id: UUID
    code: UUID
    name: str
    start: int
    end: int
    text: str
    memo: str


class CodedOut(BaseModel):
    """What one coder says of one statement. ``probability`` is π of its draw; null where it was not drawn."""

    statement: UUID
    participant: str
    stage: str
    coder: UUID
    coder_name: str
    coder_kind: str
    sentiment: int | None
    emotions: list[str]
    memo: str
    excerpts: list[CodedExcerptOut]
    done: bool
    blind: bool
    version: int
    updated_at: datetime
    probability: float | None
    doubled: bool | None


class DrawOut(BaseModel):
    """A drawn statement: ``places`` coders are wanted, ``done`` have finished. ``human`` is the value in force, −1..1."""

    statement: UUID
    participant: str
    stage: str
    probability: float
    doubled: bool
    plan_version: int
    drawn_at: datetime
    places: int
    given: int
    done: int
    human: float | None


@router.get("/codings", summary="What coders say, statement by statement")
def list_codings(
    request: Request, access: MayList, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> Page[CodedOut]:
    """Every coding of a page's statements. Those of a statement that two still code blind are left out."""
    with request.app.state.database.read() as session:
        statements = lists_queries.coded_statements(session, access, decode_cursor(after), limit + 1)
        rows = _coded(session, access, statements[:limit])
    request.app.state.readings.note(access, _whose(statements[:limit]))
    return Page(rows=rows, next=_next(statements, limit))


@router.get("/codings.csv", summary="Every coding as CSV", response_class=StreamingResponse)
def codings_csv(request: Request, access: MayExport) -> StreamingResponse:
    """One row per coding; excerpts as ``code@start-end``, joined by semicolons. UTF-8 with a byte order mark."""

    def page(session: Session, after: UUID | None) -> tuple[Sequence[Any], list[BaseModel]]:
        statements = lists_queries.coded_statements(session, access, after, CHUNK)
        request.app.state.readings.note(access, _whose(statements), exported=True)
        return statements, list(_coded(session, access, statements))

    return _csv(request, access, "codings", CodedOut, page)


@router.get("/draws", summary="What was drawn for people to code")
def list_draws(request: Request, access: MayList, after: After = None, limit: Limit = DEFAULT_LIMIT) -> Page[DrawOut]:
    """Drawn statements that stand, with the probability with which each was drawn."""
    with request.app.state.database.read() as session:
        found = lists_queries.draws(session, access.study.id, decode_cursor(after), limit + 1)
        rows = _drawn(session, access, found[:limit])
    return Page(rows=rows, next=_next(found, limit))


@router.get("/draws.csv", summary="Every draw as CSV", response_class=StreamingResponse)
def draws_csv(request: Request, access: MayExport) -> StreamingResponse:
    """One row per drawn statement; UTF-8 with a byte order mark."""

    def page(session: Session, after: UUID | None) -> tuple[Sequence[Any], list[BaseModel]]:
        found = lists_queries.draws(session, access.study.id, after, CHUNK)
        return found, list(_drawn(session, access, found))

    return _csv(request, access, "draws", DrawOut, page)


@router.get("/draw-plan", summary="The plan in force, and how far its draws are")
def read_plan(request: Request, response: Response, access: MayList) -> PlanOut:
    """409 where nothing is drawn yet. Its ETag is what a change puts into If-Match."""
    with request.app.state.database.read() as session:
        found = plans.in_force(session, access.study.id)
    if found is None:
        raise NoDrawPlan()
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/draw-plan", summary="Put a plan in force, and draw by it")
def put_plan(request: Request, response: Response, access: MayPlan, given: PlanIn, if_match: IfMatch = None) -> PlanOut:
    """The plan as it stands. What was drawn stays drawn. 428 without If-Match, 412 when another is in force by now."""
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise StalePlan()
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        plans.plan(session, still, given, int(digits))
        found = plans.in_force(session, still.study.id)
    if found is None:
        raise NoDrawPlan()
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.post("/draw-plan/preview", summary="What a plan would mean, with nothing drawn")
def preview_plan(request: Request, access: MayPlan, given: PlanIn) -> PlanOut:
    """By stage: how many statements would be drawn, how many codes are left to give, and the interval that follows."""
    with request.app.state.database.read() as session:
        return plans.preview(session, access.study.id, given)


def _coded(session: Session, access: StudyAccess, statements: Sequence[Any]) -> list[CodedOut]:
    by_id = {row.id: row for row in statements}
    stages = {stage.id: stage.key for stage in studies.protocol(session, access.study.id).stages}
    marked: dict[tuple[UUID, UUID], list[CodedExcerptOut]] = defaultdict(list)
    for one, name in lists_queries.excerpts(session, access.study.id, by_id):
        text = by_id[one.statement_id].text[one.start : one.end]
        shown = CodedExcerptOut(
            id=one.id, code=one.code_id, name=name, start=one.start, end=one.end, text=text, memo=one.memo
        )
        marked[one.statement_id, one.coder_id].append(shown)
    rows = []
    for coding, coder in lists_queries.codings(session, access, by_id):
        row = by_id[coding.statement_id]
        rows.append(
            CodedOut(
                statement=row.id,
                participant=row.code,
                stage=stages.get(row.stage_id, ""),
                coder=coder.id,
                coder_name=coder.name,
                coder_kind=coder.kind,
                sentiment=coding.sentiment,
                emotions=list(coding.emotions),
                memo=coding.memo,
                excerpts=marked[row.id, coder.id],
                done=coding.done_at is not None,
                blind=coding.blind,
                version=coding.version,
                updated_at=coding.updated_at,
                probability=row.probability,
                doubled=row.doubled,
            )
        )
    return rows


def _drawn(session: Session, access: StudyAccess, found: Sequence[Any]) -> list[DrawOut]:
    stages = {stage.id: stage.key for stage in studies.protocol(session, access.study.id).stages}
    return [
        DrawOut(
            statement=row.id,
            participant=row.code,
            stage=stages.get(row.stage_id, ""),
            probability=row.probability,
            doubled=row.doubled,
            plan_version=row.plan_version,
            drawn_at=row.drawn_at,
            places=2 if row.doubled else 1,
            given=row.given,
            done=row.done,
            human=None if row.human_micro is None else row.human_micro / MICRO,
        )
        for row in found
    ]


def _csv(
    request: Request,
    access: StudyAccess,
    name: str,
    shape: type[BaseModel],
    page: Callable[[Session, UUID | None], tuple[Sequence[Any], list[BaseModel]]],
) -> StreamingResponse:
    def rows() -> Iterator[list[object]]:
        after: UUID | None = None
        while True:
            # A transaction a page: a slow reader must not hold one open.
            with request.app.state.database.read() as session:
                found, shown = page(session, after)
            for one in shown:
                yield [_cell(getattr(one, column)) for column in shape.model_fields]
            if len(found) < CHUNK:
                return
            after = found[-1].id

    headers = {
        "Content-Disposition": f'attachment; filename="{access.study.slug}-{name}.csv"',
        "Cache-Control": "no-store",
    }
    pieces = csv_pieces(tuple(shape.model_fields), rows())
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return ";".join(
            f"{one.name}@{one.start}-{one.end}" if isinstance(one, CodedExcerptOut) else str(one) for one in value
        )
    return str(value) if isinstance(value, UUID) else value


def _whose(statements: Sequence[Any]) -> list[tuple[UUID, UUID]]:
    return [(row.participant_id, row.source_id) for row in statements]


def _next(rows: Sequence[Any], limit: int) -> str | None:
    return encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
