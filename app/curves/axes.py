"""The places along which a curve runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from app.curves.grid import DAY_BINS, FIRST, LAST, DayBin, bin_index
from app.curves.questions import By
from app.studies.protocol import StudyProtocol


@dataclass(frozen=True, slots=True)
class Position:
    """One place on the axis."""

    key: str
    label: str
    stage: str | None = None
    day_from: int | None = None
    day_to: int | None = None


def axis(protocol: StudyProtocol, by: By) -> tuple[Sequence[Position], Mapping[str, int]]:
    """Return the places of the axis in order, and the column of each position that cells know."""
    if by == "stage":
        stages = protocol.stages
        return [Position(one.key, one.name, one.key) for one in stages], {one.id.hex: i for i, one in enumerate(stages)}
    if by == "touchpoint":
        stage_of = {stage.id: stage.key for stage in protocol.stages}
        touchpoints = protocol.touchpoints
        places = [
            Position(f"{stage_of[one.stage_id]}/{one.key}", one.name, stage_of[one.stage_id]) for one in touchpoints
        ]
        return places, {one.id.hex: i for i, one in enumerate(touchpoints)}
    places = [
        Position(
            one.key,
            one.key,
            _stage_of(protocol, one),
            day_from=None if one.first == FIRST else one.first,
            day_to=None if one.last >= LAST - 1 else one.last,
        )
        for one in DAY_BINS
    ]
    return places, _days()


def _stage_of(protocol: StudyProtocol, days: DayBin) -> str | None:
    """Return the one stage that usually spans all of these days."""
    spanning = [
        stage.key
        for stage in protocol.stages
        if stage.day_from is not None
        and stage.day_to is not None
        and stage.day_from <= days.first
        and days.last <= stage.day_to
    ]
    return spanning[0] if len(spanning) == 1 else None


@cache
def _days() -> Mapping[str, int]:
    """Return the column of every day of the grid: looked up, so that cells need no computing when they are read."""
    return {str(day): bin_index(day) for day in range(FIRST, LAST)}
