"""Touchpoints, support, steps, effort and the paradox as programs receive them. Unknown and kept-back figures are null."""

from collections.abc import Sequence

from app.curves.service import CurvePoint
from app.maps.ecosystem.answers import (
    EcosystemOut,
    EdgeOut,
    ExperienceOut,
    FactsOut,
    FigureOut,
    ProposedOut,
    ShareOut,
    SilenceOut,
    StagePlaceOut,
    StageSupportOut,
    SupportLineOut,
    SupportOut,
    TouchpointOut,
    TransitionsOut,
)
from app.maps.ecosystem.clustered import Figure, Share
from app.maps.ecosystem.looks import Ecosystem, Facts, Place, StageSupport, Support, SupportGiven, TouchpointLook
from app.maps.ecosystem.steps import Edge, Transitions
from app.studies.protocol import StudyProtocol


def figure_out(one: Figure) -> FigureOut:
    """Return a figure as it is served, to six decimals; an interval of too few people is left out."""
    shown = (one.lower, one.upper) if one.enough else (None, None)
    return FigureOut(
        value=_six(one.value),
        lower=_six(shown[0]),
        upper=_six(shown[1]),
        people=one.people,
        n=one.n,
        enough=one.enough,
    )


def share_out(one: Share | None) -> ShareOut | None:
    """Return a share as it is served."""
    if one is None:
        return None
    value, lower, upper = (round(number, 6) for number in (one.value, one.lower, one.upper))
    return ShareOut(part=one.part, whole=one.whole, value=value, lower=lower, upper=upper)


def experience_out(point: CurvePoint) -> ExperienceOut:
    """Return a point's experience as it is served."""
    return ExperienceOut(
        estimate=point.estimate,
        lower=point.lower,
        upper=point.upper,
        band_lower=point.band_lower,
        band_upper=point.band_upper,
        people=point.participants,
        statements=point.statements,
        enough=point.enough,
        suppressed=point.suppressed,
    )


def facts_out(one: Facts) -> FactsOut:
    """Return facts as they are served."""
    return FactsOut(
        customers=one.customers,
        users=one.users,
        first_contacts=one.first_contacts,
        complaints=one.complaints,
        efficiency=one.efficiency,
        party=one.party,
        basis=one.basis,
        version=one.version,
        updated_at=one.updated_at,
        use=share_out(one.use),
        first=share_out(one.first),
        complaint=share_out(one.complaint),
    )


def ecosystem_out(found: Ecosystem, proposed: Sequence[ProposedOut] | None) -> EcosystemOut:
    """Return the ecosystem as it is served."""
    return EcosystemOut(
        study=found.protocol.study.slug,
        score=found.curve.score,
        corrected=found.curve.corrected and found.curve.score == "corrected",
        touchpoints=[_touchpoint(one) for one in found.touchpoints],
        stages=[
            StagePlaceOut(
                **_place(one.place),
                key=one.stage.key,
                name=one.stage.name,
                entries=one.entries,
                unplaced=one.unplaced,
            )
            for one in found.stages
        ],
        unmentioned=[one.key for one in found.unmentioned],
        silent=[one.key for one in found.silent],
        silent_stages=[one.stage.key for one in found.silent_stages],
        proposed=None if proposed is None else list(proposed),
    )


def support_out(found: Support) -> SupportOut:
    """Return the support as it is served."""
    return SupportOut(
        study=found.protocol.study.slug,
        logged=found.logged,
        mismatches=[one.stage.key for one in found.mismatches],
        stages=[_stage_support(one, found.protocol) for one in found.stages],
    )


def line_out(one: SupportGiven, protocol: StudyProtocol) -> SupportLineOut:
    """Return one line of support as it is served."""
    touchpoint = protocol.touchpoint_of(one.touchpoint_id)
    return SupportLineOut(
        id=one.id,
        stage=protocol.stage_of(one.stage_id).key,
        touchpoint=touchpoint.key if touchpoint else None,
        participant=one.participant,
        phase=one.phase,
        channel=one.channel,
        generic=one.generic,
        contacts=one.contacts,
        day_from=one.day_from,
        day_to=one.day_to,
        on=one.on,
        words=one.words,
        created_at=one.created_at,
    )


def transitions_out(found: Transitions) -> TransitionsOut:
    """Return the steps as they are served."""
    return TransitionsOut(
        study=found.protocol.study.slug,
        stages=[_edge(one) for one in found.stages],
        touchpoints=[_edge(one) for one in found.touchpoints],
        broken=[f"{one.origin} > {one.target}" for one in found.broken],
    )


def _touchpoint(one: TouchpointLook) -> TouchpointOut:
    return TouchpointOut.model_validate(
        _place(one.place)
        | {
            "key": one.key,
            "name": one.name,
            "stage": one.stage.key,
            "kind": one.kind,
            "frontstage": one.frontstage,
            "mentioned": one.mentioned,
            "effort": figure_out(one.effort),
            "facts": facts_out(one.facts),
            "breaks": list(one.breaks),
            "chances": list(one.chances),
        }
    )


def _place(one: Place) -> dict[str, object]:
    silent = SilenceOut(index=figure_out(one.silence.index), certain=one.silence.certain) if one.silence else None
    return {
        "experience": experience_out(one.point),
        "low": one.low,
        "lowest": one.lowest,
        "impact": figure_out(one.impact),
        "complaint_rate": share_out(one.complaint),
        "silent": silent,
    }


def _stage_support(one: StageSupport, protocol: StudyProtocol) -> StageSupportOut:
    return StageSupportOut(
        key=one.stage.key,
        name=one.stage.name,
        experience=experience_out(one.point),
        contacts_per_person=round(one.contacts, 4),
        generic_share=_six(one.generic),
        people=None if one.point.suppressed else one.people,
        low=one.low,
        mismatch=one.mismatch,
        certain=one.certain,
        given=[line_out(each, protocol) for each in one.given],
    )


def _edge(one: Edge) -> EdgeOut:
    return EdgeOut(
        origin=one.origin,
        origin_name=one.origin_label,
        target=one.target,
        target_name=one.target_label,
        change=figure_out(one.change),
        falls=one.falls,
        rises=one.rises,
        corrected=one.corrected,
        suppressed=one.suppressed,
    )


def _six(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
