"""Two curves of a study and their difference over REST: JSON, CSV, SVG and PNG."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.charts import svg_to_png
from app.core.db import Database
from app.curves import contrast_deps, deps
from app.curves.contrast_deps import Sides
from app.curves.contrast_drawing import draw_both
from app.curves.contrast_words import Compared, sentence
from app.curves.contrasts import PointContrast
from app.curves.deps import Asked, Reading
from app.curves.presentation import source_of
from app.curves.service import Curve
from app.curves.serving import MEDIA_TYPES, PNG_WIDTH, Kind, preferred, tags
from app.curves.words import label_of
from app.studies.access import ANYONE, ApiCallerOfStudy, Caller, StudyAccess
from app.web.tables import csv_text

router = APIRouter(prefix="/api/v1/studies/{slug}/curve", tags=["curves"])
MayRead = Annotated[Caller, Depends(ApiCallerOfStudy(*ANYONE, scope="curves:read"))]


def sides(
    a: Annotated[str, Query(max_length=160, description="segment:attribute:value, wave:key, source:name or all.")],
    b: Annotated[str, Query(max_length=160, description="The other group.")],
) -> Sides:
    """Return the two groups that the query string names."""
    return Sides(a, b)


AskedSides = Annotated[Sides, Depends(sides)]


class SideOut(BaseModel):
    """One of the two groups, with the candidates for its valley and peak."""

    group: str
    name: str
    score: Literal["corrected", "model", "human", "mood"]
    source: Literal["diary", "interview", "observer", "self_report"] | None
    segment: str | None
    wave: str | None
    estimator: str
    valley: list[str]
    peak: list[str]


class PointContrastOut(BaseModel):
    """One point of both curves, and ``difference``: ``b`` minus ``a``.

    ``standard_error``, ``lower``, ``upper`` and the band are the difference's; the band holds for all points at once.
    ``clear``: the band excludes zero; ``perhaps``: the interval does. ``n_both`` wrote here on both sides.
    """

    key: str
    label: str
    stage: str | None
    day_from: int | None
    day_to: int | None
    a: float | None
    a_lower: float | None
    a_upper: float | None
    a_n_participants: int | None
    a_n_entries: int | None
    b: float | None
    b_lower: float | None
    b_upper: float | None
    b_n_participants: int | None
    b_n_entries: int | None
    difference: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    n_both: int | None
    enough: bool
    clear: bool
    perhaps: bool
    suppressed: bool


class ContrastOut(BaseModel):
    """Two curves over the same positions. ``pairing`` is null where too few people decide it to say it to this caller."""

    study: str
    by: Literal["stage", "day", "touchpoint"]
    level: float
    a: SideOut
    b: SideOut
    pairing: Literal["same people", "other people", "some of the same people"] | None
    model_version: str
    as_of: datetime | None
    points: list[PointContrastOut]
    clear: list[str] = Field(description="Points where the two differ with all points looked at, the largest first.")
    summary: str


@router.get(
    "/contrast", summary="Two segments, waves or sources and their difference", responses={200: {"model": ContrastOut}}
)
async def get_contrast(request: Request, slug: str, caller: MayRead, asked: Asked, two: AskedSides) -> Response:
    """In the form that Accept prefers: JSON unless it names CSV, SVG or PNG."""
    return await _serve(request, slug, caller, asked, two, preferred(request))


@router.get(
    "/contrast.{kind}",
    summary="Two segments, waves or sources and their difference, as JSON, CSV, SVG or PNG",
    responses={200: {"model": ContrastOut}},
)
async def get_contrast_as(
    request: Request, slug: str, caller: MayRead, asked: Asked, two: AskedSides, kind: Kind
) -> Response:
    """``segment``, ``wave`` and ``source`` narrow both sides. Answers 304 to the ETag of unchanged curves."""
    return await _serve(request, slug, caller, asked, two, kind)


async def _serve(request: Request, slug: str, caller: Caller, asked: Asked, two: Sides, kind: Kind) -> Response:
    database: Database = request.app.state.database
    reading = await database.look(
        lambda session: deps.read(request, session, caller.open(session, slug), asked, beside=two)
    )
    headers = _headers(reading, kind)
    if headers["ETag"] in tags(request):
        return Response(status_code=304, headers=headers)
    return await run_in_threadpool(_computed, request, reading.access, asked, two, kind)


def _computed(request: Request, access: StudyAccess, asked: Asked, two: Sides, kind: Kind) -> Response:
    with request.app.state.database.read() as session:
        reading = deps.read(request, session, access, asked, beside=two)
        told = contrast_deps.compare(request, session, reading, two)
    return Response(_body(told, kind), media_type=MEDIA_TYPES[kind], headers=_headers(reading, kind))


def _headers(reading: Reading, kind: Kind) -> dict[str, str]:
    return {
        "ETag": f'{reading.etag[:-1]}-contrast-{kind}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Accept-Language, Authorization, Cookie, X-API-Key",
    }


def _body(told: Compared, kind: Kind) -> str | bytes:
    if kind == "json":
        return present(told).model_dump_json()
    if kind == "csv":
        names = list(PointContrastOut.model_fields)
        return csv_text(names, [[getattr(point, name) for name in names] for point in present(told).points])
    svg = str(draw_both(told, standalone=True))
    return svg if kind == "svg" else svg_to_png(svg, width=PNG_WIDTH)


def present(told: Compared) -> ContrastOut:
    """Return the comparison as it is served, its words in the request's language."""
    found = told.found
    return ContrastOut(
        study=found.a.study,
        by=found.a.by,
        level=found.level,
        a=_side(found.a, told.a.token, told.a.name),
        b=_side(found.b, told.b.token, told.b.name),
        pairing=found.pairing,
        model_version=found.a.model_version,
        as_of=found.a.as_of,
        points=[_point(told, one) for one in found.points],
        clear=[one.key for one in found.clear],
        summary=sentence(told),
    )


def _side(curve: Curve, token: str, name: str) -> SideOut:
    return SideOut(
        group=token,
        name=name,
        score=curve.score,
        source=source_of(curve),
        segment=curve.segment,
        wave=curve.wave,
        estimator=curve.estimator,
        valley=list(curve.valley),
        peak=list(curve.peak),
    )


def _point(told: Compared, one: PointContrast) -> PointContrastOut:
    a, b = one.a, one.b
    return PointContrastOut(
        key=a.key,
        label=label_of(told.found.a, a),
        stage=a.stage,
        day_from=a.day_from,
        day_to=a.day_to,
        a=a.estimate,
        a_lower=a.lower,
        a_upper=a.upper,
        a_n_participants=a.participants,
        a_n_entries=a.entries,
        b=b.estimate,
        b_lower=b.lower,
        b_upper=b.upper,
        b_n_participants=b.participants,
        b_n_entries=b.entries,
        difference=one.difference,
        standard_error=one.standard_error,
        lower=one.lower,
        upper=one.upper,
        band_lower=one.band_lower,
        band_upper=one.band_upper,
        n_both=one.both,
        enough=one.enough,
        clear=one.clear,
        perhaps=one.perhaps,
        suppressed=one.suppressed,
    )
