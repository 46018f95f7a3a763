"""What 95 % means: data with known truth, many times over.

Diaries as they are: a participant's statements resemble each other, some people write much and some little, a fraction
is drawn for human coding with unequal known probabilities, and the model is off by another amount in every stage.
Bars stand three or more simulation errors below the nominal level.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from app.curves.estimators import estimate_curve

Floats: TypeAlias = NDArray[np.float64]
TRUTH = np.array([0.02, -0.14, 0.16, 0.22, 0.08, -0.46, 0.71])
MODEL_BIAS = np.array([0.15, -0.1, 0.05, 0.2, -0.15, 0.3, -0.25])
REPETITIONS = 500
STAGES = TRUTH.size


@dataclass(frozen=True)
class Diaries:
    """One row per statement."""

    participant: NDArray[np.int64]
    stage: NDArray[np.int64]
    model: Floats
    human: Floats
    weight: Floats

    def sums(self, participants: int, unit: NDArray[np.int64]) -> tuple[Floats, ...]:
        """Cells of whatever is taken for the unit: the participant, or, wrongly, the statement."""
        cell = unit * STAGES + self.stage
        drawn = (self.weight > 0).astype(float)
        parts = (
            np.ones(cell.size),
            self.model,
            self.weight,
            self.weight * self.model,
            self.weight * self.human,
            drawn,
        )
        size = participants * STAGES
        return tuple(np.bincount(cell, part, size).astype(float).reshape(participants, STAGES) for part in parts)


def diaries(rng: np.random.Generator, participants: int, coded: float, truth: Floats) -> Diaries:
    n = rng.poisson(3, (participants, STAGES))
    participant, stage = (np.repeat(index, n.ravel()) for index in np.indices(n.shape).reshape(2, -1))
    size = participant.size
    person, person_in_stage = rng.normal(0, 0.25, participants), rng.normal(0, 0.2, n.shape)
    human = truth[stage] + person[participant] + person_in_stage[participant, stage] + rng.normal(0, 0.3, size)
    style = rng.normal(0, 0.1, participants)
    model = 0.8 * human + MODEL_BIAS[stage] + style[participant] + rng.normal(0, 0.25, size)
    probability = coded * np.where(rng.random(size) < 0.5, 0.6, 1.4)
    weight = np.where(rng.random(size) < probability, 1 / probability, 0)
    return Diaries(participant, stage, model, human, weight)


@dataclass(frozen=True)
class Coverage:
    interval: float
    band: float
    valley: float
    peak: float
    naive: float
    model: float
    valleys: float


def within(lower: Floats, upper: Floats, truth: Floats) -> NDArray[np.bool_]:
    return (lower <= truth) & (truth <= upper) | np.isnan(lower)


def simulate(participants: int, coded: float, truth: Floats, seed: int) -> Coverage:
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, ...]] = []
    for repetition in range(REPETITIONS):
        written = diaries(rng, participants, coded, truth)
        sums = written.sums(participants, written.participant)
        curve = estimate_curve(*sums, bootstrap=500, seed=repetition)
        model = estimate_curve(*sums, bootstrap=1, score="model")
        alone = np.arange(written.stage.size)
        naive = estimate_curve(*written.sums(alone.size, alone), bootstrap=1)
        ranked = [stage for stage in np.argsort(truth, kind="stable") if curve.sufficient[stage]]
        rows.append(
            tuple(
                float(value)
                for value in (
                    within(curve.lower, curve.upper, truth).mean(),
                    within(curve.band_lower, curve.band_upper, truth).all(),
                    ranked[0] in curve.valley,
                    ranked[-1] in curve.peak,
                    within(naive.lower, naive.upper, truth).mean(),
                    within(model.lower, model.upper, truth).mean(),
                    len(curve.valley),
                )
            )
        )
    return Coverage(*np.mean(rows, axis=0).tolist())


@pytest.fixture(scope="module", params=[(24, 0.5), (40, 0.2)], ids=["24 people", "40 people"])
def coverage(request: pytest.FixtureRequest) -> Coverage:
    participants, coded = request.param
    return simulate(participants, coded, TRUTH, seed=participants)


def test_intervals_and_band_cover_the_truth_as_often_as_they_say(coverage: Coverage) -> None:
    assert 0.93 <= coverage.interval <= 0.98
    assert 0.93 <= coverage.band <= 0.995


def test_true_extremes_are_among_the_candidates_and_most_stages_are_not(coverage: Coverage) -> None:
    assert coverage.valley >= 0.95
    assert coverage.peak >= 0.95
    assert coverage.valleys < 3.5


def test_taking_entries_for_independent_or_the_model_for_the_truth_would_cover_too_little(coverage: Coverage) -> None:
    assert coverage.naive <= coverage.interval - 0.04
    assert coverage.model < 0.7


def test_a_flat_road_has_no_certain_valley() -> None:
    flat = simulate(24, 0.5, np.zeros(STAGES), seed=5)
    assert flat.valley >= 0.95
    assert flat.valleys > 6.5
