"""Outcomes joined by participant: whether who felt better at a stage also has the better outcome, and how segments stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from uuid import UUID

import numpy as np
import scipy
from sqlalchemy.orm import Session

from app.curves.jackknife import FloatArray
from app.curves.matrices import CellMatrices
from app.maps.ecosystem.clustered import wilson
from app.maps.ecosystem.grounds import Ground
from app.maps.groups import footing, queries
from app.maps.groups.association import Association, correlation, odds
from app.maps.groups.errors import MeasureNotKnown
from app.maps.groups.footing import K_ANONYMOUS
from app.maps.groups.segments import MOST_VALUES, values_of
from app.participants import relation_queries
from app.participants.relation_models import OutcomeMeasure

MIN_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Level:
    """The mean of an outcome, or the share of yes, with its interval; None where nobody's is known or too few to tell."""

    people: int | None
    value: float | None
    lower: float | None
    upper: float | None
    enough: bool
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class AtStage:
    """How the emotion at one stage goes with the outcome; None where too few to tell."""

    key: str
    label: str
    association: Association | None


@dataclass(frozen=True, slots=True)
class OfSegment:
    """One segment's level of the outcome, and how it goes with the emotion over the whole road there."""

    attribute: str
    value: str
    level: Level
    association: Association | None


@dataclass(frozen=True, slots=True)
class OutcomeLook:
    """One measure: its level, what goes with it from end to end and stage by stage, and its segments."""

    measure: OutcomeMeasure
    level: Level
    whole: Association | None
    stages: tuple[AtStage, ...]
    segments: tuple[OfSegment, ...]

    @property
    def together(self) -> Sequence[AtStage]:
        """Stages whose emotion goes with the outcome beyond chance, although all stages are looked at together."""
        clear = [one for one in self.stages if one.association is not None and one.association.clear]
        return sorted(clear, key=lambda one: -_strength(one.association))


def look(
    session: Session, matrices: CellMatrices, study_id: UUID, *, anonymous: bool, measure: str | None = None
) -> Sequence[OutcomeLook]:
    """Return every measure, or one of them. MeasureNotKnown. ``anonymous`` keeps back figures about fewer than 8 people."""
    found = relation_queries.measures(session, study_id)
    wanted = [one for one in found if measure in (None, one.key)]
    if measure is not None and not wanted:
        raise MeasureNotKnown()
    if not wanted:
        return []
    ground = footing.stages(session, matrices, study_id, anonymous=anonymous)
    given = queries.attributes(session, study_id)
    return [_measure(session, ground, given, one, anonymous=anonymous) for one in wanted]


def aligned(ground: Ground, values: Mapping[UUID, float]) -> FloatArray:
    """Return the values in the rows of the ground; NaN where a person has none."""
    return np.array([values.get(person, np.nan) for person in ground.people], dtype=np.float64)


def level_of(values: FloatArray, kind: str, *, level: float = 0.95) -> Level:
    """Return the mean with Student's interval, or the share of yes with Wilson's."""
    n = len(values)
    if n == 0:
        return Level(0, None, None, None, enough=False)
    mean = float(values.mean())
    if kind == "yes_no":
        share = wilson(int(values.sum()), n, level)
        lower, upper = (share.lower, share.upper) if share else (None, None)
        return Level(n, mean, lower, upper, enough=n >= MIN_PEOPLE)
    if n < 2:
        return Level(n, mean, None, None, enough=False)
    wide = float(scipy.special.stdtrit(n - 1, (1 + level) / 2)) * float(values.std(ddof=1)) / sqrt(n)
    return Level(n, mean, mean - wide, mean + wide, enough=n >= MIN_PEOPLE)


def _measure(
    session: Session,
    ground: Ground,
    given: Mapping[UUID, Mapping[str, object]],
    measure: OutcomeMeasure,
    *,
    anonymous: bool,
) -> OutcomeLook:
    values = relation_queries.values(session, measure.study_id, measure.key)
    own = aligned(ground, values)
    felt, whole = footing.means(ground.text), footing.overall(ground.text)
    places = len(ground.curve.points)
    stages = tuple(
        AtStage(
            point.key,
            point.label,
            None
            if anonymous and (point.suppressed or ground.hidden[at])
            else _together(measure.kind, felt[:, at], own, places, anonymous=anonymous),
        )
        for at, point in enumerate(ground.curve.points)
    )
    return OutcomeLook(
        measure=measure,
        level=_shown(values, set(values), measure.kind, anonymous=anonymous),
        whole=_together(measure.kind, whole, own, 1, anonymous=anonymous),
        stages=stages,
        segments=_segments(ground, given, measure, values, whole, own, anonymous=anonymous),
    )


def _together(kind: str, felt: FloatArray, own: FloatArray, places: int, *, anonymous: bool) -> Association | None:
    """Return how both go together; None where a caller without people's words may not know: of fewer than 8 people."""
    found = (odds if kind == "yes_no" else correlation)(felt, own, places=places)
    return None if anonymous and found.people < K_ANONYMOUS else found


def _segments(
    ground: Ground,
    given: Mapping[UUID, Mapping[str, object]],
    measure: OutcomeMeasure,
    values: Mapping[UUID, float],
    whole: FloatArray,
    own: FloatArray,
    *,
    anonymous: bool,
) -> tuple[OfSegment, ...]:
    found = []
    for name in sorted({name for one in given.values() for name in one}):
        segments = values_of(given, name)
        if not 1 < len(segments) <= MOST_VALUES:
            continue
        sizes = [len(members & values.keys()) for members in segments.values()]
        # Segments add up to everybody: one that is too small would be seen from the others.
        small = anonymous and (any(0 < n < K_ANONYMOUS for n in sizes) or 0 < len(values) - sum(sizes) < K_ANONYMOUS)
        for value, members in sorted(segments.items()):
            rows = footing.rows_of(ground, members)
            level = _shown(values, members & values.keys(), measure.kind, anonymous=anonymous, hidden=small)
            together = (
                None if small else _together(measure.kind, whole[rows], own[rows], len(segments), anonymous=False)
            )
            found.append(OfSegment(name, value, level, together))
    return tuple(found)


def _shown(
    values: Mapping[UUID, float], members: set[UUID], kind: str, *, anonymous: bool, hidden: bool = False
) -> Level:
    if hidden or (anonymous and len(members) < K_ANONYMOUS):
        return Level(None, None, None, None, enough=False, suppressed=True)
    return level_of(np.array([values[one] for one in sorted(members)], dtype=np.float64), kind)


def _strength(one: Association | None) -> float:
    if one is None or one.estimate is None:
        return 0.0
    return abs(one.estimate) if one.kind == "correlation" else abs(float(np.log(one.estimate)))
