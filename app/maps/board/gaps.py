"""Expectations beside what the curve says is delivered, and the effort that people reported; with intervals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final, Literal
from uuid import UUID

import scipy
from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.curves import queries as curves
from app.curves.service import K_ANONYMOUS, Curve, CurvePoint
from app.maps.board import queries
from app.maps.board.looks import Effort, Gap
from app.maps.board.models import Expectation
from app.studies.protocol import StudyProtocol

FEWEST: Final = 5
"""With fewer people than this a mean has no interval."""
NO_EFFORT: Final = Effort(None, None, None, None, None)


def gaps(protocol: StudyProtocol, stored: Sequence[Expectation], by_stage: Curve, by_touchpoint: Curve) -> list[Gap]:
    """Return the gap of every stored expectation, in the order of the road; those of a place that is gone are left out."""
    kept = {(one.axis, one.position): one for one in stored}
    found: list[Gap | None] = []
    for stage in protocol.stages:
        if one := kept.get(("stage", stage.id.hex)):
            found.append(_gap(one, "stage", by_stage.point(stage.key)))
        found += [
            _gap(one, "touchpoint", by_touchpoint.point(f"{stage.key}/{touchpoint.key}"))
            for touchpoint in protocol.touchpoints_of(stage.id)
            if (one := kept.get(("touchpoint", touchpoint.id.hex)))
        ]
    return [one for one in found if one is not None]


def _gap(one: Expectation, axis: Literal["stage", "touchpoint"], point: CurvePoint | None) -> Gap | None:
    if point is None:
        return None
    expected = one.expected_micro / MICRO
    return Gap(
        axis=axis,
        key=point.key,
        label=point.label,
        expected=expected,
        basis=one.basis,
        version=one.version,
        delivered=point.estimate,
        lower=point.lower,
        upper=point.upper,
        gap=_minus(expected, point.estimate),
        gap_lower=_minus(expected, point.upper),
        gap_upper=_minus(expected, point.lower),
        enough=point.enough,
    )


def _minus(one: float, other: float | None) -> float | None:
    return None if other is None else round(one - other, 6)


def efforts(
    session: Session,
    protocol: StudyProtocol,
    segment: str | None,
    wave: str | None,
    *,
    anonymous: bool,
    level: float = 0.95,
) -> Mapping[UUID, Effort]:
    """Return per stage the mean of reported effort with its interval: a ratio over participants, linearised, Student's t.

    ``anonymous`` leaves out stages of fewer than 8 people, and everything where a group is asked for: figures of nearly
    everybody, taken from those of everybody, would show the few.
    """
    if anonymous and segment:
        return {}
    members = None
    if segment:
        attribute, _, value = segment.partition(":")
        members = curves.segment_members(session, protocol.study.id, attribute, value)
    known = protocol.wave(wave) if wave else None
    if wave and known is None:
        return {}
    by_stage: defaultdict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for stage_id, _person, count, total in queries.efforts(
        session, protocol.study.id, members, known.id if known else None
    ):
        by_stage[stage_id].append((int(count), int(total)))
    fewest = K_ANONYMOUS if anonymous else 1
    return {stage: mean_effort(rows, level=level) for stage, rows in by_stage.items() if len(rows) >= fewest}


def mean_effort(people: Sequence[tuple[int, int]], *, level: float = 0.95) -> Effort:
    """Return the mean over all entries of people given as (entries, sum); its interval from 5 people on."""
    entries, number = sum(count for count, _ in people), len(people)
    if not entries:
        return NO_EFFORT
    mean = sum(total for _, total in people) / entries
    if number < FEWEST:
        return Effort(round(mean, 4), None, None, entries, number)
    spread = sum((total - mean * count) ** 2 for count, total in people)
    error = sqrt(number / (number - 1) * spread) / entries
    half = float(scipy.special.stdtrit(number - 1, (1 + level) / 2)) * error
    return Effort(round(mean, 4), round(max(mean - half, 1), 4), round(min(mean + half, 7), 4), entries, number)
