"""How people's experience changes from one stage to the next, and from one touchpoint to the next they met."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.curves import queries as curves
from app.curves.jackknife import MIN_PARTICIPANTS, FloatArray, PersonSums, jackknife_covariance, model_weight, theta
from app.curves.matrices import CellMatrices
from app.curves.service import K_ANONYMOUS, CurveQuestion
from app.maps.ecosystem import grounds, steps_queries
from app.maps.ecosystem.clustered import NOTHING, Figure, Means, clustered_means
from app.maps.ecosystem.grounds import Ground
from app.maps.ecosystem.standing import person_sums
from app.maps.ecosystem.steps_queries import StepSum
from app.studies.protocol import StudyProtocol

MOST_READ: Final = 200_000
"""So many statements, the newest, are read for the steps between touchpoints."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step from one place to the next: the mean change of experience (−2..2) of those who made it.

    ``falls`` and ``rises``: beyond chance, with all steps of its kind looked at. ``corrected``: by human codes, as the
    curve is. Keys are those of the curve's axes.
    """

    origin: str
    origin_label: str
    target: str
    target_label: str
    target_id: UUID
    change: Figure
    falls: bool
    rises: bool
    corrected: bool
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Transitions:
    """Steps between stages, in the order of the road, and between touchpoints, the most frequent first."""

    protocol: StudyProtocol
    stages: tuple[Edge, ...]
    touchpoints: tuple[Edge, ...]

    @property
    def broken(self) -> Sequence[Edge]:
        """Every step that falls beyond chance, the worst first; of two alike, that between touchpoints says more."""
        found = [edge for edge in (*self.touchpoints, *self.stages) if edge.falls]
        return sorted(found, key=lambda edge: round(edge.change.value or 0.0, 6))

    @property
    def worst(self) -> Sequence[Edge]:
        """Steps of enough people that go down, the worst first, whether or not that is beyond chance."""
        every = (*self.stages, *self.touchpoints)
        return sorted(
            (edge for edge in every if edge.change.enough and (edge.change.value or 0.0) < 0),
            key=lambda edge: edge.change.value or 0.0,
        )


def transitions(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    *,
    level: float = 0.95,
    wave: str | None = None,
    segment: str | None = None,
    anonymous: bool = False,
) -> Transitions:
    """Return the steps of the study; ``anonymous`` keeps back those that fewer than 8 people made."""
    revisions = curves.revisions(session, study_id)
    asked = CurveQuestion("stage", "corrected", segment, wave, level)
    ground = grounds.ground(session, matrices, study_id, asked, revisions, anonymous)
    members = set(ground.people) if segment else None
    walked = touchpoint_steps(session, ground.protocol, members, level=level, wave=wave, anonymous=anonymous)
    return Transitions(ground.protocol, stage_steps(ground, level=level, anonymous=anonymous), walked)


def stage_steps(ground: Ground, *, level: float, anonymous: bool) -> tuple[Edge, ...]:
    """Return the steps between stages that follow one another, of those that anybody wrote about."""
    sums = person_sums(ground.text)
    corrected = ground.curve.corrected and ground.curve.score == "corrected"
    lam = model_weight(sums) if corrected else 1.0
    places = np.flatnonzero((sums.n > 0).any(axis=0)).tolist()
    pairs = list(pairwise(places))
    changes = [_paired(sums, pair, lam, corrected) for pair in pairs]
    tested = sum(means.people.min() >= MIN_PARTICIPANTS for means, _ in changes)
    stages = ground.protocol.stages
    return tuple(
        _edge(
            (stages[one].key, stages[one].name),
            (stages[other].key, stages[other].name, stages[other].id),
            means.difference(0, 1, level),
            means.difference(0, 1, shared_level(level, tested)),
            corrected=done,
            hidden=ground.hidden[one] or ground.hidden[other] or (anonymous and _few(means)),
        )
        for (one, other), (means, done) in zip(pairs, changes, strict=True)
    )


def touchpoint_steps(
    session: Session,
    protocol: StudyProtocol,
    members: Collection[UUID] | None,
    *,
    level: float,
    wave: str | None,
    anonymous: bool,
) -> tuple[Edge, ...]:
    """Return the steps between touchpoints that the same person met one after another, the most frequent first."""
    known = protocol.wave(wave) if wave else None
    if wave and known is None:
        return ()
    rows = steps_queries.steps(session, protocol.study.id, MOST_READ, wave_id=known.id if known else None)
    rows = [row for row in rows if members is None or row.participant_id in members]
    listed = {one.id: one for one in protocol.touchpoints}
    keys = {stage.id: stage.key for stage in protocol.stages}
    pairs = sorted({(row.origin, row.target) for row in rows if row.origin in listed and row.target in listed})
    means = clustered_means(*_columns(rows, pairs))
    tested = int((means.people >= MIN_PARTICIPANTS).sum())
    found = []
    for column, (origin, target) in enumerate(pairs):
        one, other = listed[origin], listed[target]
        found.append(
            _edge(
                (f"{keys[one.stage_id]}/{one.key}", one.name),
                (f"{keys[other.stage_id]}/{other.key}", other.name, other.id),
                means.figure(column, level),
                means.figure(column, shared_level(level, tested)),
                corrected=False,
                hidden=anonymous and means.people[column] < K_ANONYMOUS,
            )
        )
    return tuple(sorted(found, key=lambda edge: (-edge.change.people, edge.origin, edge.target)))


def shared_level(level: float, tests: int) -> float:
    """Return the level at which each of ``tests`` holds, so that all hold together at ``level`` (Bonferroni)."""
    return 1 - (1 - level) / max(tests, 1)


def _paired(sums: PersonSums, pair: tuple[int, int], lam: float, corrected: bool) -> tuple[Means, bool]:
    """Return the means of both stages over those who wrote in both; corrected where enough of those were coded."""
    both = (sums.n[:, pair] > 0).all(axis=1)
    own = PersonSums(*(part[both][:, pair] for part in sums.parts()))
    coded = (own.coded > 0).sum(axis=0)
    corrected = corrected and bool((coded >= MIN_PARTICIPANTS).all())
    lam = lam if corrected else 1.0
    people = coded if corrected else np.full(2, both.sum())
    left = theta(own.without_each(), lam, corrected)
    covariance = jackknife_covariance(own.n > 0, left, left, people > 1)
    return Means(theta(own.total(), lam, corrected), covariance, people.astype(float), own.n.sum(axis=0)), corrected


def _few(means: Means) -> bool:
    return bool(means.people.min() < K_ANONYMOUS)


def _columns(rows: Sequence[StepSum], pairs: Sequence[tuple[UUID, UUID]]) -> tuple[FloatArray, FloatArray]:
    people = {person: at for at, person in enumerate(sorted({row.participant_id for row in rows}))}
    columns = {pair: at for at, pair in enumerate(pairs)}
    totals, counts = np.zeros((len(people), len(pairs))), np.zeros((len(people), len(pairs)))
    for row in rows:
        column = columns.get((row.origin, row.target))
        if column is not None:
            totals[people[row.participant_id], column] += row.change
            counts[people[row.participant_id], column] += row.n
    return totals, counts


def _edge(
    origin: tuple[str, str],
    target: tuple[str, str, UUID],
    change: Figure,
    band: Figure,
    *,
    corrected: bool,
    hidden: bool,
) -> Edge:
    return Edge(
        origin=origin[0],
        origin_label=origin[1],
        target=target[0],
        target_label=target[1],
        target_id=target[2],
        change=NOTHING if hidden else change,
        falls=band.below and not hidden,
        rises=band.above and not hidden,
        corrected=corrected,
        suppressed=hidden,
    )
