"""How many codes a stage needs for an interval of a wanted half width. Pure: numbers in, numbers out.

The estimate of a stage is λ·mean(f) + Σ(ξ/π)(y − λf) / Σ(ξ/π) with participants as its units. Its variance has two parts:
what would be left with every statement coded, because few people spoke, and what coding only n of N statements adds,

    Var(n) = V + σ² (1/n − 1/N),    V = σ_y² (ρ Σ nᵢ² / N² + (1 − ρ) / N)

where σ² is the variance of y − λf over statements, σ_y² that of y, and ρ the correlation of two statements of one person in
a stage (V: Kish 1965, Survey Sampling, section 5.4; the second part: Särndal, Swensson & Wretman 1992, section 6.3, the
difference estimator under Poisson sampling). Solved for n at Var(n) = (h/t)². Before enough is coded, V is that of the
machine's scores, P/(P−1) · Σ nᵢ² (f̄ᵢ − f̄)² / N².
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL: Final = 0.95
ASSUMED_VARIANCE: Final = 0.16
"""σ² before anybody has coded: people and machine differ by 0.4 on −1..1, as in the diaries that ours was tried on."""
ENOUGH: Final = 20
"""Codes from which what was assumed gives way to what was seen: in the study; half as many in one stage."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Coded statements of a stage, (codes,) each: whose, the machine's ``score``, the ``human`` value, and 1/π."""

    person: NDArray[np.int64]
    score: Floats
    human: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class StageEvidence:
    """A stage: ``n`` statements and their mean machine score per participant, (participants,) each, and its codes."""

    n: Floats
    mean: Floats
    codes: Codes


@dataclass(frozen=True, slots=True)
class Spread:
    """What the variance of a stage's estimate is made of; ``t`` is the quantile of its interval."""

    statements: float
    remaining: float
    residual: float
    t: float

    def half_width(self, codes: float) -> float:
        """Return the half width of the interval with so many codes, at least one and at most all."""
        n = min(max(codes, 1.0), self.statements)
        return self.t * sqrt(self.remaining + self.residual * (1 / n - 1 / self.statements))

    def needed(self, half_width: float) -> int | None:
        """Return how many codes give this half width; None where not even all of them do: more people are needed."""
        spare = (half_width / self.t) ** 2 - self.remaining
        if spare < 0:
            return None
        return min(ceil(1 / (spare / self.residual + 1 / self.statements) - 1e-9), int(self.statements))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the codes of all stages say together: λ, σ², σ_y² and ρ; the last two None before enough is known of them."""

    lam: float
    residual: float
    human: float | None
    alike: float | None


def spreads(stages: Sequence[StageEvidence], *, level: float = LEVEL) -> list[Spread | None]:
    """Return the spread of each stage; None where fewer than two people spoke, of whom no interval can be given."""
    seen = _pooled(stages)
    return [_spread(one, seen, level) for one in stages]


def _spread(stage: StageEvidence, seen: _Seen, level: float) -> Spread | None:
    people, total = len(stage.n), float(stage.n.sum())
    if people < 2:
        return None
    own = _centred(stage.codes.human - seen.lam * stage.codes.score, stage.codes.weight)
    residual = seen.residual if len(own) < ENOUGH // 2 else _variance(own, stage.codes.weight, 1)
    if seen.human is None or seen.alike is None:
        centre = float((stage.n * stage.mean).sum()) / total
        squares = float((stage.n**2 * (stage.mean - centre) ** 2).sum())
        remaining = people / (people - 1) * squares / total**2
    else:
        remaining = seen.human * (seen.alike * float((stage.n**2).sum()) / total**2 + (1 - seen.alike) / total)
    return Spread(total, remaining, max(residual, 1e-4), float(scipy.special.stdtrit(people - 1, (1 + level) / 2)))


def _pooled(stages: Sequence[StageEvidence]) -> _Seen:
    used = [one for one in stages if len(one.codes.human)]
    codes = sum(len(one.codes.human) for one in used)
    if codes < ENOUGH or codes <= len(used):
        return _Seen(1.0, ASSUMED_VARIANCE, None, None)
    score = np.concatenate([_centred(one.codes.score, one.codes.weight) for one in used])
    human = np.concatenate([_centred(one.codes.human, one.codes.weight) for one in used])
    weight = np.concatenate([one.codes.weight for one in used])
    square = float((weight * score**2).sum())
    lam = min(max(float((weight * score * human).sum()) / square, 0.0), 1.0) if square > 0 else 1.0
    variance = max(_variance(human, weight, len(used)), 1e-4)
    residual = max(_variance(human - lam * score, weight, len(used)), 1e-4)
    return _Seen(lam, residual, variance, _alike(used, variance))


def _alike(stages: Sequence[StageEvidence], variance: float) -> float | None:
    """Return how alike two statements of one person in one stage are, 0..1; None where there are too few pairs of them."""
    products, pairs = 0.0, 0.0
    for stage in stages:
        values = _centred(stage.codes.human, stage.codes.weight)
        for person in np.unique(stage.codes.person):
            own = values[stage.codes.person == person]
            products += float(own.sum() ** 2 - (own**2).sum())
            pairs += len(own) * (len(own) - 1)
    if pairs < ENOUGH:
        return None
    return min(max(products / pairs / variance, 0.0), 1.0)


def _centred(values: Floats, weight: Floats) -> Floats:
    return values - np.average(values, weights=weight) if len(values) else values


def _variance(residuals: Floats, weight: Floats, means: int) -> float:
    count = len(residuals)
    return float(np.average(residuals**2, weights=weight)) * count / max(count - means, 1)
