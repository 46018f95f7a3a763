"""The smooth curve over a study's days."""

from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import MICRO, to_micro
from app.curves import service
from app.curves.grid import DAY_BINS, FINE_DAYS, SMOOTHED
from app.curves.matrices import CellMatrices
from app.curves.queries import Revisions
from app.curves.questions import CurveQuestion, sources_of
from app.curves.service import SmoothDay
from app.curves.smoothing import SmoothEstimate, smooth_days
from app.studies import queries as studies

PER_BIN = 5
"""In so many steps the curve is drawn through a bin of several days."""


def smoothed_days(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    question: CurveQuestion,
    *,
    revisions: Revisions,
    lam: float | None = None,
) -> tuple[SmoothDay, ...]:
    """Return the curve through the days from two months before the anchor event to half a year after, smoothed, with the
    weight ``lam`` of the model. Only for who may see text: single days are too few people to be shown to others.

    Near the event days are taken singly, far from it in weeks. Empty where fewer than two days are written about.
    """
    protocol = studies.protocol(session, study_id)
    sums, people = matrices.select(
        session,
        study_id,
        "day",
        revisions,
        _COLUMNS,
        protocol_revision=protocol.revision,
        width=len(FINE_DAYS),
        sources=sources_of(question),
        wave=service.wave_in_cells(protocol, question.wave),
    )
    members = service.members_of(session, study_id, question.segment)
    if members is not None:
        sums = sums.rows(np.array([one in members for one in people], dtype=bool))
    written = sums.n.any(axis=0)
    if written.sum() < 2:
        return ()
    days = np.array([(one.first + one.last) / 2 for one in FINE_DAYS])[written]
    parts = (sums.n, sums.sum_model, sums.sum_weight, sums.sum_weight_model, sums.sum_weight_human, sums.coded)
    found = smooth_days(
        days,
        [part[:, written] for part in parts],
        _steps(days.min(), days.max()),
        level=question.level,
        score="model" if question.score == "mood" else question.score,
        lam=lam,
    )
    return _days(found)


def _steps(first: float, last: float) -> list[float]:
    """The days to draw the curve at: each single one, and a few within every wider bin."""
    steps: list[float] = []
    for one in DAY_BINS:
        if one.first >= SMOOTHED[0] and one.last < SMOOTHED[1]:
            count = min(one.last - one.first + 1, PER_BIN)
            steps += np.linspace(one.first, one.last, count).tolist() if count > 1 else [float(one.first)]
    return [day for day in steps if first <= day <= last]


def _days(found: SmoothEstimate) -> tuple[SmoothDay, ...]:
    def figure(values: NDArray[np.float64], at: int) -> float | None:
        return to_micro(float(values[at])) / MICRO if np.isfinite(values[at]) else None

    return tuple(
        SmoothDay(
            day=float(day),
            value=figure(found.value, at),
            lower=figure(found.lower, at),
            upper=figure(found.upper, at),
            band_lower=figure(found.band_lower, at),
            band_upper=figure(found.band_upper, at),
            participants=int(found.participants[at]),
        )
        for at, day in enumerate(found.at)
    )


_COLUMNS = {str(day): at for at, one in enumerate(FINE_DAYS) for day in range(one.first, one.last + 1)}
