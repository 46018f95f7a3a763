"""The touchpoints of a study with all that is known of them: experience, facts, effort, breakpoints, silent pains."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.curves.jackknife import FloatArray
from app.curves.matrices import CellMatrices
from app.curves.service import K_ANONYMOUS
from app.maps.ecosystem import grounds, queries
from app.maps.ecosystem.clustered import NOTHING, Figure, Share, clustered_means, product, wilson
from app.maps.ecosystem.grounds import Ground
from app.maps.ecosystem.looks import (
    Breakpoint,
    Ecosystem,
    Facts,
    Opportunity,
    Place,
    Silence,
    StageLook,
    TouchpointLook,
)
from app.maps.ecosystem.models import TouchpointFacts as FactsRow
from app.maps.ecosystem.queries import EffortSum
from app.maps.ecosystem.standing import impacts
from app.maps.ecosystem.steps import Transitions, transitions
from app.studies.protocol import StageFacts, StudyProtocol, TouchpointFacts

SELDOM: Final = 0.2
"""Where fewer than one in five complain, beyond chance, people are silent."""

LITTLE_USED: Final = 1 / 3
SLOW: Final = 2


def ecosystem(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    *,
    level: float = 0.95,
    wave: str | None = None,
    segment: str | None = None,
    anonymous: bool = False,
    walked: Transitions | None = None,
) -> Ecosystem:
    """Return the touchpoints and stages of the study; ``walked`` are its transitions, where the caller has them already.

    ``anonymous`` keeps back every figure about fewer than 8 people.
    """
    walked = walked or transitions(
        session, matrices, study_id, level=level, wave=wave, segment=segment, anonymous=anonymous
    )
    falling = {edge.target_id for edge in walked.touchpoints if edge.falls}
    by_touchpoint, by_stage = grounds.both(
        session, matrices, study_id, level=level, wave=wave, segment=segment, anonymous=anonymous
    )
    protocol = by_stage.protocol
    rows = queries.facts_of(session, study_id)
    complained = queries.complainers(session, study_id)
    entries = queries.entries_at(session, study_id)
    facts = {one.id: facts_seen(rows.get(one.id), level) for one in protocol.touchpoints}
    rates = _Rates(protocol, facts, complained, level, anonymous)
    efforts = efforts_by_touchpoint(queries.reported_effort(session, study_id), level=level, anonymous=anonymous)
    felt_touchpoints, felt_stages = grounds.elsewhere(by_touchpoint, by_stage)
    places = _places(by_touchpoint, felt_touchpoints, rates.of_touchpoints(by_touchpoint), level, anonymous)
    stages = _places(by_stage, felt_stages, rates.of_stages(by_stage), level, anonymous)
    return Ecosystem(
        protocol=protocol,
        curve=by_touchpoint.curve,
        touchpoints=tuple(
            _look(protocol, one, place, facts[one.id], efforts.get(one.id, NOTHING), entries, falls=one.id in falling)
            for one, place in zip(protocol.touchpoints, places, strict=True)
        ),
        stages=tuple(_stage_look(one, place, entries) for one, place in zip(protocol.stages, stages, strict=True)),
    )


def facts_seen(row: FactsRow | None, level: float = 0.95) -> Facts:
    """Return what was put down with the shares that follow; version 0 where nothing was."""
    if row is None:
        return Facts(None, None, None, None, None, None, "", 0, None, None, None, None)
    base = row.users if row.users is not None else row.customers
    return Facts(
        customers=row.customers,
        users=row.users,
        first_contacts=row.first_contacts,
        complaints=row.complaints,
        efficiency=row.efficiency,
        party=row.party,
        basis=row.basis,
        version=row.version,
        updated_at=row.updated_at,
        use=_share(row.users, row.customers, level),
        first=_share(row.first_contacts, row.customers, level),
        complaint=_share(row.complaints, base, level),
    )


def _share(part: int | None, whole: int | None, level: float) -> Share | None:
    return None if part is None or whole is None else wilson(part, whole, level)


@dataclass(frozen=True, slots=True)
class _Rates:
    """How many complain where: by the team's own counts, else by the complaints known of participants."""

    protocol: StudyProtocol
    facts: Mapping[UUID, Facts]
    complained: Mapping[UUID, Collection[UUID]] | None
    level: float
    anonymous: bool

    def of_touchpoints(self, ground: Ground) -> list[Share | None]:
        return [
            self.facts[one.id].complaint or self._known(ground, place, [one.id])
            for place, one in enumerate(self.protocol.touchpoints)
        ]

    def of_stages(self, ground: Ground) -> list[Share | None]:
        return [self._of_stage(ground, place, stage.id) for place, stage in enumerate(self.protocol.stages)]

    def _of_stage(self, ground: Ground, place: int, stage_id: UUID) -> Share | None:
        inside = [one.id for one in self.protocol.touchpoints_of(stage_id)]
        counted = [share for share in (self.facts[one].complaint for one in inside) if share is not None]
        if not counted:
            return self._known(ground, place, inside)
        # Whoever complains at two touchpoints is counted twice: the rate of a stage errs towards complaints, not silence.
        whole = max(share.whole for share in counted)
        return wilson(min(sum(share.part for share in counted), whole), whole, self.level)

    def _known(self, ground: Ground, place: int, touchpoints: Sequence[UUID]) -> Share | None:
        """Return the share of participants with an event of complaint there, among all who were there."""
        if self.complained is None:
            return None
        complained = {person for one in touchpoints for person in self.complained.get(one, ())}
        present = {person for person, n in zip(ground.people, ground.text.n[:, place], strict=True) if n > 0}
        known = present | (complained & set(ground.people))
        if self.anonymous and len(known) < K_ANONYMOUS:
            return None
        return wilson(len(complained & known), len(known), self.level)


def _places(
    ground: Ground,
    felt_elsewhere: tuple[FloatArray, FloatArray],
    rates: Sequence[Share | None],
    level: float,
    anonymous: bool,
) -> list[Place]:
    found = []
    for place, impact in enumerate(impacts(ground.text, *felt_elsewhere, level)):
        if ground.hidden[place] or (anonymous and impact.people < K_ANONYMOUS):
            impact = NOTHING  # noqa: PLW2901 - kept back
        point = ground.curve.points[place]
        lowest = point.key in ground.lowest and (point.estimate or 0.0) < 0
        silence = _silence(rates[place], impact, ground.low[place], lowest, level)
        found.append(Place(point, ground.low[place], lowest, impact, rates[place], silence))
    return found


def _silence(rate: Share | None, impact: Figure, low: bool, lowest: bool, level: float) -> Silence | None:
    """Return what is silent of a place that feels low: nothing where many complain, or nobody knows how many do."""
    if rate is None or not (low or lowest) or rate.value >= SELDOM:
        return None
    index = product(impact, rate, level)
    return Silence(index, certain=low and rate.upper < SELDOM and index.above)


def efforts_by_touchpoint(sums: Sequence[EffortSum], *, level: float, anonymous: bool) -> Mapping[UUID, Figure]:
    """Return the mean effort that people chose at each touchpoint, over all waves."""
    rows = {person: row for row, person in enumerate(sorted({one.participant_id for one in sums}))}
    columns = {place: column for column, place in enumerate(sorted({o.touchpoint_id for o in sums if o.touchpoint_id}))}
    totals, counts = np.zeros((len(rows), len(columns))), np.zeros((len(rows), len(columns)))
    for one in sums:
        if one.touchpoint_id is not None:
            totals[rows[one.participant_id], columns[one.touchpoint_id]] += one.total
            counts[rows[one.participant_id], columns[one.touchpoint_id]] += one.n
    means = clustered_means(totals, counts)
    found = {place: means.figure(column, level) for place, column in columns.items()}
    return {place: one for place, one in found.items() if not anonymous or one.people >= K_ANONYMOUS}


def _look(
    protocol: StudyProtocol,
    touchpoint: TouchpointFacts,
    place: Place,
    facts: Facts,
    effort: Figure,
    entries: Sequence[tuple[UUID, UUID | None, int]],
    *,
    falls: bool,
) -> TouchpointLook:
    stage = protocol.stage_of(touchpoint.stage_id)
    return TouchpointLook(
        id=touchpoint.id,
        key=f"{stage.key}/{touchpoint.key}",
        name=touchpoint.name,
        stage=stage,
        kind=touchpoint.kind,
        frontstage=touchpoint.frontstage,
        place=place,
        facts=facts,
        effort=effort,
        mentioned=any(one == touchpoint.id for _, one, _ in entries) or bool(place.point.statements),
        breaks=_breaks(place, facts, falls),
        chances=_chances(place, facts),
    )


def _breaks(place: Place, facts: Facts, falls: bool) -> tuple[Breakpoint, ...]:
    slow = facts.efficiency is not None and facts.efficiency <= SLOW
    given: tuple[tuple[Breakpoint, bool], ...] = (("low", place.low), ("slow", slow), ("falls", falls))
    return tuple(name for name, holds in given if holds)


def _chances(place: Place, facts: Facts) -> tuple[Opportunity, ...]:
    point = place.point
    loved = point.enough and point.band_lower is not None and point.band_lower > 0
    little = facts.use is not None and facts.use.upper < LITTLE_USED and not place.low
    given: tuple[tuple[Opportunity, bool], ...] = (("loved", loved), ("little_used", little))
    return tuple(name for name, holds in given if holds)


def _stage_look(stage: StageFacts, place: Place, entries: Sequence[tuple[UUID, UUID | None, int]]) -> StageLook:
    here = [(touchpoint, n) for stage_id, touchpoint, n in entries if stage_id == stage.id]
    return StageLook(
        stage=stage,
        place=place,
        unplaced=sum(n for touchpoint, n in here if touchpoint is None),
        entries=sum(n for _, n in here),
    )
