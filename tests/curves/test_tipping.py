"""How much worse the missing would have to feel: against brute force."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.curves.estimators import extremes
from app.curves.tipping import TippingPoints, tipping_points

STAGES = 5


def a_road(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    estimate = rng.uniform(-0.8, 0.8, STAGES)
    margins = rng.uniform(0.02, 0.5, (STAGES, STAGES))
    margins = (margins + margins.T) / 2
    np.fill_diagonal(margins, 0)
    comparable = rng.random(STAGES) < 0.85
    reached = rng.integers(5, 30, STAGES)
    present = reached - rng.integers(0, 5, STAGES)
    return estimate, margins, comparable, present, reached


def lowered(road: tuple[np.ndarray, ...], stage: int, by: float) -> tuple[set[int], int]:
    """The valleys and the lowest stage, had the missing of ``stage`` felt ``by`` lower: computed as a curve's are."""
    estimate, margins, comparable, present, reached = road
    moved = estimate.copy()
    moved[stage] -= by * (reached[stage] - present[stage]) / reached[stage]
    lowest = min(np.flatnonzero(comparable), key=lambda one: moved[one])
    return set(extremes(moved, margins, comparable)[0]), int(lowest)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 100_000), stage=st.integers(0, STAGES - 1))
def test_just_short_of_the_tipping_point_nothing_has_changed_and_just_beyond_it_has(seed: int, stage: int) -> None:
    road = a_road(seed)
    estimate, _margins, comparable, present, reached = road
    found = tipping_points(*road)
    assume(comparable.sum() > 1 and comparable[stage] and present[stage] < reached[stage])
    valleys, lowest = lowered(road, stage, 0.0)
    assert (found.joins[stage] == 0) == (stage in valleys)
    assert (found.leads[stage] == 0) == (stage == lowest)
    questions: list[tuple[float, Callable[[float], bool]]] = [
        (found.joins[stage], lambda by: stage in lowered(road, stage, by)[0]),
        (found.leads[stage], lambda by: stage == lowered(road, stage, by)[1]),
        (found.changes[stage], lambda by: lowered(road, stage, by)[0] != valleys),
    ]
    for value, says in questions:
        if np.isnan(value):
            assert not says(1000.0)
        elif value > 0:
            assert not says(value * (1 - 1e-6) - 1e-9)
            assert says(value * (1 + 1e-6) + 1e-9)
    assert found.room[stage] == pytest.approx(estimate[stage] + 1)


def test_where_nobody_is_missing_nothing_can_change() -> None:
    margins = np.full((2, 2), 0.1)
    found = tipping_points([0.5, -0.5], margins, [True, True], [9, 9], [9, 9])
    for values in (found.changes, found.joins, found.leads, found.room):
        assert np.isnan(values).all()


def test_half_of_them_missing_must_feel_twice_the_distance_worse() -> None:
    found: TippingPoints = tipping_points([0.3, -0.2], np.full((2, 2), 0.1), [True, True], [5, 10], [10, 10])
    assert found.leads[0] == pytest.approx(1.0)
    assert found.joins[0] == pytest.approx(0.8)
    assert found.room[0] == pytest.approx(1.3)


def test_more_present_than_came_so_far_is_refused() -> None:
    with pytest.raises(ValueError, match="has reached it"):
        tipping_points([0.1, 0.2], np.zeros((2, 2)), [True, True], [3, 4], [2, 4])
