"""Shares, means, slopes and steps as arrays: what they must be whatever is put in, and against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.maps.ecosystem.clustered import (
    IMPACT_FROM,
    Figure,
    Slopes,
    clustered_means,
    clustered_slope,
    correlation,
    product,
    wilson,
)
from app.maps.ecosystem.steps import shared_level
from app.maps.ecosystem.supporting import mismatch_of


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.5, 0.999))
def test_wilson_holds_the_share_and_stays_in_bounds(part: int, beyond: int, level: float) -> None:
    share = wilson(part, part + beyond, level)
    assert share is not None
    assert 0 <= share.lower <= share.value <= share.upper <= 1
    mirrored = wilson(beyond, part + beyond, level)
    assert mirrored is not None
    assert (share.lower, share.upper) == pytest.approx((1 - mirrored.upper, 1 - mirrored.lower))
    wider = wilson(part, part + beyond, min(level + 0.0005, 0.9999))
    assert wider is not None
    assert wider.upper - wider.lower >= share.upper - share.lower


def test_wilson_as_published_and_at_the_ends() -> None:
    found = wilson(81, 263)  # Newcombe, 1998: .2553 to .3662
    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    none = wilson(0, 20)  # Newcombe, 1998: .0000 to .1611
    assert none is not None
    assert (none.lower, none.upper) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="between 0"):
        wilson(3, 2)


table = arrays.arrays(np.float64, st.tuples(st.integers(2, 12), st.just(2)), elements=st.floats(-5, 5, width=32))


@given(table, st.randoms(use_true_random=False))
def test_means_do_not_depend_on_the_order_of_people(totals: np.ndarray, random: object) -> None:
    counts = np.ones_like(totals)
    order = list(range(len(totals)))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = clustered_means(totals, counts), clustered_means(totals[order], counts[order])
    assert one.figure(0).value == pytest.approx(other.figure(0).value, abs=1e-9)
    assert np.allclose(one.covariance, other.covariance, atol=1e-9)


def test_with_one_entry_each_it_is_students_t_and_paired_where_people_are_the_same() -> None:
    totals = np.array([[1.0, 2.0], [2.0, 2.5], [3.0, 5.0], [4.0, 4.5], [5.0, 7.0]])
    means = clustered_means(totals, np.ones_like(totals))
    figure, t = means.figure(0), 2.776445105
    assert figure.value == 3.0
    assert figure.upper == pytest.approx(3.0 + t * np.sqrt(2.5 / 5))
    change = means.difference(0, 1)
    apart = totals[:, 1] - totals[:, 0]
    assert change.value == pytest.approx(apart.mean())
    assert change.upper == pytest.approx(apart.mean() + t * apart.std(ddof=1) / np.sqrt(5))
    strangers = np.zeros((10, 2))
    strangers[:5, 0], strangers[5:, 1] = totals[:, 0], totals[:, 1]
    independent = clustered_means(strangers, (strangers > 0).astype(float)).difference(0, 1)
    error = np.sqrt(2.5 / 5 + totals[:, 1].var(ddof=1) / 5)
    assert independent.upper == pytest.approx(apart.mean() + t * error)


def test_nobody_and_one_person_have_no_interval() -> None:
    empty = clustered_means(np.zeros((0, 1)), np.zeros((0, 1))).figure(0)
    assert (empty.value, empty.lower, empty.people) == (None, None, 0)
    one = clustered_means(np.array([[3.0]]), np.array([[2.0]])).figure(0)
    assert (one.value, one.lower, one.people, one.enough) == (1.5, None, 1, False)


@given(st.integers(3, 12), st.floats(-2, 2), st.floats(-1, 1))
def test_a_straight_line_is_found_exactly(people: int, start: float, rise: float) -> None:
    at = np.arange(4.0)
    ones = np.full(people, 4.0)
    y = start + rise * at
    sums = Slopes(ones, ones / 4 * at.sum(), ones / 4 * (at**2).sum(), ones / 4 * y.sum(), ones / 4 * (y * at).sum())
    assert clustered_slope(sums, 3.0).value == pytest.approx(3 * rise, abs=1e-6)


@given(
    arrays.arrays(np.float64, 12, elements=st.integers(-50, 50).map(float), unique=True),
    st.floats(0.1, 9),
    st.floats(-5, 5),
)
def test_correlation_knows_no_units(x: np.ndarray, scale: float, shift: float) -> None:
    y = np.sin(x)
    one, other = correlation(x, y), correlation(x * scale + shift, y)
    assert one.value == pytest.approx(other.value, abs=1e-6)
    assert one.value is not None
    assert -1 <= one.value <= 1
    assert correlation(-x, y).value == pytest.approx(-one.value, abs=1e-6)


def test_few_people_or_figures_that_do_not_differ_go_together_with_nothing() -> None:
    line = np.arange(float(IMPACT_FROM))
    assert correlation(line[1:], line[1:]).value is None
    assert correlation(line, np.ones_like(line)).value is None
    assert correlation(line, line).value == pytest.approx(1.0)


@given(st.floats(-1, 1), st.floats(0, 0.5), st.integers(0, 40))
def test_the_index_of_silence_shrinks_as_complaints_grow(impact: float, half: float, complaints: int) -> None:
    figure = Figure(impact, impact - half, impact + half, 20, 20)
    share, more = wilson(complaints, 50), wilson(complaints + 10, 50)
    assert share is not None
    assert more is not None
    one, other = product(figure, share), product(figure, more)
    assert one.value is not None
    assert other.value is not None
    assert one.lower is not None
    assert one.upper is not None
    assert one.lower <= one.value <= one.upper
    assert abs(other.value) <= abs(one.value) + 1e-12
    assert one.value == pytest.approx(impact * (1 - complaints / 50))


@pytest.mark.parametrize(
    ("contacts", "generic", "least", "mismatch"),
    [
        (0.0, None, True, "nothing"),
        (2.0, 1.0, False, "only_generic"),
        (2.0, 0.5, True, "least"),
        (2.0, 0.5, False, None),
    ],
)
def test_how_support_fails_people(contacts: float, generic: float | None, least: bool, mismatch: str | None) -> None:
    assert mismatch_of(contacts, generic, least) == mismatch


@given(st.integers(1, 200))
def test_many_tests_share_one_level(tests: int) -> None:
    assert (1 - shared_level(0.95, tests)) * tests == pytest.approx(0.05)
