"""How the curve of one stage moved between two waves, as a result shows it."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.curves import queries, service
from app.curves.difference import estimate_difference
from app.curves.matrices import CellMatrices, Sums
from app.curves.queries import Revisions
from app.curves.service import Basis, CurveQuestion
from app.maps.insights.effects import Effect, Interval


@dataclass(frozen=True, slots=True)
class WavesRead:
    """One stage in two waves. ``effect`` None: too few people on one side to compare, or to be shown."""

    before_people: int | None
    after_people: int | None
    effect: Effect | None


@dataclass(frozen=True)
class BetweenWaves:
    """Reads curves of waves of one study, for one answer; ``anonymous``: nothing of fewer than 8 people."""

    session: Session
    matrices: CellMatrices
    study_id: UUID
    anonymous: bool

    @cached_property
    def _revisions(self) -> Revisions:
        return queries.revisions(self.session, self.study_id)

    def stage(self, key: str, before: str, after: str) -> WavesRead:
        """Return how the stage ``key`` moved from the wave ``before`` to ``after``. Whoever wrote in both is paired."""
        old, new = self._basis(before), self._basis(after)
        place = next((i for i, one in enumerate(old.positions) if one.key == key), None)
        if place is None or (old.hidden_in("corrected") | new.hidden_in("corrected"))[place]:
            return WavesRead(None, None, None)
        people = [int((side.sums.n[:, place] > 0).sum()) for side in (old, new)]
        sides = [service.estimate_sums(side.sums, level=0.95, score="corrected") for side in (old, new)]
        found = estimate_difference(_arrays(old.sums), _arrays(new.sums))
        if not found.sufficient[place]:
            return WavesRead(people[0], people[1], None)
        points = [
            Interval(float(one.estimate[place]), _known(one.lower[place]), _known(one.upper[place])) for one in sides
        ]
        change = Interval(float(found.difference[place]), _known(found.lower[place]), _known(found.upper[place]))
        return WavesRead(people[0], people[1], Effect(points[0], points[1], change, None, float(found.df[place])))

    def _basis(self, wave: str) -> Basis:
        return service.basis(
            self.session,
            self.matrices,
            self.study_id,
            CurveQuestion(wave=wave),
            revisions=self._revisions,
            anonymous=self.anonymous,
        )


def _known(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None


def _arrays(sums: Sums) -> tuple[NDArray[np.float64], ...]:
    return (sums.n, sums.sum_model, sums.sum_weight, sums.sum_weight_model, sums.sum_weight_human, sums.coded)
