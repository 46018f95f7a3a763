"""Outcomes, priorities and votes as programs receive them."""

from pydantic import BaseModel

from app.maps.groups.association import Association
from app.maps.groups.footing import K_ANONYMOUS
from app.maps.groups.outcomes import Level, OutcomeLook
from app.maps.groups.presentation import finite
from app.maps.groups.priorities import Priorities, Spot
from app.maps.groups.votes import Tally
from app.studies.protocol import StudyProtocol


class AssociationOut(BaseModel):
    """Spearman's correlation or an odds ratio per standard deviation; ``joint`` bounds hold for all places at once."""

    kind: str
    participants: int
    estimate: float | None
    lower: float | None
    upper: float | None
    joint_lower: float | None
    joint_upper: float | None
    enough: bool
    clear: bool
    places: int


class LevelOut(BaseModel):
    """The mean of an outcome, or the share of yes."""

    participants: int | None
    value: float | None
    lower: float | None
    upper: float | None
    enough: bool
    suppressed: bool


class StageOutcomeOut(BaseModel):
    """A stage and how its emotion goes with the outcome."""

    key: str
    label: str
    association: AssociationOut | None


class SegmentOutcomeOut(BaseModel):
    """A segment's level of the outcome, and how it goes with the emotion over the whole road there."""

    segment: str
    level: LevelOut
    association: AssociationOut | None


class OutcomeOut(BaseModel):
    """One outcome. Observational."""

    key: str
    name: str
    kind: str
    unit: str
    better: str
    level: LevelOut
    whole: AssociationOut | None
    stages: list[StageOutcomeOut]
    segments: list[SegmentOutcomeOut]
    observational: bool = True


class SpotOut(BaseModel):
    """A touchpoint or stage of the matrix; ``quadrant`` only where both intervals leave both cuts out."""

    key: str
    label: str
    participants: int | None
    experience: float | None
    experience_lower: float | None
    experience_upper: float | None
    impact: float | None
    impact_lower: float | None
    impact_upper: float | None
    quadrant: str | None
    rank: int | None
    points: int | None
    team_rank: int | None
    suppressed: bool


class AgreementOut(BaseModel):
    """How far the team's order goes with the data's."""

    touchpoints: int
    spearman: float | None
    spearman_lower: float | None
    spearman_upper: float | None
    kendall: float | None
    kendall_lower: float | None
    kendall_upper: float | None


class PrioritiesOut(BaseModel):
    """The matrix of impact and experience. ``lacking``: why no impact is told ("people", "predictors", "fit"), or empty."""

    study: str
    by: str
    outcome: str
    participants: int | None
    needed: int
    r2: float | None
    adjusted_r2: float | None
    p: float | None
    lacking: str
    cut_impact: float | None
    cut_experience: float | None
    spots: list[SpotOut]
    left_out: list[str]
    voters: int
    voted: bool
    agreement: AgreementOut | None
    observational: bool = True


class VotesOut(BaseModel):
    """One's own points, and everybody's once one's own are in (null before)."""

    mine: dict[str, int]
    voters: int
    points: dict[str, int] | None


def outcome(one: OutcomeLook) -> OutcomeOut:
    """Return an outcome as it is served."""
    measure = one.measure
    return OutcomeOut(
        key=measure.key,
        name=measure.name,
        kind=measure.kind,
        unit=measure.unit,
        better=measure.better,
        level=_level(one.level),
        whole=_association(one.whole),
        stages=[
            StageOutcomeOut(key=each.key, label=each.label, association=_association(each.association))
            for each in one.stages
        ],
        segments=[
            SegmentOutcomeOut(
                segment=f"{each.attribute}:{each.value}",
                level=_level(each.level),
                association=_association(each.association),
            )
            for each in one.segments
        ],
    )


def priorities(found: Priorities, study: str, *, anonymous: bool) -> PrioritiesOut:
    """Return the matrix as it is served."""
    fit = found.found
    few = anonymous and fit.people < K_ANONYMOUS
    return PrioritiesOut(
        study=study,
        by=found.by,
        outcome=found.outcome,
        participants=None if few else fit.people,
        needed=found.needed,
        r2=finite(fit.r2),
        adjusted_r2=finite(fit.adjusted),
        p=finite(fit.p),
        lacking=fit.lacking,
        cut_impact=found.cut_impact,
        cut_experience=found.cut_feeling,
        spots=[_spot(one) for one in found.spots],
        left_out=list(found.left_out),
        voters=found.voters,
        voted=found.voted,
        agreement=_agreement(found),
    )


def votes(found: Tally, protocol: StudyProtocol) -> VotesOut:
    """Return a member's look at the votes as it is served."""
    keys = {one.id: f"{protocol.stage_of(one.stage_id).key}/{one.key}" for one in protocol.touchpoints}
    return VotesOut(
        mine={keys[one]: n for one, n in found.mine.items()},
        voters=found.voters,
        points=None if found.points is None else {keys[one]: n for one, n in found.points.items()},
    )


def _spot(one: Spot) -> SpotOut:
    point = one.point
    return SpotOut(
        key=point.key,
        label=point.label,
        participants=point.participants,
        experience=point.estimate,
        experience_lower=point.lower,
        experience_upper=point.upper,
        impact=one.impact,
        impact_lower=one.impact_lower,
        impact_upper=one.impact_upper,
        quadrant=one.quadrant,
        rank=one.rank,
        points=one.points,
        team_rank=one.team_rank,
        suppressed=point.suppressed,
    )


def _agreement(found: Priorities) -> AgreementOut | None:
    one = found.agreement
    if one is None:
        return None
    return AgreementOut(
        touchpoints=one.spearman.people,
        spearman=one.spearman.estimate,
        spearman_lower=one.spearman.lower,
        spearman_upper=one.spearman.upper,
        kendall=one.kendall,
        kendall_lower=one.kendall_lower,
        kendall_upper=one.kendall_upper,
    )


def _association(one: Association | None) -> AssociationOut | None:
    if one is None:
        return None
    return AssociationOut(
        kind=one.kind,
        participants=one.people,
        estimate=finite(one.estimate),
        lower=finite(one.lower),
        upper=finite(one.upper),
        joint_lower=finite(one.joint_lower),
        joint_upper=finite(one.joint_upper),
        enough=one.enough,
        clear=one.clear,
        places=one.places,
    )


def _level(one: Level) -> LevelOut:
    return LevelOut(
        participants=one.people,
        value=one.value,
        lower=one.lower,
        upper=one.upper,
        enough=one.enough,
        suppressed=one.suppressed,
    )
