"""Two waves or two groups with a known difference: the same people, others, or some of the same, many times over."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.curves.difference import estimate_difference

Floats: TypeAlias = NDArray[np.float64]
STAGES = 7
FIRST = np.array([0.02, -0.14, 0.16, 0.22, 0.08, -0.46, 0.6])
CHANGE = np.array([0.0, 0.1, 0.0, -0.2, 0.0, 0.3, 0.0])


@dataclass(frozen=True)
class Reached:
    """How often the interval, and the band as a whole, held the truth."""

    interval: float
    band: float


def people(rng: np.random.Generator, participants: int, kind: str) -> tuple[list[Floats], list[Floats]]:
    """Both sides, a row for everybody: people differ in how they feel and in how much they write."""
    person = rng.normal(0, 0.3, (participants, 1))
    eager = rng.gamma(2, 0.5, (participants, 1))
    here = {
        "same people": (slice(None), slice(None)),
        "other people": (slice(0, participants // 2), slice(participants // 2, None)),
        "some of the same people": (slice(0, 3 * participants // 4), slice(participants // 4, None)),
    }[kind]
    sides = []
    for mean, rows in zip((FIRST, FIRST + CHANGE), here, strict=True):
        n = np.zeros((participants, STAGES))
        n[rows] = rng.poisson(2.5 * eager, (participants, STAGES))[rows]
        in_stage = rng.normal(0, 0.15, n.shape)
        model = n * (mean + person + in_stage) + rng.normal(0, 0.3, n.shape) * np.sqrt(n)
        nothing = np.zeros_like(n)
        sides.append([n, model, nothing, nothing, nothing, nothing])
    return sides[0], sides[1]


def covered(participants: int, kind: str, *, repetitions: int, seed: int = 11) -> Reached:
    """Return the coverage over seeded repetitions; ``participants`` stand behind each side."""
    everybody = {"same people": 1.0, "other people": 2.0, "some of the same people": 4 / 3}[kind]
    rng = np.random.default_rng((seed, participants, len(kind)))
    inside, whole = [], []
    for repetition in range(repetitions):
        first, second = people(rng, round(participants * everybody), kind)
        found = estimate_difference(first, second, bootstrap=400, seed=repetition)
        inside.append(((found.lower <= CHANGE) & (found.upper >= CHANGE)).mean())
        whole.append(((found.band_lower <= CHANGE) & (found.band_upper >= CHANGE)).all())
    return Reached(float(np.mean(inside)), float(np.mean(whole)))
