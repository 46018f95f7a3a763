"""A study's curve: what was asked, the points with their uncertainty, and who may see which."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import to_micro
from app.curves import queries
from app.curves.anonymity import K_ANONYMOUS as K_ANONYMOUS  # noqa: PLC0414 - rooms above take it from here
from app.curves.anonymity import bared, too_few
from app.curves.axes import Position
from app.curves.axes import axis as axis  # noqa: PLC0414
from app.curves.errors import UnknownSegment
from app.curves.estimators import CurveEstimate, Score, estimate_curve
from app.curves.matrices import CellMatrices, Sums, aligned
from app.curves.missing import Missing, missing_of
from app.curves.queries import Revisions
from app.curves.questions import By as By  # noqa: PLC0414
from app.curves.questions import CurveQuestion as CurveQuestion  # noqa: PLC0414
from app.curves.questions import ScoreName as ScoreName  # noqa: PLC0414
from app.curves.questions import SourceName as SourceName  # noqa: PLC0414
from app.curves.questions import sources_of
from app.statements.cells import TEXT_SOURCES
from app.statements.pending import NOTHING_WAITS, Refining
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol

FORMAT = 4


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point. Figures are None where they cannot be known or, ``suppressed``, may not be shown.

    ``missing``, of stages only: who came so far and wrote nothing.
    """

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
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class SmoothDay:
    """The smooth curve on one day; None where too few people stand near it. Bounds as a point's."""

    day: float
    value: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    participants: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve as served. ``valley`` and ``peak`` hold the keys of every candidate at ``level``.

    ``model_version`` coded the statements, but for those of ``refining``, which its slow coder has still to read.
    ``smooth`` runs through the days of a curve by days, for whoever may see text.
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
    source: SourceName | None = None
    smooth: tuple[SmoothDay, ...] = ()

    def point(self, key: str) -> CurvePoint | None:
        """Return the point ``key``."""
        return next((point for point in self.points if point.key == key), None)


def etag(protocol: StudyProtocol, revisions: Revisions, question: object, *, anonymous: bool, state: object) -> str:
    """Return the ETag of a curve: it changes with the cells, the protocol, the question, who may see how much, and the ``state``
    of its coder (question and state by their representations)."""
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
    participants: Sequence[UUID] = ()

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
    members = members_of(session, study_id, question.segment)
    wave = wave_in_cells(protocol, question.wave)

    def selected(sources: Sequence[str], wave: str | None) -> tuple[Sums, list[UUID]]:
        return matrices.select(
            session,
            study_id,
            question.by,
            revisions,
            index_of,
            protocol_revision=protocol.revision,
            width=len(positions),
            sources=sources,
            wave=wave,
        )

    everybody, participants = selected(sources_of(question), wave)
    inside = None if members is None else np.array([one in members for one in participants], dtype=bool)
    sums = everybody if inside is None else everybody.rows(inside)
    people = participants if members is None else [one for one in participants if one in members]
    shown = np.zeros(len(positions), dtype=bool)
    if not anonymous:
        return Basis(protocol, positions, sums, shown, shown, people)
    place = {one: row for row, one in enumerate(participants)}
    wider = [aligned(*selected(*more), place) for more in _wider(question, wave)]
    hidden = too_few(sums.n, everybody.n) | bared(inside, everybody.n, [one.n for one in wider])
    few_coded = too_few(sums.coded, everybody.coded) | bared(inside, everybody.coded, [one.coded for one in wider])
    return Basis(protocol, positions, sums, hidden, sums.coded.any(axis=0) & few_coded, people)


def wave_in_cells(protocol: StudyProtocol, key: str | None) -> str | None:
    """Return the wave as cells name it; one that the study does not have is no cell's."""
    known = protocol.wave(key) if key else None
    return None if key is None else (known.id.hex if known else "none")


def _wider(question: CurveQuestion, wave: str | None) -> Sequence[tuple[Sequence[str], str | None]]:
    """Return what else can be asked that holds all that this question holds: more sources, every wave, or both."""
    own = sources_of(question)
    sources = [own, TEXT_SOURCES] if len(own) == 1 and own[0] in TEXT_SOURCES else [own]
    waves = [wave, None] if wave is not None else [None]
    return [(more, any_wave) for more in sources for any_wave in waves if (more, any_wave) != (own, wave)]


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
    known = missing_of(sums.n, estimate, hidden) if _walked(question) else [None] * len(positions)
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
            replace(_point(position, index, sums, estimate, hidden[index]), missing=known[index])
            for index, position in enumerate(positions)
        ),
        valley=tuple(positions[index].key for index in estimate.valley if not hidden[index]),
        peak=tuple(positions[index].key for index in estimate.peak if not hidden[index]),
        source=question.source,
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


def _walked(question: CurveQuestion) -> bool:
    """Whether the positions are stages, which people walk one after the other, and those who write walk them themselves."""
    return question.by == "stage" and question.source != "observer"


def members_of(session: Session, study_id: UUID, segment: str | None) -> set[UUID] | None:
    """Return the participants of the segment, None for everybody. Raises UnknownSegment."""
    if segment is None:
        return None
    attribute, separator, value = segment.partition(":")
    if not separator or not attribute or attribute not in queries.attribute_values(session, study_id):
        raise UnknownSegment()
    return queries.segment_members(session, study_id, attribute, value)


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
