"""The relation as it goes on: who is in which phase, how people moved between phases, and how each phase feels."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.core import clock
from app.curves.matrices import CellMatrices
from app.maps.ecosystem.grounds import Ground
from app.maps.groups import footing, queries
from app.maps.groups.footing import K_ANONYMOUS, Place, Road
from app.maps.groups.models import PHASES, PhasePlan
from app.maps.groups.phases import Happened, Standing, standing
from app.participants import relation_queries
from app.studies import queries as studies

NOBODY: Final = "none"


@dataclass(frozen=True, slots=True)
class PhaseLook:
    """One phase: how many people are in it, how many of them have left, and how the road of those who are felt.

    Counts are None where too few to tell. ``plan`` is None while nothing is planned.
    """

    phase: str
    people: int | None
    left: int | None
    whole: Place
    road: Road
    plan: PhasePlan | None


@dataclass(frozen=True, slots=True)
class Move:
    """People who went from one phase to another, and after how many days half of them had; None where too few to tell."""

    before: str
    after: str
    people: int | None
    days: float | None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The relation as of a day. ``known`` people have events; ``standings`` says of each where they stand."""

    as_of: date
    ground: Ground
    known: int | None
    without: int | None
    phases: tuple[PhaseLook, ...]
    moves: tuple[Move, ...]
    standings: Mapping[UUID, Standing]


def look(session: Session, matrices: CellMatrices, study_id: UUID, *, as_of: date | None, anonymous: bool) -> Lifecycle:
    """Return the relation at the end of ``as_of``, today in the study's zone unless given. ``anonymous`` keeps back every
    figure about fewer than 8 people, and those that would show such a figure by subtraction."""
    protocol = studies.protocol(session, study_id)
    day = as_of or clock.local_date(clock.now(), protocol.study.time_zone)
    ground = footing.stages(session, matrices, study_id, anonymous=anonymous)
    standings = of_everybody(session, study_id, day)
    plans = queries.plans(session, study_id)
    groups = {phase: {one for one, stands in standings.items() if stands.phase == phase} for phase in PHASES}
    beside = len(queries.codes(session, study_id)) - sum(map(len, groups.values()))
    small = _small([*map(len, groups.values()), beside]) if anonymous else False
    phases = tuple(
        _phase(ground, phase, members, standings, plans.get(phase), hidden=small, anonymous=anonymous)
        for phase, members in groups.items()
    )
    known = None if small else sum(map(len, groups.values()))
    return Lifecycle(
        as_of=day,
        ground=ground,
        known=known,
        without=None if small else beside,
        phases=phases,
        moves=moves(standings, anonymous=anonymous),
        standings=standings,
    )


def of_everybody(session: Session, study_id: UUID, as_of: date) -> Mapping[UUID, Standing]:
    """Return where everybody with a relation stands at the end of the day ``as_of``."""
    found = {person: standing(those, as_of) for person, those in happened(session, study_id).items()}
    return {person: stands for person, stands in found.items() if stands.phase is not None}


def happened(session: Session, study_id: UUID) -> Mapping[UUID, Sequence[Happened]]:
    """Return the events of everybody who has any."""
    found: defaultdict[UUID, list[Happened]] = defaultdict(list)
    for one in relation_queries.events(session, study_id):
        found[one.participant_id].append(Happened(one.kind, one.on, one.label))
    return found


def moves(standings: Mapping[UUID, Standing], *, anonymous: bool) -> tuple[Move, ...]:
    """Return the steps that people took, in the order of the phases; a phase that was leapt over is no step."""
    days: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in standings.values():
        for (before, began), (after, reached) in zip(one.since, one.since[1:], strict=False):
            days[before, after].append((reached - began).days)
    counts = Counter({step: len(those) for step, those in days.items()})
    found = []
    for before, after in sorted(days, key=lambda step: (PHASES.index(step[0]), PHASES.index(step[1]))):
        hidden = anonymous and counts[before, after] < K_ANONYMOUS
        people = None if hidden else counts[before, after]
        found.append(Move(before, after, people, None if hidden else float(median(days[before, after]))))
    return tuple(found)


def _phase(
    ground: Ground,
    phase: str,
    members: set[UUID],
    standings: Mapping[UUID, Standing],
    plan: PhasePlan | None,
    *,
    hidden: bool,
    anonymous: bool,
) -> PhaseLook:
    rows = footing.rows_of(ground, members)
    gone = sum(standings[one].left for one in members)
    few_gone = anonymous and (0 < gone < K_ANONYMOUS or 0 < len(members) - gone < K_ANONYMOUS)
    if not rows.any():
        rows = np.zeros(len(ground.people), dtype=bool)
    return PhaseLook(
        phase=phase,
        people=None if hidden else len(members),
        left=None if hidden or few_gone else gone,
        whole=footing.whole(ground, rows, anonymous=anonymous),
        road=footing.road(ground, rows, anonymous=anonymous),
        plan=plan,
    )


def _small(counts: Sequence[int]) -> bool:
    """Return whether any group has some people, but fewer than may be told: then all counts stay back, for they add up."""
    return any(0 < n < K_ANONYMOUS for n in counts)
