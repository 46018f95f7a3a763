"""The curve as programs receive it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.curves.service import Curve, CurvePoint, SmoothDay, SourceName
from app.curves.tipping_words import robustness, tipping_point
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
    n_reached: int | None = Field(description="By stage: people who wrote there or at a later stage.")
    n_missing: int | None = Field(description="By stage: those of them who wrote nothing there.")
    tip_changes: float | None = Field(
        description="How many score points lower the missing would have to feel than the others until the valley set changes."
    )
    tip_joins: float | None = Field(description="The same, until this stage belongs to the valley set; 0: it does.")
    tip_leads: float | None = Field(description="The same, until this stage is the lowest; 0: it is.")
    tip_room: float | None = Field(description="The most that the scale leaves the missing to be lower.")


class SmoothOut(BaseModel):
    """The smooth curve on one day; null where fewer than 5 people stand near it."""

    day: float
    value: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    n_participants: int


class TippingOut(BaseModel):
    """The stage that would become the lowest first, if the ``n_missing`` of it felt ``lower`` points worse than those who
    wrote; ``reachable``: the scale goes so far down."""

    key: str
    n_missing: int
    lower: float
    reachable: bool


class CurveOut(BaseModel):
    """A curve. ``valley`` and ``peak`` list every point that cannot be excluded at ``level``; one key means it is named.

    ``unrefined`` statements wait for the study's slow coder and show scores of ``unrefined_versions``; ``refine_error`` is
    the code of what stopped it at its last attempt.
    """

    study: str
    by: Literal["stage", "day", "touchpoint"]
    score: Literal["corrected", "model", "human", "mood"]
    source: Literal["diary", "interview", "observer", "self_report"] | None = Field(
        description="Whose account; null: diaries and interviews together."
    )
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
    robustness: str = Field(
        description="In words: how much worse the missing would have to feel to move the lowest stage."
    )
    tipping: TippingOut | None
    smooth: list[SmoothOut] = Field(
        description="By day, for keys that may read statements: the curve through the days."
    )


def source_of(curve: Curve) -> SourceName | None:
    """Return whose account the curve tells; of a mood, people's own report."""
    return "self_report" if curve.score == "mood" else curve.source


def present(curve: Curve) -> CurveOut:
    """Return ``curve`` as it is served, its words in the request's language."""
    tip = tipping_point(curve)
    return CurveOut(
        study=curve.study,
        by=curve.by,
        score=curve.score,
        source=source_of(curve),
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
        points=[point_out(curve, point) for point in curve.points],
        valley=list(curve.valley),
        peak=list(curve.peak),
        summary=sentence(curve),
        robustness=robustness(curve),
        tipping=tip and TippingOut(key=tip.point.key, n_missing=tip.people, lower=tip.lower, reachable=tip.reachable),
        smooth=[_smooth(one) for one in curve.smooth],
    )


def point_out(curve: Curve, point: CurvePoint) -> PointOut:
    """Return one point as it is served."""
    missing = point.missing
    return PointOut(
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
        n_reached=missing and missing.reached,
        n_missing=missing and missing.people,
        tip_changes=missing and missing.changes,
        tip_joins=missing and missing.joins,
        tip_leads=missing and missing.leads,
        tip_room=missing and missing.room,
    )


def _smooth(one: SmoothDay) -> SmoothOut:
    return SmoothOut(
        day=one.day,
        value=one.value,
        lower=one.lower,
        upper=one.upper,
        band_lower=one.band_lower,
        band_upper=one.band_upper,
        n_participants=one.participants,
    )
