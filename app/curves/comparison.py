"""What another coder would do to a study's curve: both curves and their difference, over the statements that both have coded.

The difference is paired: of each participant and stage it has the sum of what changes, so that what people differ in does
not blur it. Its interval is that of the curve (delete-one-participant jackknife).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.curves import queries
from app.curves.anonymity import too_few
from app.curves.axes import Position, axis
from app.curves.estimators import CurveEstimate
from app.curves.matrices import Sums
from app.curves.questions import CurveQuestion
from app.curves.service import Curve, estimate_sums, of_sums
from app.studies import queries as studies

QUESTION = CurveQuestion(score="model")
Label = str
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class StageDifference:
    """What changes at one stage: the proposed estimate minus the present one. None where it is not known, or hidden.

    ``lower`` and ``upper`` hold for this stage, ``band_lower`` and ``band_upper`` for all stages together.
    """

    key: str
    label: str
    before: float | None
    after: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    participants: int | None
    statements: int | None
    enough: bool
    suppressed: bool

    @property
    def clear(self) -> bool:
        """Whether the stage would move beyond chance, with all stages looked at."""
        return self.band_lower is not None and self.band_upper is not None and self.band_lower * self.band_upper > 0

    @property
    def perhaps(self) -> bool:
        """Whether it would move beyond chance if it were the only stage looked at."""
        return self.lower is not None and self.upper is not None and self.lower * self.upper > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both curves of the same ``statements``; ``later`` ones came since and would be coded when it is adopted.

    ``moves`` counts statements by label (before, after); ``relabelled`` of them change it. None where too few people
    stand behind the study to say it to this caller.
    """

    before: Curve
    after: Curve
    stages: tuple[StageDifference, ...]
    statements: int
    later: int
    relabelled: int | None
    moves: Mapping[tuple[Label, Label], int]


def compare(session: Session, study_id: UUID, version: str, *, anonymous: bool) -> Comparison:
    """Return what ``version`` would change; ``anonymous`` hides stages of fewer than 8 people. Reads every statement once."""
    protocol = studies.protocol(session, study_id)
    positions, index_of = axis(protocol, "stage")
    rows = [row for row in queries.compared(session, study_id, version) if row.stage_id.hex in index_of]
    place = {one: number for number, one in enumerate(sorted({row.participant_id for row in rows}))}
    n, before, after = (_matrix(rows, place, index_of, name) for name in ("n", "sum_before", "sum_after"))
    everybody = _sums(n, before)
    hidden = too_few(n, n) if anonymous else np.zeros(len(positions), dtype=bool)
    present = of_sums(protocol, QUESTION, positions, everybody, hidden)
    proposed = replace(of_sums(protocol, QUESTION, positions, _sums(n, after), hidden), model_version=version)
    change = estimate_sums(_sums(n, after - before), level=QUESTION.level, score="model")
    moves = Counter({(row.before, row.after): 0 for row in rows})
    for row in rows:
        moves[row.before, row.after] += row.n
    told = not anonymous or not hidden.all()
    return Comparison(
        before=present,
        after=proposed,
        stages=tuple(_stage(one, at, present, proposed, change) for at, one in enumerate(positions)),
        statements=int(n.sum()),
        later=queries.not_compared(session, study_id, version),
        relabelled=sum(count for (was, becomes), count in moves.items() if was != becomes) if told else None,
        moves=dict(moves) if told else {},
    )


def _matrix(
    rows: Sequence[Any], place: Mapping[UUID, int], index_of: Mapping[str, int], name: str
) -> NDArray[np.float64]:
    """Sums per participant and stage, whatever the label; exact, since they are whole numbers."""
    matrix = np.zeros((len(place), len(index_of)))
    for row in rows:
        matrix[place[row.participant_id], index_of[row.stage_id.hex]] += int(getattr(row, name))
    return matrix


def _sums(n: NDArray[np.float64], total: NDArray[np.float64]) -> Sums:
    nothing = np.zeros_like(n)
    return Sums(n, n, total / MICRO, nothing, nothing, nothing, nothing)


def _stage(position: Position, at: int, before: Curve, after: Curve, change: CurveEstimate) -> StageDifference:
    present, proposed = before.points[at], after.points[at]

    def figure(values: NDArray[np.float64]) -> float | None:
        value = float(values[at])
        return None if present.suppressed or not np.isfinite(value) else round(value, 6)

    return StageDifference(
        key=position.key,
        label=position.label,
        before=present.estimate,
        after=proposed.estimate,
        difference=figure(change.estimate),
        lower=figure(change.lower),
        upper=figure(change.upper),
        band_lower=figure(change.band_lower),
        band_upper=figure(change.band_upper),
        participants=present.participants,
        statements=present.statements,
        enough=present.enough,
        suppressed=present.suppressed,
    )
