"""The curve as programs receive it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from app.curves.service import Curve
from app.curves.words import label_of, sentence


class PointOut(BaseModel):
    """One point; scores on −1..1. ``suppressed``: fewer than 8 people, for a key that sees no text."""

    key: str
    label: str
    stage: str | None
    day_from: int | None
    day_to: int | None
    estimate: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    n_participants: int | None
    n_entries: int | None
    n_statements: int | None
    n_coded: int | None
    n_coded_participants: int | None
    enough: bool
    suppressed: bool


class CurveOut(BaseModel):
    """A curve. ``valley`` and ``peak`` list every point that cannot be excluded at ``level``; one key means it is named.

    ``unrefined`` statements wait for the study's slow coder and show scores of ``unrefined_versions``; ``refine_error`` is
    the code of what stopped it at its last attempt.
    """

    study: str
    by: Literal["stage", "day", "touchpoint"]
    score: Literal["corrected", "model", "human", "mood"]
    segment: str | None
    wave: str | None
    level: float
    estimator: str
    corrected: bool
    lam: float
    model_version: str
    recode_needed: bool
    unrefined: int
    unrefined_versions: list[str]
    refine_error: str | None
    as_of: datetime | None
    points: list[PointOut]
    valley: list[str]
    peak: list[str]
    summary: str


def present(curve: Curve) -> CurveOut:
    """Return ``curve`` as it is served, its words in the request's language."""
    points = [
        PointOut(
            key=point.key,
            label=label_of(curve, point),
            stage=point.stage,
            day_from=point.day_from,
            day_to=point.day_to,
            estimate=point.estimate,
            standard_error=point.standard_error,
            lower=point.lower,
            upper=point.upper,
            band_lower=point.band_lower,
            band_upper=point.band_upper,
            n_participants=point.participants,
            n_entries=point.entries,
            n_statements=point.statements,
            n_coded=point.coded,
            n_coded_participants=point.coded_people,
            enough=point.enough,
            suppressed=point.suppressed,
        )
        for point in curve.points
    ]
    return CurveOut(
        study=curve.study,
        by=curve.by,
        score=curve.score,
        segment=curve.segment,
        wave=curve.wave,
        level=curve.level,
        estimator=curve.estimator,
        corrected=curve.corrected,
        lam=curve.lam,
        model_version=curve.model_version,
        recode_needed=curve.recode_needed,
        unrefined=curve.refining.waiting,
        unrefined_versions=list(curve.refining.versions),
        refine_error=curve.refining.error_code,
        as_of=curve.as_of,
        points=points,
        valley=list(curve.valley),
        peak=list(curve.peak),
        summary=sentence(curve),
    )
