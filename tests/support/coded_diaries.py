"""Diaries with known truth, coded by a model that is off in one stage, and drawn for coding by the study's own rule.

What a person says resembles what they said before; some write much and some little; the model is noisier where it is less
sure; a fifth is drawn. Run many times over, intervals say whether they hold what they claim.
"""

from dataclasses import astuple, dataclass, fields
from typing import TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.coding.probabilities import Design, Rates, uncertainty
from app.curves.correction import estimate_correction
from app.curves.estimators import estimate_curve

Floats: TypeAlias = NDArray[np.float64]

MEANS = np.array([0.05, -0.1, 0.15, 0.2, -0.25, -0.35, 0.5])
"""What the stages feel like, before codes are rounded to the five answers that people can give."""
STAGES = MEANS.size
BIASED, BIAS = 5, 0.4
"""The model reads the true valley too high, so that by its word another stage would be the lowest."""
RATE, FLOOR = 0.2, 0.3
BY_STAGE = RATE * np.array([0.7, 0.7, 1.0, 0.7, 1.3, 1.6, 1.0])
STAGE_IDS = [UUID(int=number + 1) for number in range(STAGES)]
PERSON, PERSON_IN_STAGE, MOMENT = 0.25, 0.2, 0.3


def coded(values: Floats) -> Floats:
    """Return the answer in −2..2, halved, that a coder gives."""
    return np.clip(np.round(2 * values), -2, 2) / 2


def truth() -> Floats:
    """Return the stages' true means of what coders say, shape (stages,)."""
    spread = np.sqrt(PERSON**2 + PERSON_IN_STAGE**2 + MOMENT**2)
    normal = np.random.default_rng(1).normal(0, spread, 1_000_000)
    return np.array([coded(mean + normal).mean() for mean in MEANS])


@dataclass(frozen=True)
class Written:
    """One row per statement: whose, where, the model's score and how unsure it is, and what a coder says or would say."""

    participant: NDArray[np.int64]
    stage: NDArray[np.int64]
    model: Floats
    unsure: Floats
    human: Floats

    def sums(self, participants: int, weight: Floats) -> tuple[Floats, ...]:
        """The arrays that estimate_curve takes; ``weight`` is 1/π, and 0 where nobody coded."""
        cell, size = self.participant * STAGES + self.stage, participants * STAGES
        parts = (np.ones(cell.size), self.model, weight, weight * self.model, weight * self.human, weight > 0)
        return tuple(np.bincount(cell, part, size).astype(float).reshape(participants, STAGES) for part in parts)


def written(rng: np.random.Generator, participants: int) -> Written:
    """Return the statements of so many people, about three each a stage."""
    n = rng.poisson(rng.gamma(4, 0.75, (participants, 1)), (participants, STAGES))
    participant, stage = (np.repeat(index, n.ravel()) for index in np.indices(n.shape).reshape(2, -1))
    person, person_in_stage = rng.normal(0, PERSON, participants), rng.normal(0, PERSON_IN_STAGE, n.shape)
    felt = MEANS[stage] + person[participant] + person_in_stage[participant, stage]
    human = coded(felt + rng.normal(0, MOMENT, stage.size))
    confidence = 0.5 + 0.5 * rng.beta(3, 2, stage.size)
    style, noise = rng.normal(0, 0.1, participants), rng.normal(0, 1, stage.size) * (1.1 - confidence) * 0.8
    model = np.clip(0.8 * human + style[participant] + noise + BIAS * (stage == BIASED), -1, 1)
    unsure = np.array([uncertainty(score, sure) for score, sure in zip(model, confidence, strict=True)])
    return Written(participant, stage, model, unsure, human)


def weights(rng: np.random.Generator, said: Written, design: Design) -> Floats:
    """Return 1/π of what the plan draws, 0 of the rest. The model's uncertainty is known before anybody codes."""
    counts = np.bincount(said.stage, minlength=STAGES)
    unsure = np.bincount(said.stage, said.unsure, STAGES) / np.maximum(counts, 1)
    rates = BY_STAGE if design == "stage" else np.full(STAGES, RATE)
    by_id = {one.hex: float(rate) for one, rate in zip(STAGE_IDS, rates, strict=True)}
    reference = {one.hex: float(mean) for one, mean in zip(STAGE_IDS, unsure, strict=True)}
    plan = Rates(design, by_id, FLOOR, reference)
    rows = zip(said.stage.tolist(), said.unsure.tolist(), strict=True)
    probability = np.array([plan.of_statement(STAGE_IDS[at], int(counts[at]), doubt) for at, doubt in rows])
    return np.where(rng.random(probability.size) < probability, 1 / probability, 0.0)


@dataclass(frozen=True)
class Coverage:
    """Shares of the runs. ``interval`` and ``model``: in which an interval of the corrected and of the model's own curve
    held the truth, ``biased`` that of the model where it is biased; ``difference``: the interval of the model's bias, the
    truth being what the model would say of everybody; ``band``: all stages at once; ``valley``, ``model_valley``: the set
    held the true lowest stage, of ``candidates`` stages on average; ``drawn``: the share coded.
    """

    interval: float
    band: float
    valley: float
    candidates: float
    difference: float
    model: float
    biased: float
    model_valley: float
    drawn: float


def coverage(participants: int, design: Design, *, repetitions: int, bootstrap: int = 400) -> Coverage:
    """Return how often what the curve claims was true, over so many runs of so many people."""
    rng = np.random.default_rng((participants, len(design)))
    known, bias = truth(), _bias(participants)
    lowest = int(known.argmin())
    rows = []
    for run in range(repetitions):
        said = written(rng, participants)
        weight = weights(rng, said, design)
        sums = said.sums(participants, weight)
        curve = estimate_curve(*sums, bootstrap=bootstrap, seed=run)
        alone = estimate_curve(*sums, bootstrap=bootstrap, seed=run, score="model")
        apart = estimate_correction(*sums, bootstrap=1)
        inside = _within(alone.lower, alone.upper, known)
        rows.append(
            Coverage(
                interval=float(_within(curve.lower, curve.upper, known).mean()),
                band=float(_within(curve.band_lower, curve.band_upper, known).all()),
                valley=float(lowest in curve.valley),
                candidates=len(curve.valley),
                difference=float(_within(apart.lower, apart.upper, -bias).mean()),
                model=float(inside.mean()),
                biased=float(inside[BIASED]),
                model_valley=float(lowest in alone.valley),
                drawn=float((weight > 0).mean()),
            )
        )
    means = np.mean([astuple(row) for row in rows], axis=0).tolist()
    return Coverage(**dict(zip((one.name for one in fields(Coverage)), means, strict=True)))


def _bias(participants: int) -> Floats:
    """How much too high the model reads each stage, from a great many people."""
    said = written(np.random.default_rng(2), 40_000)
    off = np.bincount(said.stage, said.model - said.human, STAGES)
    return np.asarray(off / np.bincount(said.stage, minlength=STAGES), dtype=np.float64)


def _within(lower: Floats, upper: Floats, known: Floats) -> NDArray[np.bool_]:
    return (lower <= known) & (known <= upper)
