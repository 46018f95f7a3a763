"""Two states of a map, or two maps, beside each other as programs receive them."""

from uuid import UUID

from pydantic import BaseModel

from app.curves.contrasts import PointContrast
from app.maps.board.comparison import Aim, Comparison, StageComparison
from app.maps.board.differences import NoteDifference
from app.maps.board.documents import EffortOut, MapOut, TargetOut, effort_out, fields_of, map_out, target_out
from app.studies.protocol import StudyProtocol


class DifferenceOut(BaseModel):
    """What happened to a note: ``added``, ``removed`` or ``changed``, and what differs; its words stand in the maps."""

    what: str
    stage: str
    lane: str
    before: UUID | None
    after: UUID | None
    changed: list[str]
    text_before: str | None
    text_after: str | None


class PointDifferenceOut(BaseModel):
    """After − before at one stage, with its interval and the band over all stages."""

    difference: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    clear: bool


class AimOut(BaseModel):
    """``wanted`` = target − measured with its interval; ``reached``: yes, no or unclear."""

    target: float
    measured: float | None
    wanted: float | None
    lower: float | None
    upper: float | None
    reached: str


class StageComparisonOut(BaseModel):
    """One stage of both maps; ``after`` and ``difference`` are null where the to-be map has no people of its own."""

    key: str
    name: str
    before: float | None
    after: float | None
    difference: PointDifferenceOut | None
    target: TargetOut | None
    aim: AimOut | None
    effort_before: EffortOut
    effort_after: EffortOut | None
    effort_aim: AimOut | None
    effort_change: float | None
    notes: list[DifferenceOut]


class ComparisonOut(BaseModel):
    """A to-be map beside its as-is map. ``pairing`` says whether the same people stand behind both curves."""

    as_is: MapOut
    to_be: MapOut
    measured: bool
    pairing: str | None
    stages: list[StageComparisonOut]


def difference_out(one: NoteDifference, protocol: StudyProtocol) -> DifferenceOut:
    """Return what happened to a note as it is served."""
    note = one.after or one.before
    return DifferenceOut(
        what=one.what,
        stage=protocol.stage_of(note.stage_id).key if note else "",
        lane=note.lane if note else "",
        before=one.before.id if one.before else None,
        after=one.after.id if one.after else None,
        changed=[name.removesuffix("_id") for name in one.changed],
        text_before=one.before.text if one.before else None,
        text_after=one.after.text if one.after else None,
    )


def comparison_out(found: Comparison, protocol: StudyProtocol) -> ComparisonOut:
    """Return two maps beside each other as they are served."""
    return ComparisonOut(
        as_is=map_out(found.as_is),
        to_be=map_out(found.to_be),
        measured=found.measured,
        pairing=found.contrast.pairing if found.contrast else None,
        stages=[_compared(one, protocol) for one in found.stages],
    )


def _aim(one: Aim | None) -> AimOut | None:
    return AimOut(**fields_of(AimOut, one)) if one else None


def _difference(one: PointContrast | None) -> PointDifferenceOut | None:
    return PointDifferenceOut(**fields_of(PointDifferenceOut, one)) if one else None


def _compared(one: StageComparison, protocol: StudyProtocol) -> StageComparisonOut:
    return StageComparisonOut(
        key=one.stage.key,
        name=one.stage.name,
        before=one.before.estimate,
        after=one.after.estimate if one.after else None,
        difference=_difference(one.difference),
        target=target_out(one.target) if one.target else None,
        aim=_aim(one.aim),
        effort_before=effort_out(one.effort_before),
        effort_after=effort_out(one.effort_after) if one.effort_after else None,
        effort_aim=_aim(one.effort_aim),
        effort_change=one.effort_change,
        notes=[difference_out(each, protocol) for each in one.notes],
    )
