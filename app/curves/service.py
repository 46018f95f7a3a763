"""A study's curve: what was asked, the points with their uncertainty, and who may see which."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import to_micro
from app.curves import queries
from app.curves.errors import UnknownSegment
from app.curves.estimators import CurveEstimate, Score, estimate_curve
from app.curves.grid import DAY_BINS, FIRST, LAST, bin_index
from app.curves.matrices import CellMatrices, Sums
from app.curves.queries import Revisions
from app.statements.cells import TEXT_SOURCES
from app.statements.pending import NOTHING_WAITS, Refining
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol

By = Literal["stage", "day", "touchpoint"]
ScoreName = Literal["corrected", "model", "human", "mood"]
K_ANONYMOUS = 8
FORMAT = 3


@dataclass(frozen=True, slots=True)
class CurveQuestion:
    """What is asked of a study: the axis, the score, a segment (``attribute:value``), a wave, the level of intervals."""

    by: By = "stage"
    score: ScoreName = "corrected"
    segment: str | None = None
    wave: str | None = None
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Position:
    """One place on the axis."""

    key: str
    label: str
    stage: str | None = None
    day_from: int | None = None
    day_to: int | None = None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point. Figures are None where they cannot be known or, ``suppressed``, may not be shown."""

    key: str
    label: str
    stage: str | None
    day_from: int | None
    day_to: int | None
    estimate: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    participants: int | None
    entries: int | None
    statements: int | None
    coded: int | None
    coded_people: int | None
    enough: bool
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve as served. ``valley`` and ``peak`` hold the keys of every candidate at ``level``.

    ``model_version`` coded the statements, but for those of ``refining``, which its slow coder has still to read.
    """

    study: str
    title: str
    anchor: str
    by: By
    score: ScoreName
    segment: str | None
    wave: str | None
    level: float
    estimator: str
    corrected: bool
    lam: float
    model_version: str
    recode_needed: bool
    refining: Refining
    as_of: datetime | None
    points: tuple[CurvePoint, ...]
    valley: tuple[str, ...]
    peak: tuple[str, ...]

    def point(self, key: str) -> CurvePoint | None:
        """Return the point ``key``."""
        return next((point for point in self.points if point.key == key), None)


def etag(
    protocol: StudyProtocol, revisions: Revisions, question: CurveQuestion, *, anonymous: bool, state: object
) -> str:
    """Return the ETag of a curve: it changes with the cells, the protocol, the question, who may see how much, and the
    ``state`` of its coder (by its representation)."""
    basis = (FORMAT, protocol.study.id, protocol.revision, revisions.by_slot, question, anonymous, state)
    return hashlib.sha256(repr(basis).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a curve is computed from: the positions of its axis, the sums of shape (participants, positions), and which
    positions may not be shown: their figures at all, or (``few_coded``) those that human codes went into."""

    protocol: StudyProtocol
    positions: Sequence[Position]
    sums: Sums
    hidden: NDArray[np.bool_]
    few_coded: NDArray[np.bool_]

    def hidden_in(self, score: ScoreName) -> NDArray[np.bool_]:
        """Return the positions that may not be shown of a curve of this score."""
        return self.hidden | self.few_coded if score in ("corrected", "human") else self.hidden


def basis(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    question: CurveQuestion,
    *,
    revisions: Revisions,
    anonymous: bool,
) -> Basis:
    """Return what the curve is computed from. ``anonymous`` hides every point of fewer than 8 people, or whose complement
    has fewer; and of figures that human codes went into, those of fewer than 8 people who were coded."""
    protocol = studies.protocol(session, study_id)
    positions, index_of = axis(protocol, question.by)
    members = _members(session, study_id, question.segment)
    sources = ("mood",) if question.score == "mood" else TEXT_SOURCES
    wave = protocol.wave(question.wave) if question.wave else None
    everybody, participants = matrices.select(
        session,
        study_id,
        question.by,
        revisions,
        index_of,
        protocol_revision=protocol.revision,
        width=len(positions),
        sources=sources,
        wave=None if question.wave is None else (wave.id.hex if wave else "none"),
    )
    sums = everybody if members is None else _of_members(everybody, participants, members)
    shown = np.zeros(len(positions), dtype=bool)
    hidden = too_few(sums.n, everybody.n) if anonymous else shown
    few_coded = sums.coded.any(axis=0) & too_few(sums.coded, everybody.coded) if anonymous else shown
    return Basis(protocol, positions, sums, hidden, few_coded)


def curve(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    question: CurveQuestion,
    *,
    revisions: Revisions,
    coder_version: str,
    refining: Refining = NOTHING_WAITS,
    anonymous: bool,
) -> Curve:
    """Return the study's curve; of ``anonymous`` see basis."""
    found = basis(session, matrices, study_id, question, revisions=revisions, anonymous=anonymous)
    drawn = of_sums(found.protocol, question, found.positions, found.sums, found.hidden_in(question.score))
    return replace(
        drawn,
        recode_needed=found.protocol.study.coder_version != coder_version,
        refining=refining,
        as_of=revisions.changed_at,
    )


def of_sums(
    protocol: StudyProtocol,
    question: CurveQuestion,
    positions: Sequence[Position],
    sums: Sums,
    hidden: NDArray[np.bool_],
) -> Curve:
    """Return the curve of sums of shape (participants, positions); points that are ``hidden`` have no figures."""
    score: Score = "model" if question.score == "mood" else question.score
    estimate = estimate_sums(sums, level=question.level, score=score)
    return Curve(
        study=protocol.study.slug,
        title=protocol.study.title,
        anchor=protocol.study.anchor_label,
        by=question.by,
        score=question.score,
        segment=question.segment,
        wave=question.wave,
        level=question.level,
        estimator=_estimator(question.score, estimate),
        corrected=estimate.corrected,
        lam=round(estimate.lam, 6),
        model_version=protocol.study.coder_version,
        recode_needed=False,
        refining=NOTHING_WAITS,
        as_of=None,
        points=tuple(
            _point(position, index, sums, estimate, hidden[index]) for index, position in enumerate(positions)
        ),
        valley=tuple(positions[index].key for index in estimate.valley if not hidden[index]),
        peak=tuple(positions[index].key for index in estimate.peak if not hidden[index]),
    )


def estimate_sums(sums: Sums, *, level: float, score: Score) -> CurveEstimate:
    """Return the estimate of sums of shape (participants, positions)."""
    return estimate_curve(
        sums.n,
        sums.sum_model,
        sums.sum_weight,
        sums.sum_weight_model,
        sums.sum_weight_human,
        sums.coded,
        level=level,
        score=score,
    )


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
            day_from=None if one.first == FIRST else one.first,
            day_to=None if one.last >= LAST - 1 else one.last,
        )
        for one in DAY_BINS
    ]
    return places, _DAYS


# Every day of the grid: a lookup, so that cells need no computing when they are read.
_DAYS = {str(day): bin_index(day) for day in range(FIRST, LAST)}


def _members(session: Session, study_id: UUID, segment: str | None) -> set[UUID] | None:
    if segment is None:
        return None
    attribute, separator, value = segment.partition(":")
    if not separator or not attribute or attribute not in queries.attribute_values(session, study_id):
        raise UnknownSegment()
    return queries.segment_members(session, study_id, attribute, value)


def _of_members(sums: Sums, participants: Sequence[UUID], members: set[UUID]) -> Sums:
    inside = np.array([participant in members for participant in participants], dtype=bool)
    return Sums(*(getattr(sums, name)[inside] for name in Sums.__slots__))


def too_few(counts: NDArray[np.float64], everybody: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where there are too few people to show; or so few beside them that subtracting two curves would show those.

    Both arrays have the shape (participants, positions) and count statements.
    """
    inside = (counts > 0).sum(axis=0)
    beside = (everybody > 0).sum(axis=0) - inside
    hidden: NDArray[np.bool_] = (inside < K_ANONYMOUS) | ((beside > 0) & (beside < K_ANONYMOUS))
    return hidden


def _estimator(score: ScoreName, estimate: CurveEstimate) -> str:
    if score == "mood":
        return "self-reported mood"
    if not estimate.corrected:
        return "model only, uncorrected"
    return "human only" if score == "human" else "model corrected by human codes"


def _point(position: Position, index: int, sums: Sums, estimate: CurveEstimate, hidden: bool) -> CurvePoint:
    def figure(values: NDArray[np.float64]) -> float | None:
        value = float(values[index])
        return None if hidden or not np.isfinite(value) else to_micro(value) / 1_000_000

    def count(total: float) -> int | None:
        return None if hidden else int(total)

    return CurvePoint(
        key=position.key,
        label=position.label,
        stage=position.stage,
        day_from=position.day_from,
        day_to=position.day_to,
        estimate=figure(estimate.estimate),
        standard_error=figure(estimate.standard_error),
        lower=figure(estimate.lower),
        upper=figure(estimate.upper),
        band_lower=figure(estimate.band_lower),
        band_upper=figure(estimate.band_upper),
        participants=count((sums.n[:, index] > 0).sum()),
        entries=count(sums.entries[:, index].sum()),
        statements=count(sums.n[:, index].sum()),
        coded=count(sums.coded[:, index].sum()),
        coded_people=count((sums.coded[:, index] > 0).sum()),
        enough=bool(estimate.sufficient[index]) and not hidden,
        suppressed=bool(hidden),
    )
