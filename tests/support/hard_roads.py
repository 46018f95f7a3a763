"""Roads on which it is hard to be right: few people, some who write most of it, tails, uneven draws, stages nobody coded.

Everything is made once per run from known means, so that intervals, bands and the sets of valleys can be held against the truth.
"""

from dataclasses import astuple, dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from app.curves.estimators import estimate_curve

Floats: TypeAlias = NDArray[np.float64]
Road = Literal["even", "clusters", "tails", "draws", "uncoded"]
ROADS: tuple[Road, ...] = get_args(Road)

MEANS = np.array([0.02, -0.14, 0.16, 0.22, 0.08, -0.46, 0.71])
FLAT = np.zeros(MEANS.size)
STAGES = MEANS.size
VALLEY = int(MEANS.argmin())
UNCODED = (1, 3)
"""What nobody coded on the road "uncoded": neither its valley nor its peak."""
BIAS = np.array([0.15, -0.1, 0.05, 0.2, -0.15, 0.3, -0.25])
SPREAD = 0.3


@dataclass(frozen=True)
class Share:
    """Shares of the runs: ``interval`` (mean over known stages) and ``band`` (all of them at once) held the truth, ``valley``
    was among the ``candidates``. ``wrong``: one stage alone was named though it was another; on a flat road, where every known
    stage is as low as any, that one of them was left out."""

    interval: float
    band: float
    valley: float
    candidates: float
    wrong: float


def shares(road: Road, participants: int, *, repetitions: int, means: Floats = MEANS, bootstrap: int = 400) -> Share:
    """Return how often what the curve claims was true on this road, with these true ``means`` of its stages."""
    rng = np.random.default_rng((participants, ROADS.index(road), int(means is FLAT)))
    flat = bool((means == means[0]).all())
    rows = []
    for run in range(repetitions):
        curve = estimate_curve(*_sums(rng, road, participants, means), bootstrap=bootstrap, seed=run)
        known = np.isfinite(curve.lower)
        inside = (curve.lower <= means) & (means <= curve.upper)
        around = (curve.band_lower <= means) & (means <= curve.band_upper)
        rows.append(
            Share(
                interval=float(inside[known].mean()),
                band=float(around[known].all()),
                valley=float(flat or VALLEY in curve.valley),
                candidates=len(curve.valley),
                wrong=float(len(curve.valley) < curve.sufficient.sum() if flat else _only_another(curve.valley)),
            )
        )
    return Share(*np.mean([astuple(row) for row in rows], axis=0).tolist())


def _only_another(valley: tuple[int, ...]) -> bool:
    return len(valley) == 1 and valley != (VALLEY,)


def _sums(rng: np.random.Generator, road: Road, participants: int, means: Floats) -> tuple[Floats, ...]:
    """Return the arrays that estimate_curve takes, of one run."""
    # Unequal clusters: a few people write half of everything (lognormal, about 20 times from the 5th to the 95th hundredth).
    rate = (
        3 * np.exp(rng.normal(-0.41, 0.9, (participants, 1))) if road == "clusters" else np.full((participants, 1), 3.0)
    )
    n = rng.poisson(rate, (participants, STAGES))
    participant, stage = (np.repeat(index, n.ravel()) for index in np.indices(n.shape).reshape(2, -1))
    felt = means[stage] + _noise(rng, road, 0.25, participants)[participant]
    felt = felt + _noise(rng, road, 0.2, n.size)[participant * STAGES + stage]
    human = felt + _noise(rng, road, SPREAD, stage.size)
    model = 0.8 * human + BIAS[stage] + rng.normal(0, 0.1, participants)[participant] + rng.normal(0, 0.25, stage.size)
    probability = _probability(rng, road, stage)
    weight = np.where(rng.random(stage.size) < probability, 1 / np.maximum(probability, 1e-9), 0.0)
    parts = (np.ones(stage.size), model, weight, weight * model, weight * human, weight > 0)
    cell, size = participant * STAGES + stage, participants * STAGES
    return tuple(np.bincount(cell, part, size).astype(float).reshape(participants, STAGES) for part in parts)


def _noise(rng: np.random.Generator, road: Road, spread: float, size: int) -> Floats:
    """Return noise of this standard deviation: normal, or Student's t with 3 degrees of freedom where tails are heavy."""
    if road != "tails":
        return rng.normal(0, spread, size)
    return np.asarray(spread / np.sqrt(3) * rng.standard_t(3, size), dtype=np.float64)


def _probability(rng: np.random.Generator, road: Road, stage: NDArray[np.int64]) -> Floats:
    """Return π of each statement: two fifths, or from a twentieth to all of them, or none of two stages."""
    if road == "draws":
        return np.asarray(rng.choice([0.1, 0.3, 0.9], stage.size, p=[0.4, 0.4, 0.2]), dtype=np.float64)
    if road == "uncoded":
        return np.where(np.isin(stage, UNCODED), 0.0, 0.4)
    return np.full(stage.size, 0.4)
