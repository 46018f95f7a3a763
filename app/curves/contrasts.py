"""Two curves of one study side by side, two segments, two waves or two sources, and how far apart they are at each point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import MICRO, to_micro
from app.curves import service
from app.curves.daily import smoothed_days as smoothed_days  # noqa: PLC0414 - rooms above take all comparisons from here
from app.curves.difference import DifferenceEstimate, estimate_difference
from app.curves.estimators import Score
from app.curves.matrices import CellMatrices, Sums, aligned
from app.curves.queries import Revisions
from app.curves.questions import CurveQuestion
from app.curves.service import Basis, Curve, CurvePoint
from app.curves.tipping_words import tipping_point as tipping_point  # noqa: PLC0414
from app.statements.pending import NOTHING_WAITS, Refining

Pairing = Literal["same people", "other people", "some of the same people"]


@dataclass(frozen=True, slots=True)
class PointContrast:
    """One point of both curves, and ``difference``: ``b`` minus ``a``. None where it is not known, or hidden.

    ``lower`` and ``upper`` hold for this point, ``band_lower`` and ``band_upper`` for all points together. ``both`` people
    wrote here on both sides.
    """

    a: CurvePoint
    b: CurvePoint
    difference: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    both: int | None
    enough: bool

    @property
    def key(self) -> str:
        """The key of the point."""
        return self.a.key

    @property
    def suppressed(self) -> bool:
        """Whether one of the two may not be shown."""
        return self.a.suppressed or self.b.suppressed

    @property
    def clear(self) -> bool:
        """Whether the two differ beyond chance here, with all points looked at."""
        return self.enough and _excludes_zero(self.band_lower, self.band_upper)

    @property
    def perhaps(self) -> bool:
        """Whether they would if this were the only point looked at."""
        return self.enough and _excludes_zero(self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class CurveContrast:
    """Two curves over the same positions. ``score`` is that of both: the model's where people coded on one side only.

    ``pairing`` says whether the same people stand behind both, None where too few do to say it to this caller.
    """

    a: Curve
    b: Curve
    points: tuple[PointContrast, ...]
    pairing: Pairing | None
    level: float

    def point(self, key: str) -> PointContrast | None:
        """Return the point ``key``."""
        return next((point for point in self.points if point.key == key), None)

    @property
    def clear(self) -> tuple[PointContrast, ...]:
        """The points where the two differ beyond chance, with all points looked at; the largest difference first."""
        return tuple(sorted((one for one in self.points if one.clear), key=lambda one: -abs(one.difference or 0.0)))


def curve_of(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    question: CurveQuestion,
    *,
    revisions: Revisions,
    coder_version: str = "",
    refining: Refining = NOTHING_WAITS,
    anonymous: bool,
) -> Curve:
    """Return the curve of any source and score; a curve by days is smoothed too, for whoever sees text."""
    curve = service.curve(
        session,
        matrices,
        study_id,
        question,
        revisions=revisions,
        coder_version=coder_version,
        refining=refining,
        anonymous=anonymous,
    )
    if question.by != "day" or anonymous:
        return curve
    smooth = smoothed_days(session, matrices, study_id, question, revisions=revisions, lam=curve.lam)
    return replace(curve, smooth=smooth)


def contrast(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    question_a: CurveQuestion,
    question_b: CurveQuestion,
    *,
    revisions: Revisions,
    refining: Refining = NOTHING_WAITS,
    anonymous: bool,
) -> CurveContrast:
    """Return both curves and how far ``question_b``'s lies above ``question_a``'s, with participants as the unit.

    Both are asked along one axis and at one level: those of ``question_a``. Whoever stands on both sides is paired with
    themselves, all others are independent. ``anonymous`` hides what either curve hides. Raises UnknownSegment.
    """
    question_b = replace(question_b, by=question_a.by, level=question_a.level)
    one, other = (
        service.basis(session, matrices, study_id, asked, revisions=revisions, anonymous=anonymous)
        for asked in (question_a, question_b)
    )
    asked = _comparable(one, question_a, other, question_b)
    a, b = (_drawn(*side, revisions, refining) for side in zip((one, other), asked, strict=True))
    sums = _together(one, other)
    apart = estimate_difference(
        _arrays(sums[0]),
        _arrays(sums[1]),
        level=question_a.level,
        scores=(_score(asked[0]), _score(asked[1])),
    )
    hidden = one.hidden_in(a.score) | other.hidden_in(b.score)
    return CurveContrast(a, b, _points(a, b, apart, hidden), _pairing(one, other, anonymous), question_a.level)


def _comparable(one: Basis, first: CurveQuestion, other: Basis, second: CurveQuestion) -> Sequence[CurveQuestion]:
    """A corrected curve and one of the model alone are different quantities: both are corrected, or neither is."""
    texts = [found for found, asked in ((one, first), (other, second)) if asked.score == "corrected"]
    if all(found.sums.coded.any() for found in texts):
        return first, second
    return [replace(asked, score="model") if asked.score == "corrected" else asked for asked in (first, second)]


def _score(asked: CurveQuestion) -> Score:
    return "model" if asked.score == "mood" else asked.score


def _drawn(found: Basis, asked: CurveQuestion, revisions: Revisions, refining: Refining) -> Curve:
    hidden = found.hidden_in(asked.score)
    plain = service.of_sums(found.protocol, asked, found.positions, found.sums, hidden)
    return replace(plain, refining=refining, as_of=revisions.changed_at)


def _together(one: Basis, other: Basis) -> tuple[Sums, Sums]:
    """The sums of both sides, each person in the same row of both."""
    place = {person: row for row, person in enumerate(dict.fromkeys((*one.participants, *other.participants)))}
    return aligned(one.sums, one.participants, place), aligned(other.sums, other.participants, place)


def _arrays(sums: Sums) -> Sequence[NDArray[np.float64]]:
    return (
        sums.n,
        sums.sum_model,
        sums.sum_weight,
        sums.sum_weight_model,
        sums.sum_weight_human,
        sums.coded,
    )


def _pairing(one: Basis, other: Basis, anonymous: bool) -> Pairing | None:
    """How those who wrote anything on either side hang together."""
    first, second = (_writers(side) for side in (one, other))
    parts = [len(first & second), len(first - second), len(second - first)]
    if anonymous and any(0 < part < service.K_ANONYMOUS for part in parts):
        return None
    if not parts[0]:
        return "other people"
    return "same people" if not parts[1] and not parts[2] else "some of the same people"


def _writers(side: Basis) -> set[UUID]:
    wrote = np.flatnonzero(side.sums.n.sum(axis=1) > 0).tolist()
    return {side.participants[row] for row in wrote}


def _points(a: Curve, b: Curve, apart: DifferenceEstimate, hidden: NDArray[np.bool_]) -> tuple[PointContrast, ...]:
    def figure(values: NDArray[np.float64], at: int) -> float | None:
        return None if hidden[at] or not np.isfinite(values[at]) else to_micro(float(values[at])) / MICRO

    return tuple(
        PointContrast(
            a=one,
            b=other,
            difference=figure(apart.difference, at),
            standard_error=figure(apart.standard_error, at),
            lower=figure(apart.lower, at),
            upper=figure(apart.upper, at),
            band_lower=figure(apart.band_lower, at),
            band_upper=figure(apart.band_upper, at),
            both=None if hidden[at] else int(apart.both[at]),
            enough=bool(apart.sufficient[at]) and not hidden[at],
        )
        for at, (one, other) in enumerate(zip(a.points, b.points, strict=True))
    )


def _excludes_zero(lower: float | None, upper: float | None) -> bool:
    return lower is not None and upper is not None and lower * upper > 0
