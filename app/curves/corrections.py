"""A study's curve without and with its correction by human codes, and how far apart the two are at each point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from app.core.db import MICRO, to_micro
from app.curves.correction import CorrectionEstimate, estimate_correction
from app.curves.jackknife import MIN_PARTICIPANTS
from app.curves.matrices import Sums
from app.curves.service import Basis, Curve, CurvePoint, CurveQuestion, of_sums
from app.statements.pending import Refining


@dataclass(frozen=True, slots=True)
class PointCorrection:
    """One point of both curves, and ``difference``: corrected minus model only. None where it is not known, or hidden.

    ``lower`` and ``upper`` hold for this point, ``band_lower`` and ``band_upper`` for all points together.
    """

    model: CurvePoint
    corrected: CurvePoint
    difference: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None

    @property
    def clear(self) -> bool:
        """Whether the model is off beyond chance here, with all points looked at."""
        bounds = self.band_lower, self.band_upper
        return self.corrected.enough and None not in bounds and (bounds[0] or 0.0) * (bounds[1] or 0.0) > 0

    @property
    def perhaps(self) -> bool:
        """Whether it would be if this were the only point looked at."""
        bounds = self.lower, self.upper
        return self.corrected.enough and None not in bounds and (bounds[0] or 0.0) * (bounds[1] or 0.0) > 0

    @property
    def wanting(self) -> int:
        """How many more people must be coded here before the point can be compared; 0 where that is not the reason."""
        if not self.model.enough or self.corrected.enough or self.corrected.suppressed:
            return 0
        return max(MIN_PARTICIPANTS - (self.corrected.coded_people or 0), 0)


@dataclass(frozen=True, slots=True)
class Correction:
    """Both curves of the same words. Without any human code ``corrected`` is the model's own curve."""

    model: Curve
    corrected: Curve
    points: tuple[PointCorrection, ...]

    @property
    def begun(self) -> bool:
        """Whether anything was coded by people."""
        return self.corrected.corrected

    @property
    def settled(self) -> bool:
        """Whether enough was coded to read the corrected curve instead of the model's: at more than half of the points
        where the model has enough people, enough people were coded too."""
        known = sum(one.model.enough for one in self.points)
        ready = sum(one.model.enough and one.corrected.enough for one in self.points)
        return self.begun and ready > known / 2

    @property
    def shown(self) -> Curve:
        """The curve to show to whoever does not ask for one of the two."""
        return self.corrected if self.settled else self.model


def of_basis(
    found: Basis, question: CurveQuestion, *, as_of: datetime | None, coder_version: str, refining: Refining
) -> Correction:
    """Return both curves and their difference, for the axis, segment, wave and level of ``question``."""
    outdated = found.protocol.study.coder_version != coder_version

    def drawn(asked: CurveQuestion) -> Curve:
        hidden = found.hidden_in(asked.score)
        plain = of_sums(found.protocol, asked, found.positions, found.sums, hidden)
        return replace(plain, recode_needed=outdated, refining=refining, as_of=as_of)

    model = drawn(replace(question, score="model"))
    if not found.sums.coded.any():
        alone = replace(model, score="corrected")
        return Correction(alone, alone, ())
    corrected = drawn(replace(question, score="corrected"))
    apart = _estimate(found.sums, question.level)
    hidden = found.hidden_in("corrected")
    return Correction(model, corrected, _points(model, corrected, apart, hidden))


def _estimate(sums: Sums, level: float) -> CorrectionEstimate:
    return estimate_correction(
        sums.n,
        sums.sum_model,
        sums.sum_weight,
        sums.sum_weight_model,
        sums.sum_weight_human,
        sums.coded,
        level=level,
    )


def _points(
    model: Curve, corrected: Curve, apart: CorrectionEstimate, hidden: NDArray[np.bool_]
) -> tuple[PointCorrection, ...]:
    columns: Sequence[NDArray[np.float64]] = (
        apart.difference,
        apart.standard_error,
        apart.lower,
        apart.upper,
        apart.band_lower,
        apart.band_upper,
    )
    return tuple(
        PointCorrection(one, other, *(_figure(float(column[at]), hidden[at]) for column in columns))
        for at, (one, other) in enumerate(zip(model.points, corrected.points, strict=True))
    )


def _figure(value: float, hidden: bool) -> float | None:
    return None if hidden or not np.isfinite(value) else to_micro(value) / MICRO
