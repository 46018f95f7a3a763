"""How the curve of one stage moved between two waves, as a result shows it."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from app.curves import queries
from app.curves.contrasts import contrast
from app.curves.matrices import CellMatrices
from app.curves.queries import Revisions
from app.curves.service import CurvePoint, CurveQuestion
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
        sides = contrast(
            self.session,
            self.matrices,
            self.study_id,
            CurveQuestion(wave=before),
            CurveQuestion(wave=after),
            revisions=self._revisions,
            anonymous=self.anonymous,
        )
        point = sides.point(key)
        if point is None or point.suppressed:
            return WavesRead(None, None, None)
        old, new = _side(point.a), _side(point.b)
        if not point.enough or point.difference is None or old is None or new is None:
            return WavesRead(point.a.participants, point.b.participants, None)
        change = Interval(point.difference, point.lower, point.upper)
        return WavesRead(point.a.participants, point.b.participants, Effect(old, new, change, None))


def _side(point: CurvePoint) -> Interval | None:
    return None if point.estimate is None else Interval(point.estimate, point.lower, point.upper)
