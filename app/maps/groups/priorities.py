"""Where to begin: how much a touchpoint counts for the whole beside how well it does, and the team's votes beside both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import atanh, sqrt, tanh
from typing import Final, Literal, TypeAlias
from uuid import UUID

import numpy as np
import scipy
from sqlalchemy.orm import Session

from app.curves.jackknife import FloatArray
from app.curves.matrices import CellMatrices
from app.curves.service import CurvePoint
from app.maps.ecosystem import grounds
from app.maps.ecosystem.grounds import Ground
from app.maps.groups import footing
from app.maps.groups.association import Association, correlation, kendall
from app.maps.groups.errors import MeasureNotKnown
from app.maps.groups.impact import MIN_SEEN, MOST_PREDICTORS, Impact, impact, needed
from app.maps.groups.outcomes import aligned
from app.maps.groups.votes import Tally
from app.participants import relation_queries

By: TypeAlias = Literal["touchpoint", "stage"]
Quadrant: TypeAlias = Literal["fix", "keep", "later", "ease"]
MOOD: Final = "mood"
MIN_RANKED: Final = 5
"""Touchpoints before their order is compared with another."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One touchpoint or stage in the matrix. ``quadrant`` only where both intervals clear both cuts.

    ``weight`` is what the data's order goes by: impact × how far below the best possible it feels; by feeling alone where
    no impact is known; None for places that too few people stand behind. ``points`` are the team's, None while they may
    not be seen, or for stages.
    """

    point: CurvePoint
    touchpoint_id: UUID | None
    impact: float | None
    impact_lower: float | None
    impact_upper: float | None
    quadrant: Quadrant | None
    weight: float | None
    rank: int | None
    points: int | None
    team_rank: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the team's order goes with the data's: Spearman's with its interval, and Kendall's τ-b."""

    spearman: Association
    kendall: float | None
    kendall_lower: float | None
    kendall_upper: float | None


@dataclass(frozen=True, slots=True)
class Priorities:
    """The matrix. ``cut_impact`` is an equal share, ``cut_feeling`` the mean of what is compared. ``needed`` people would
    be enough; ``left_out`` names what too few people went through."""

    by: By
    outcome: str
    outcome_name: str
    found: Impact
    needed: int
    spots: tuple[Spot, ...]
    cut_impact: float | None
    cut_feeling: float | None
    left_out: tuple[str, ...]
    voters: int
    voted: bool
    agreement: Agreement | None

    @property
    def ordered(self) -> Sequence[Spot]:
        """The spots in the data's order, those without one last."""
        return sorted(self.spots, key=lambda one: (one.rank is None, one.rank or 0))


def look(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    tally: Tally,
    *,
    by: By | None = None,
    outcome: str | None = None,
    anonymous: bool,
) -> Priorities:
    """Return the matrix by touchpoints where enough is known of them, else by stages, or as asked. MeasureNotKnown."""
    touchpoints, stages = grounds.both(session, matrices, study_id, anonymous=anonymous)
    key, name, values = _outcome(session, study_id, stages, outcome)
    chosen = by or _axis(touchpoints, aligned(touchpoints, values))
    ground = touchpoints if chosen == "touchpoint" else stages
    own = aligned(ground, values)
    xs = footing.means(ground.text)
    columns = _compared(xs, own)
    found = impact(xs[:, columns], own)
    ids = [one.id for one in ground.protocol.touchpoints] if chosen == "touchpoint" else [None] * xs.shape[1]
    spots, cuts = _spots(ground, columns, found, ids)
    spots = _ranked(spots, tally, of_touchpoints=chosen == "touchpoint")
    used = {column for column, kept in zip(columns, found.used, strict=True) if kept}
    return Priorities(
        by=chosen,
        outcome=key,
        outcome_name=name,
        found=found,
        needed=needed(int(found.used.sum())),
        spots=spots,
        cut_impact=cuts[0],
        cut_feeling=cuts[1],
        left_out=tuple(point.label for at, point in enumerate(ground.curve.points) if at not in used),
        voters=tally.voters,
        voted=bool(tally.mine),
        agreement=_agreement(spots),
    )


def agree(one: Sequence[float], other: Sequence[float]) -> Agreement | None:
    """Return how far two orders of the same things go together; None for fewer than MIN_RANKED, or where all are alike.

    Kendall's interval by Fieller, Hartley and Pearson (1957): Fisher's z with variance 0.437/(n − 4).
    """
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    n = len(first)
    if n < MIN_RANKED or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    tau = kendall(first, second)
    wide = float(scipy.special.ndtri(0.975)) * sqrt(0.437 / (n - 4))
    lower, upper = (tau, tau) if abs(tau) >= 1 else (tanh(atanh(tau) - wide), tanh(atanh(tau) + wide))
    return Agreement(correlation(first, second, least=MIN_RANKED), tau, lower, upper)


def quadrant(
    share: tuple[float, float], cut_impact: float, felt: tuple[float, float], cut_feeling: float
) -> Quadrant | None:
    """Return where a spot lies whose intervals these are; None unless each leaves its cut out."""
    if not (share[0] > cut_impact or share[1] < cut_impact) or not (felt[0] > cut_feeling or felt[1] < cut_feeling):
        return None
    matters, low = share[0] > cut_impact, felt[1] < cut_feeling
    if matters:
        return "fix" if low else "keep"
    return "later" if low else "ease"


def _outcome(
    session: Session, study_id: UUID, stages: Ground, outcome: str | None
) -> tuple[str, str, Mapping[UUID, float]]:
    """Return the outcome's key, its name (empty for mood) and its values by person."""
    measures = relation_queries.measures(session, study_id)
    mood = {
        person: float(value)
        for person, value in zip(stages.people, footing.overall(stages.mood), strict=True)
        if np.isfinite(value)
    }
    if outcome == MOOD or (outcome is None and (mood or not measures)):
        return MOOD, "", mood
    chosen = next((one for one in measures if outcome in (None, one.key)), None)
    if chosen is None:
        raise MeasureNotKnown()
    return chosen.key, chosen.name, relation_queries.values(session, study_id, chosen.key)


def _axis(touchpoints: Ground, own: FloatArray) -> By:
    """Return touchpoints where they can be compared with the people there are, else stages."""
    known = np.isfinite(own)
    if not known.any():
        return "touchpoint"
    seen = np.isfinite(footing.means(touchpoints.text)[known])
    usable = int((seen.mean(axis=0) >= MIN_SEEN).sum())
    return "touchpoint" if 2 <= usable <= MOST_PREDICTORS and int(known.sum()) >= needed(usable) else "stage"


def _compared(xs: FloatArray, own: FloatArray) -> list[int]:
    """Return up to MOST_PREDICTORS columns, those that most people had."""
    known = np.isfinite(own)
    counts = np.isfinite(xs[known]).sum(axis=0) if known.any() else np.zeros(xs.shape[1], dtype=np.int64)
    return sorted(sorted(range(xs.shape[1]), key=lambda at: (-int(counts[at]), at))[:MOST_PREDICTORS])


def _spots(
    ground: Ground, columns: Sequence[int], found: Impact, ids: Sequence[UUID | None]
) -> tuple[tuple[Spot, ...], tuple[float | None, float | None]]:
    place_of = {column: at for at, column in enumerate(columns)}
    felt = [point.estimate for point in ground.curve.points if point.estimate is not None and point.enough]
    cut_feeling = float(np.mean(felt)) if len(felt) > 1 else None
    used = int(found.used.sum())
    cut_impact = 1 / used if used > 1 and not found.lacking else None
    spots = []
    for at, point in enumerate(ground.curve.points):
        place = place_of.get(at)
        share, lower, upper = (None, None, None) if place is None or cut_impact is None else _figures(found, place)
        spots.append(Spot(point, ids[at], share, lower, upper, None, None, None, None, None))
    placed = tuple(replace(one, quadrant=_quadrant(one, cut_impact, cut_feeling)) for one in spots)
    return tuple(replace(one, weight=_weight(one, known=cut_impact is not None)) for one in placed), (
        cut_impact,
        cut_feeling,
    )


def _figures(found: Impact, place: int) -> tuple[float | None, float | None, float | None]:
    figures = [float(values[place]) for values in (found.share, found.lower, found.upper)]
    share, lower, upper = (round(value, 6) if np.isfinite(value) else None for value in figures)
    return share, lower, upper


def _quadrant(one: Spot, cut_impact: float | None, cut_feeling: float | None) -> Quadrant | None:
    point = one.point
    if cut_impact is None or cut_feeling is None or not point.enough:
        return None
    if one.impact_lower is None or one.impact_upper is None or point.lower is None or point.upper is None:
        return None
    return quadrant((one.impact_lower, one.impact_upper), cut_impact, (point.lower, point.upper), cut_feeling)


def _weight(one: Spot, *, known: bool) -> float | None:
    if one.point.estimate is None or not one.point.enough:
        return None
    room = (1 - one.point.estimate) / 2
    if not known:
        return room
    return None if one.impact is None else one.impact * room


def _ranked(spots: Sequence[Spot], tally: Tally, *, of_touchpoints: bool) -> tuple[Spot, ...]:
    seen = tally.points if of_touchpoints else None
    given = [
        replace(one, points=None if seen is None or one.touchpoint_id is None else seen.get(one.touchpoint_id, 0))
        for one in spots
    ]
    data = _order([one.weight for one in given])
    team = _order([float(one.points) if one.points else None for one in given])
    return tuple(replace(one, rank=rank, team_rank=voted) for one, rank, voted in zip(given, data, team, strict=True))


def _order(values: Sequence[float | None]) -> list[int | None]:
    """Return the place of each, the largest first; equal ones share the better place."""
    known = [value for value in values if value is not None]
    return [None if value is None else 1 + sum(other > value for other in known) for value in values]


def _agreement(spots: Sequence[Spot]) -> Agreement | None:
    both = [(one.weight, float(one.points)) for one in spots if one.weight is not None and one.points is not None]
    return agree([one for one, _ in both], [other for _, other in both]) if both else None
