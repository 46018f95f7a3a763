"""The curve over REST: JSON, CSV, SVG and PNG, by suffix or by Accept."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.charts import svg_to_png
from app.core.db import MICRO, Database
from app.curves import contrast_api, correction_api, deps, recoding_api
from app.curves.behind import codes_behind, quotes_behind
from app.curves.deps import Asked, Reading
from app.curves.drawing import draw
from app.curves.presentation import CurveOut, PointOut, present
from app.curves.service import Curve
from app.curves.serving import MEDIA_TYPES, PNG_WIDTH, Kind, preferred, tags
from app.participants.consents import may_be_quoted
from app.participants.sight import sight_of
from app.studies import queries as studies
from app.studies.access import ANYONE, TEXT_READERS, ApiCallerOfStudy, ApiInStudy, Caller, StudyAccess
from app.web.tables import csv_text

router = APIRouter()
router.include_router(recoding_api.router)
router.include_router(correction_api.router)
router.include_router(contrast_api.router)
curves = APIRouter(prefix="/api/v1/studies/{slug}", tags=["curves"])

MayRead = Annotated[Caller, Depends(ApiCallerOfStudy(*ANYONE, scope="curves:read"))]
MayReadText = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope="statements:read"))]


class CodedOut(BaseModel):
    """A code on a span of the text, in Unicode code points, and how many coders put it there."""

    code: str
    name: str
    start: int
    end: int
    coders: int


class QuoteOut(BaseModel):
    """A statement behind a point."""

    id: str
    participant: str
    stage: str
    role: str
    text: str
    day: int | None
    occurred_at: str
    sentiment: float
    model_version: str
    codes: list[CodedOut] = Field(description="Those that the caller may see now; none while two people code it blind.")
    quotable: bool | None = Field(
        description="Whether the person agreed to be quoted in reports; null: nobody is asked."
    )


@curves.get("/curve", summary="The emotion curve with its uncertainty", responses={200: {"model": CurveOut}})
async def get_curve(request: Request, slug: str, caller: MayRead, asked: Asked) -> Response:
    """In the form that Accept prefers: JSON unless it names CSV, SVG or PNG."""
    return await _serve(request, slug, caller, asked, preferred(request))


@curves.get("/curve.{kind}", summary="The emotion curve as JSON, CSV, SVG or PNG", responses={200: {"model": CurveOut}})
async def get_curve_as(request: Request, slug: str, caller: MayRead, asked: Asked, kind: Kind) -> Response:
    """Answers 304 to the ETag of an unchanged curve without computing it."""
    return await _serve(request, slug, caller, asked, kind)


@curves.get("/quotes", summary="The statements behind one point of a curve")
def get_quotes(
    request: Request,
    access: MayReadText,
    asked: Asked,
    key: Annotated[str, Query(max_length=90, description="The point's key.")],
    order: Literal["lowest", "highest"] = "lowest",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[QuoteOut]:
    """The most extreme first, of the same segment, wave and source as the curve. Care staff get those of people who agreed."""
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        sight = sight_of(session, access)
        found = quotes_behind(session, sight, protocol, asked, key, lowest=order == "lowest", limit=limit)
        codes = codes_behind(session, access, [one.id for one in found])
        quotable = may_be_quoted(session, access.study.id)
    request.app.state.readings.note(access, deps.whose(found))
    return [
        QuoteOut(
            id=str(one.id),
            participant=one.participant,
            stage=protocol.stage_of(one.stage_id).key,
            role=one.role,
            text=one.text,
            day=one.day,
            occurred_at=one.occurred_at.isoformat(),
            sentiment=one.sentiment_micro / MICRO,
            model_version=one.model_version,
            codes=[
                CodedOut(code=str(mark.code), name=mark.name, start=mark.start, end=mark.end, coders=mark.coders)
                for mark in codes.get(one.id, ())
            ],
            quotable=None if quotable is None else one.participant_id in quotable,
        )
        for one in found
    ]


async def _serve(request: Request, slug: str, caller: Caller, asked: Asked, kind: Kind) -> Response:
    database: Database = request.app.state.database
    reading = await database.look(lambda session: deps.read(request, session, caller.open(session, slug), asked))
    headers = _headers(reading, kind)
    if headers["ETag"] in tags(request):
        return Response(status_code=304, headers=headers)
    return await run_in_threadpool(_computed, request, reading.access, asked, kind)


def _computed(request: Request, access: StudyAccess, asked: Asked, kind: Kind) -> Response:
    with request.app.state.database.read() as session:
        reading = deps.read(request, session, access, asked)
        curve = deps.compute(request, session, reading)
        model = _beside(request, session, reading, curve) if kind in ("svg", "png") else None
    return Response(_body(curve, kind, model), media_type=MEDIA_TYPES[kind], headers=_headers(reading, kind))


def _beside(request: Request, session: Session, reading: Reading, curve: Curve) -> Curve | None:
    """The model's own curve, for a picture of the corrected one."""
    if not curve.corrected or curve.score != "corrected":
        return None
    return deps.correct(request, session, reading).model


def _headers(reading: Reading, kind: Kind) -> dict[str, str]:
    return {
        "ETag": f'{reading.etag[:-1]}-{kind}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Accept-Language, Authorization, Cookie, X-API-Key",
    }


def _body(curve: Curve, kind: Kind, model: Curve | None) -> str | bytes:
    if kind == "json":
        return present(curve).model_dump_json()
    if kind == "csv":
        names = list(PointOut.model_fields)
        rows = [[getattr(point, name) for name in names] for point in present(curve).points]
        sets = [[point.key in curve.valley, point.key in curve.peak] for point in curve.points]
        return csv_text([*names, "valley", "peak"], [row + marks for row, marks in zip(rows, sets, strict=True)])
    svg = str(draw(curve, standalone=True, behind=model))
    return svg if kind == "svg" else svg_to_png(svg, width=PNG_WIDTH)


router.include_router(curves)
