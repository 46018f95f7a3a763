"""How many codes an interval needs: against a simulation of the estimate itself."""

from typing import Any

import numpy as np
import pytest

from app.coding.needed import ASSUMED_VARIANCE, Codes, Spread, StageEvidence, spreads

PEOPLE, SAID = 40, 6
TRIES = 2000
SLOPE = (0.25**2 + 0.3**2) / (0.25**2 + 0.3**2 + 0.1**2 + 0.3**2)
"""The λ that fits the world below: how much of the machine's spread is people's own."""


def test_the_half_width_is_what_drawing_again_and_again_gives() -> None:
    """Draw n of N statements and estimate, many times over fresh people: the spread is the one that was foretold."""
    chance = np.random.default_rng(11)
    estimates, foretold = [], []
    codes = 60
    for number in range(TRIES):
        score, human = _world(chance)
        drawn = chance.random(score.shape) < codes / score.size
        if drawn.sum() < 10:
            continue
        estimates.append(SLOPE * score.mean() + (human - SLOPE * score)[drawn].mean())
        if number < 40:
            (spread,) = spreads([_evidence(score, human, drawn)])
            assert spread is not None
            foretold.append(spread.half_width(codes) / spread.t)
    seen = float(np.std(estimates))
    assert np.mean(foretold) == pytest.approx(seen, rel=0.12)


def test_the_number_needed_gives_the_half_width_that_was_wanted() -> None:
    spread = Spread(statements=400, remaining=0.001, residual=0.2, t=2.0)
    for wanted in (0.08, 0.1, 0.2):
        needed = spread.needed(wanted)
        assert needed is not None
        assert spread.half_width(needed) <= wanted + 1e-9
        assert spread.half_width(needed - 1) > wanted
    assert spread.needed(0.05) is None  # even with all coded: people differ too much
    assert spread.half_width(400) == pytest.approx(2 * 0.001**0.5)


def test_a_wider_interval_never_needs_more() -> None:
    spread = Spread(statements=1000, remaining=0.0005, residual=0.16, t=2.02)
    needed = [spread.needed(width / 100) for width in range(5, 60)]
    known = [one for one in needed if one is not None]
    assert known == sorted(known, reverse=True)
    assert all(1 <= one <= 1000 for one in known)


def test_before_anybody_has_coded_something_is_assumed() -> None:
    evidence = StageEvidence(np.full(10, 4.0), np.linspace(-0.2, 0.2, 10), _codes())
    (spread,) = spreads([evidence])
    assert spread is not None
    assert spread.residual == ASSUMED_VARIANCE
    assert spreads([StageEvidence(np.array([5.0]), np.array([0.1]), _codes())]) == [None]


def _codes() -> Codes:
    nothing = np.zeros(0)
    return Codes(np.zeros(0, dtype=np.int64), nothing, nothing, nothing)


def _world(chance: np.random.Generator) -> Any:
    person = chance.normal(0, 0.25, (PEOPLE, 1))
    truth = 0.1 + person + chance.normal(0, 0.3, (PEOPLE, SAID))
    return truth + 0.15 + chance.normal(0, 0.1, (PEOPLE, 1)) + chance.normal(0, 0.3, (PEOPLE, SAID)), truth


def _evidence(score: Any, human: Any, drawn: Any) -> StageEvidence:
    people = np.broadcast_to(np.arange(PEOPLE)[:, None], score.shape)[drawn]
    weight = np.full(int(drawn.sum()), score.size / 60)
    return StageEvidence(
        np.full(PEOPLE, float(SAID)), score.mean(axis=1), Codes(people, score[drawn], human[drawn], weight)
    )
