"""The cells that touchpoints and stages are judged from, with whose rows they are, so that axes can be joined by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.curves import queries as curves
from app.curves import service
from app.curves.jackknife import FloatArray
from app.curves.matrices import CellMatrices, Sums
from app.curves.queries import Revisions
from app.curves.service import Curve, CurveQuestion
from app.maps.ecosystem.clustered import IMPACT_FROM
from app.maps.ecosystem.standing import low_places, person_sums
from app.statements.cells import TEXT_SOURCES
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol


@dataclass(frozen=True, slots=True)
class Ground:
    """One axis of a study: its curve, and the sums of texts and of mood, shape (participants, places), of ``people``.

    ``low`` says which places lie low beyond chance, and ``hidden`` which may not be shown. The curve is corrected by human
    codes where enough was coded for it, as on the study's own page.
    """

    protocol: StudyProtocol
    curve: Curve
    people: Sequence[UUID]
    text: Sums
    mood: Sums
    low: Sequence[bool]
    hidden: Sequence[bool]

    @property
    def lowest(self) -> frozenset[str]:
        """The keys that may be the valley, where these are at most half of what can be compared.

        Of several only the lowest, and those that lie below zero themselves: what cannot be told from it by chance alone
        is not called low.
        """
        known = sum(point.enough for point in self.curve.points)
        valley = [point for point in self.curve.points if point.key in self.curve.valley]
        if not 0 < len(valley) <= known / 2:
            return frozenset()
        deepest = min(valley, key=lambda point: point.estimate or 0.0)
        return frozenset(
            point.key for point in valley if point is deepest or (point.upper is not None and point.upper < 0)
        )


def both(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    *,
    level: float = 0.95,
    wave: str | None = None,
    segment: str | None = None,
    anonymous: bool = False,
) -> tuple[Ground, Ground]:
    """Return the grounds of touchpoints and of stages, read in one transaction."""
    revisions = curves.revisions(session, study_id)
    touchpoints, stages = (
        ground(session, matrices, study_id, CurveQuestion(by, "corrected", segment, wave, level), revisions, anonymous)
        for by in ("touchpoint", "stage")
    )
    return touchpoints, stages


def ground(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    asked: CurveQuestion,
    revisions: Revisions,
    anonymous: bool,
) -> Ground:
    """Return the ground of one axis for a question about it."""
    found = service.basis(session, matrices, study_id, asked, revisions=revisions, anonymous=anonymous)
    curve = _shown(found, asked)
    (text, people), (mood, _) = (
        _selected(session, matrices, study_id, asked, revisions, sources) for sources in (TEXT_SOURCES, ("mood",))
    )
    kept = _members(session, study_id, asked.segment, people)
    text, mood = (Sums(*(getattr(sums, name)[kept] for name in Sums.__slots__)) for sums in (text, mood))
    low = low_places(person_sums(text), corrected=curve.score == "corrected" and curve.corrected, level=asked.level)
    hidden = found.hidden_in(curve.score)
    return Ground(
        protocol=found.protocol,
        curve=curve,
        people=[person for person, stays in zip(people, kept, strict=True) if stays],
        text=text,
        mood=mood,
        low=(low & ~hidden).tolist(),
        hidden=hidden.tolist(),
    )


def elsewhere(
    touchpoints: Ground, stages: Ground
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Return of touchpoints and of stages how each person felt everywhere else: totals and counts, (participants, places).

    By the mood that people chose where enough chose one, else by what they wrote.
    """
    chose = int((stages.mood.n.sum(axis=1) > 0).sum())
    name = "mood" if chose >= IMPACT_FROM else "text"
    whole: Sums = getattr(stages, name)
    rows = {person: row for row, person in enumerate(stages.people)}
    order = [rows[person] for person in touchpoints.people]
    found = []
    for one, places in ((touchpoints, order), (stages, list(range(len(stages.people))))):
        own: Sums = getattr(one, name)
        total = whole.sum_model[places].sum(axis=1, keepdims=True) - own.sum_model
        found.append((total, whole.n[places].sum(axis=1, keepdims=True) - own.n))
    return found[0], found[1]


def _shown(found: service.Basis, asked: CurveQuestion) -> Curve:
    """Return the corrected curve where most places that the model knows have people enough who were coded."""

    def drawn(score: service.ScoreName) -> Curve:
        question = CurveQuestion(asked.by, score, asked.segment, asked.wave, asked.level)
        return service.of_sums(found.protocol, question, found.positions, found.sums, found.hidden_in(score))

    model = drawn("model")
    if not found.sums.coded.any():
        return model
    corrected = drawn("corrected")
    known = sum(point.enough for point in model.points)
    return corrected if sum(point.enough for point in corrected.points) > known / 2 else model


def _selected(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    asked: CurveQuestion,
    revisions: Revisions,
    sources: Sequence[str],
) -> tuple[Sums, list[UUID]]:
    protocol = studies.protocol(session, study_id)
    positions, index_of = service.axis(protocol, asked.by)
    wave = protocol.wave(asked.wave) if asked.wave else None
    return matrices.select(
        session,
        study_id,
        asked.by,
        revisions,
        index_of,
        protocol_revision=protocol.revision,
        width=len(positions),
        sources=sources,
        wave=None if asked.wave is None else (wave.id.hex if wave else "none"),
    )


def _members(session: Session, study_id: UUID, segment: str | None, people: Sequence[UUID]) -> FloatArray:
    if segment is None:
        return np.ones(len(people), dtype=bool)
    attribute, _, value = segment.partition(":")
    members = curves.segment_members(session, study_id, attribute, value)
    return np.array([person in members for person in people], dtype=bool)
