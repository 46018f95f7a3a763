"""The model's curve beside the corrected one over REST, as JSON and CSV."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.curves import deps
from app.curves.correction_words import apart, wanting
from app.curves.corrections import Correction, PointCorrection
from app.curves.deps import Asked, Reading
from app.curves.words import label_of
from app.studies.access import ANYONE, ApiCallerOfStudy, Caller
from app.web.tables import csv_text

router = APIRouter(prefix="/api/v1/studies/{slug}/curve", tags=["curves"])

Kind = Literal["json", "csv"]
MEDIA_TYPES: dict[Kind, str] = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
MayRead = Annotated[Caller, Depends(ApiCallerOfStudy(*ANYONE, scope="curves:read"))]


class PointCorrectionOut(BaseModel):
    """One point: the model's own estimate, the corrected one, and ``difference``, corrected minus model.

    ``standard_error``, ``lower``, ``upper`` and the band are the difference's. ``enough``: at least 5 people were coded.
    """

    key: str
    label: str
    stage: str | None
    day_from: int | None
    day_to: int | None
    model: float | None
    model_lower: float | None
    model_upper: float | None
    corrected: float | None
    corrected_lower: float | None
    corrected_upper: float | None
    difference: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    n_participants: int | None
    n_statements: int | None
    n_coded: int | None
    n_coded_participants: int | None
    enough: bool
    suppressed: bool


class CorrectionOut(BaseModel):
    """Both curves. ``begun``: something is coded; ``settled``: enough is for the study's page to show the corrected curve.

    Before anything is coded there are no ``points``. ``model_*`` and ``corrected_*`` list the candidates of both curves.
    """

    study: str
    by: Literal["stage", "day", "touchpoint"]
    segment: str | None
    wave: str | None
    level: float
    begun: bool
    settled: bool
    lam: float
    model_version: str
    as_of: datetime | None
    points: list[PointCorrectionOut]
    model_valley: list[str]
    model_peak: list[str]
    corrected_valley: list[str]
    corrected_peak: list[str]
    summary: str


@router.get(
    "/correction.{kind}",
    summary="How far human codes move the curve from the model's own",
    responses={200: {"model": CorrectionOut}},
)
def get_correction(request: Request, slug: str, caller: MayRead, asked: Asked, kind: Kind) -> Response:
    """``score`` has no part in it. Answers 304 to the ETag of an unchanged curve without computing it."""
    with request.app.state.database.read() as session:
        reading = deps.read(request, session, caller.open(session, slug), asked)
        headers = _headers(reading, kind)
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        found = deps.correct(request, session, reading)
    return Response(_body(found, kind), media_type=MEDIA_TYPES[kind], headers=headers)


def _headers(reading: Reading, kind: Kind) -> dict[str, str]:
    return {
        "ETag": f'{reading.etag[:-1]}-correction-{kind}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Authorization, Cookie, X-API-Key",
    }


def _body(found: Correction, kind: Kind) -> str:
    told = _present(found)
    if kind == "json":
        return told.model_dump_json()
    names = list(PointCorrectionOut.model_fields)
    return csv_text(names, [[getattr(point, name) for name in names] for point in told.points])


def _present(found: Correction) -> CorrectionOut:
    curve = found.corrected
    return CorrectionOut(
        study=curve.study,
        by=curve.by,
        segment=curve.segment,
        wave=curve.wave,
        level=curve.level,
        begun=found.begun,
        settled=found.settled,
        lam=curve.lam,
        model_version=curve.model_version,
        as_of=curve.as_of,
        points=[_point(found, one) for one in found.points],
        model_valley=list(found.model.valley),
        model_peak=list(found.model.peak),
        corrected_valley=list(curve.valley) if found.begun else [],
        corrected_peak=list(curve.peak) if found.begun else [],
        summary=apart(found) or wanting(found),
    )


def _point(found: Correction, one: PointCorrection) -> PointCorrectionOut:
    model, corrected = one.model, one.corrected
    return PointCorrectionOut(
        key=model.key,
        label=label_of(found.model, model),
        stage=model.stage,
        day_from=model.day_from,
        day_to=model.day_to,
        model=model.estimate,
        model_lower=model.lower,
        model_upper=model.upper,
        corrected=corrected.estimate,
        corrected_lower=corrected.lower,
        corrected_upper=corrected.upper,
        difference=one.difference,
        standard_error=one.standard_error,
        lower=one.lower,
        upper=one.upper,
        band_lower=one.band_lower,
        band_upper=one.band_upper,
        n_participants=model.participants,
        n_statements=model.statements,
        n_coded=corrected.coded,
        n_coded_participants=corrected.coded_people,
        enough=corrected.enough,
        suppressed=corrected.suppressed,
    )
