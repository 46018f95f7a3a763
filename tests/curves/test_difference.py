"""Two curves compared: what the difference is, what pairing changes, and that its interval covers the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.curves.difference import estimate_difference
from app.curves.estimators import estimate_curve
from tests.support.two_roads import Floats, covered, people

SIX = 6


def sums(rng: np.random.Generator, participants: int, *, coded: bool) -> list[Floats]:
    n = rng.poisson(2, (participants, 4)).astype(float)
    model = n * rng.uniform(-0.8, 0.8, n.shape)
    drawn = np.minimum(n, rng.poisson(1, n.shape)) if coded else np.zeros_like(n)
    weight = drawn * rng.uniform(1, 5, n.shape)
    return [n, model, weight, weight * rng.uniform(-1, 1, n.shape), weight * rng.uniform(-1, 1, n.shape), drawn]


def beside(first: list[Floats], second: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Other people on each side: a row for everybody, nothing where they are not."""
    left = [np.vstack([one, np.zeros_like(other)]) for one, other in zip(first, second, strict=True)]
    right = [np.vstack([np.zeros_like(one), other]) for one, other in zip(first, second, strict=True)]
    return left, right


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), coded=st.booleans())
def test_other_people_on_each_side_add_their_variances_and_the_difference_is_that_of_the_curves(
    seed: int, coded: bool
) -> None:
    rng = np.random.default_rng(seed)
    first, second = sums(rng, 9, coded=coded), sums(rng, 12, coded=coded)
    found = estimate_difference(*beside(first, second), bootstrap=200)
    one, other = estimate_curve(*first, bootstrap=200), estimate_curve(*second, bootstrap=200)
    assert np.allclose(found.difference, other.estimate - one.estimate, equal_nan=True)
    assert np.allclose(found.standard_error**2, one.standard_error**2 + other.standard_error**2, equal_nan=True)
    assert (found.both == 0).all()
    lesser, both = np.minimum(one.df, other.df), one.df + other.df
    known = np.isfinite(found.standard_error) & (lesser > 0)
    assert (found.df[known] >= lesser[known]).all()
    assert (found.df[known] <= both[known]).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_same_people_are_paired_so_that_what_they_differ_in_cancels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, model, *rest = sums(rng, 12, coded=False)
    shift = 0.3
    found = estimate_difference([n, model, *rest], [n, model + shift * n, *rest], bootstrap=200)
    written = (n > 0).sum(axis=0) > 1
    assert np.allclose(found.difference[written], shift)
    assert (found.standard_error[written] < 1e-9).all()
    assert (found.df == np.maximum((n > 0).sum(axis=0) - 1, 0)).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), coded=st.booleans())
def test_the_sides_changed_over_change_only_the_sign_and_the_order_of_people_nothing(seed: int, coded: bool) -> None:
    rng = np.random.default_rng(seed)
    first, second = sums(rng, 8, coded=coded), sums(rng, 8, coded=coded)
    found = estimate_difference(first, second, bootstrap=100)
    back = estimate_difference(second, first, bootstrap=100)
    assert np.allclose(found.difference, -back.difference, equal_nan=True)
    assert np.allclose(found.standard_error, back.standard_error, equal_nan=True)
    order = rng.permutation(8)
    mixed = estimate_difference([one[order] for one in first], [one[order] for one in second], bootstrap=100)
    assert np.allclose(found.standard_error, mixed.standard_error, equal_nan=True)
    known = np.isfinite(found.band_lower)
    assert (found.band_lower[known] <= found.lower[known] + 1e-12).all()


def test_a_side_with_one_person_or_nobody_has_no_interval() -> None:
    n = np.ones((SIX, 2))
    alone = n.copy()
    alone[1:, 0] = 0
    alone[:, 1] = 0
    nothing = np.zeros_like(n)
    found = estimate_difference(
        [n, n * 0.1, nothing, nothing, nothing, nothing], [alone, alone * 0.5, nothing, nothing, nothing, nothing]
    )
    assert found.difference[0] == pytest.approx(0.4)
    assert np.isnan(found.difference[1])
    assert np.isnan(found.standard_error).all()
    assert not found.sufficient.any()


def test_sides_of_different_shape_are_refused() -> None:
    one, other = [np.ones((3, 2))] * SIX, [np.ones((4, 2))] * SIX
    with pytest.raises(ValueError, match="one shape"):
        estimate_difference(one, other)


@pytest.mark.parametrize("participants", [24, 40, 80])
@pytest.mark.parametrize("kind", ["same people", "other people", "some of the same people"])
def test_the_interval_covers_the_true_difference(participants: int, kind: str) -> None:
    reached = covered(participants, kind, repetitions=120)
    # 120 runs of 7 stages, whose errors hang together: three simulation errors below .95 is about .92.
    assert reached.interval >= 0.92, reached
    assert reached.band >= 0.90, reached
    assert reached.interval <= 0.985, reached


def test_taking_the_same_people_for_others_is_much_too_wide() -> None:
    """What pairing is for: it must be seen to matter in these data."""
    rng = np.random.default_rng(7)
    first, second = people(rng, 40, "same people")
    paired = estimate_difference(first, second, bootstrap=100, scores=("model", "model"))
    apart = estimate_difference(*beside(first, second), bootstrap=100, scores=("model", "model"))
    ratio: NDArray[np.float64] = paired.standard_error / apart.standard_error
    assert ratio.mean() < 0.85
