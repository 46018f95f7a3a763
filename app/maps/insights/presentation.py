"""Insights, improvements, results, the self-check and the programme as programs receive them."""

from collections.abc import Iterable
from typing import Any

from app.maps.insights.checking import MOST, PASSING, Check
from app.maps.insights.effects import Effect, Interval
from app.maps.insights.funnel import FunnelStep, funnel
from app.maps.insights.improving import ImprovementLook
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.programme import Ground, ProgrammeStep
from app.maps.insights.self_checking import SelfCheck
from app.maps.insights.service import InsightLook
from app.maps.insights.shapes import (
    CheckOut,
    EffectOut,
    EvidenceOut,
    FunnelOut,
    GroundOut,
    ImprovementOut,
    InsightOut,
    InsightsOut,
    IntervalOut,
    ProgrammeStepOut,
    QuoteOut,
    ResultOut,
    SelfCheckOut,
    StepOut,
)
from app.maps.insights.words import check_name, check_next, evidence_words, ground_words, result_words, step_name


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
