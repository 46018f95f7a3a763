"""Insights, improvements, results, the self-check and the programme as programs receive them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.maps.insights.checking import MOST, PASSING, Check
from app.maps.insights.effects import Effect, Interval
from app.maps.insights.funnel import FunnelStep, funnel
from app.maps.insights.improving import ImprovementLook
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.programme import Ground, ProgrammeStep
from app.maps.insights.schemas import Kind, State, Status
from app.maps.insights.self_checking import SelfCheck
from app.maps.insights.service import InsightLook
from app.maps.insights.words import (
    check_name,
    check_next,
    evidence_words,
    ground_words,
    result_words,
    step_name,
)  # fmt: skip


class QuoteOut(BaseModel):
    """A quotation: code points [start, end) of a statement, and its words."""

    statement: UUID
    participant: str
    start: int
    end: int
    words: str


class StepOut(BaseModel):
    id: UUID
    state: State
    note: str
    at: datetime


class InsightOut(BaseModel):
    """An insight. ``quotes`` are those the caller may read, ``quoted`` counts all."""

    id: UUID
    title: str
    text: str
    stage: str | None
    touchpoint: str | None
    segment: str | None
    owner: str | None
    due: date | None
    overdue: bool
    metric: str
    state: State
    history: list[StepOut]
    quotes: list[QuoteOut]
    quoted: int
    version: int
    created_at: datetime
    updated_at: datetime


class FunnelOut(BaseModel):
    """``reached``: in this state or beyond. ``benchmark`` is a practitioners' figure about companies, not measured here."""

    state: State
    here: int
    reached: int
    share: float | None
    benchmark: float


class InsightsOut(BaseModel):
    insights: list[InsightOut]
    funnel: list[FunnelOut]
    overdue: int


class ImprovementOut(BaseModel):
    """An improvement; ``party`` is one of the ten."""

    id: UUID
    title: str
    text: str
    insight: UUID | None
    stage: str | None
    party: str
    owner: str | None
    starts: date | None
    due: date | None
    status: Status
    overdue: bool
    version: int
    created_at: datetime
    updated_at: datetime


class IntervalOut(BaseModel):
    estimate: float
    lower: float | None
    upper: float | None


class EffectOut(BaseModel):
    """``difference`` is after − before in the figure's own unit (of a share: 0.01 is one percentage point); ``relative``
    is after ÷ before − 1. The two are never mixed."""

    before: IntervalOut
    after: IntervalOut
    difference: IntervalOut
    relative: IntervalOut | None
    clear: bool


class ResultOut(BaseModel):
    """A figure before and after. ``effect`` null: too few people. ``improved`` null: the figures cannot tell."""

    id: UUID
    name: str
    kind: Kind
    unit: str
    better: Literal["higher", "lower"]
    insight: UUID | None
    improvement: UUID | None
    before_period: str
    before_n: int | None
    before_value: float | None
    before_sd: float | None
    after_period: str
    after_n: int | None
    after_value: float | None
    after_sd: float | None
    stage: str | None
    before_wave: str | None
    after_wave: str | None
    basis: str
    effect: EffectOut | None
    improved: bool | None
    few: bool
    suppressed: bool
    summary: str
    version: int


class EvidenceOut(BaseModel):
    """One thing that was counted, in words, and under which address of the study it stands."""

    kind: str
    stage: str | None
    met: bool
    words: str
    specificity: float | None = Field(default=None, description="Of a pain: 0 to 1.")


class CheckOut(BaseModel):
    """A check: ``met`` of ``whole`` make ``score``; ``next`` says what to do where it does not pass."""

    key: str
    name: str
    score: int
    passes: bool
    met: int
    whole: int
    evidence: list[EvidenceOut]
    next: str | None


class SelfCheckOut(BaseModel):
    """Five checks of 0 to 4 points; each passes from ``passing``."""

    score: int
    whole: int
    most: int
    passing: int
    pains_from: Literal["map", "scenes"]
    checks: list[CheckOut]


class GroundOut(BaseModel):
    key: str
    words: str
    met: bool
    count: int


class ProgrammeStepOut(BaseModel):
    """A step, read from the study: done when all grounds are met, begun when one is."""

    key: str
    name: str
    standing: Literal["done", "begun", "open"]
    note: str
    grounds: list[GroundOut]


class ProgrammeOut(BaseModel):
    vision: str
    steps: list[ProgrammeStepOut]
    making_a_map: list[ProgrammeStepOut]
    elements: list[GroundOut]
    version: int


def insight_out(look: InsightLook) -> InsightOut:
    """Return an insight as it is served."""
    quotes = [
        QuoteOut(statement=one.said.id, participant=one.said.participant, start=one.start, end=one.end, words=one.words)
        for one in look.quotes
    ]
    steps = [StepOut(id=one.id, state=_state(one.state), note=one.note, at=one.at) for one in look.steps]
    return InsightOut(
        **_plain(look, "id", "title", "text", "segment", "due", "overdue", "metric", "quoted", "version"),
        stage=look.stage.key if look.stage else None,
        touchpoint=look.touchpoint.key if look.touchpoint else None,
        owner=look.owner.login if look.owner else None,
        state=_state(look.state),
        history=steps,
        quotes=quotes,
        created_at=look.created_at,
        updated_at=look.updated_at,
    )


def insights_out(looks: Iterable[InsightLook], everything: Iterable[InsightLook]) -> InsightsOut:
    """Return these insights, and the funnel of ``everything``."""
    known = list(everything)
    return InsightsOut(
        insights=[insight_out(look) for look in looks],
        funnel=[_funnel_out(step) for step in funnel(look.state for look in known)],
        overdue=sum(look.overdue for look in known),
    )


def improvement_out(look: ImprovementLook) -> ImprovementOut:
    """Return an improvement as it is served."""
    names = (
        "id",
        "title",
        "text",
        "party",
        "starts",
        "due",
        "status",
        "overdue",
        "version",
        "created_at",
        "updated_at",
    )
    return ImprovementOut(
        **_plain(look, *names),
        insight=look.insight_id,
        stage=look.stage.key if look.stage else None,
        owner=look.owner.login if look.owner else None,
    )


def result_out(look: ResultLook) -> ResultOut:
    """Return a result as it is served, its words in the request's language."""
    own = {"insight", "improvement", "stage", "effect", "suppressed", "summary", "improved"}
    return ResultOut(
        **_plain(look, *(name for name in ResultOut.model_fields if name not in own)),
        insight=look.insight_id,
        improvement=look.improvement_id,
        stage=look.stage.key if look.stage else None,
        effect=_effect_out(look.effect) if look.effect else None,
        improved=look.improved,
        suppressed=look.hidden,
        summary=result_words(look),
    )


def self_check_out(found: SelfCheck) -> SelfCheckOut:
    """Return the self-check as it is served, its words in the request's language."""
    return SelfCheckOut(
        score=found.score,
        whole=found.whole,
        most=MOST,
        passing=PASSING,
        pains_from="map" if found.facts.pains_on_map else "scenes",
        checks=[_check_out(found, check) for check in found.checks],
    )


def step_out(step: ProgrammeStep) -> ProgrammeStepOut:
    """Return a step of the programme as it is served."""
    return ProgrammeStepOut(
        key=step.key,
        name=step_name(step.key),
        standing=step.standing,
        note=step.note,
        grounds=[ground_out(one) for one in step.grounds],
    )


def ground_out(one: Ground) -> GroundOut:
    """Return a ground as it is served."""
    return GroundOut(key=one.key, words=ground_words(one), met=one.met, count=one.count)


def _check_out(found: SelfCheck, check: Check) -> CheckOut:
    evidence = [
        EvidenceOut(
            kind=one.kind,
            stage=one.stage or None,
            met=one.met,
            words=evidence_words(found.protocol, one),
            specificity=_score(one.figures.get("score")),
        )
        for one in check.evidence
    ]
    return CheckOut(
        key=check.key,
        name=check_name(check.key),
        score=check.score,
        passes=check.passes,
        met=check.met,
        whole=check.whole,
        evidence=evidence,
        next=None if check.passes else check_next(check.key),
    )


def _score(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _funnel_out(step: FunnelStep) -> FunnelOut:
    return FunnelOut(**{**_plain(step, "here", "reached", "share", "benchmark"), "state": _state(step.state)})


def _effect_out(effect: Effect) -> EffectOut:
    return EffectOut(
        before=_interval(effect.before),
        after=_interval(effect.after),
        difference=_interval(effect.difference),
        relative=_interval(effect.relative) if effect.relative else None,
        clear=effect.clear,
    )


def _interval(one: Interval) -> IntervalOut:
    return IntervalOut(estimate=one.estimate, lower=one.lower, upper=one.upper)


def _plain(look: object, *names: str) -> dict[str, Any]:
    return {name: getattr(look, name) for name in names}


def _state(state: str) -> Any:
    return state
