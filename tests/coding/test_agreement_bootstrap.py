"""Intervals of agreement: the figures of tables are those of ratings, people are drawn again, and what is unsure is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.coding import agreement_bootstrap as bootstrap
from app.coding.agreement import cohen_kappa, gwet_ac1, krippendorff_alpha, prevalence, raw_agreement
from app.coding.agreement_bootstrap import Draws, Measure, mean_difference, measure

FloatArray = NDArray[np.float64]


def table_of(first: NDArray[np.int64], second: NDArray[np.int64], values: int) -> FloatArray:
    """Return one participant's table of one pair of coders: shape (1, 1, values, values)."""
    table = np.zeros((1, 1, values, values))
    np.add.at(table[0, 0], (first, second), 1)
    return table


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 5]), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_tables_say_what_ratings_say(seed: int, values: int, units: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.integers(0, values, (2, units))
    table, ratings = table_of(first, second, values), [first, second]
    expected = {
        bootstrap.nominal_alpha_of: krippendorff_alpha(ratings, level="nominal"),
        bootstrap.ordinal_alpha_of: krippendorff_alpha(ratings, level="ordinal"),
        bootstrap.interval_alpha_of: krippendorff_alpha(ratings, level="interval"),
        bootstrap.kappa_of: cohen_kappa(first, second),
        bootstrap.ac1_of: gwet_ac1(first, second, categories=values),
        bootstrap.raw_of: raw_agreement(ratings),
        bootstrap.prevalence_of: prevalence(ratings, values - 1),
    }
    for statistic, known in expected.items():
        assert float(statistic(table.sum(axis=0))) == pytest.approx(known, nan_ok=True, abs=1e-9), statistic.__name__


def test_pairs_of_coders_are_corrected_for_chance_apart() -> None:
    """A. J. Conger, "Integration and generalization of kappas for multiple raters" (1980): for raters who all rated the same
    units, mean raw agreement and mean chance over the pairs."""
    ratings = np.random.default_rng(3).choice([0, 1, 2], size=(3, 200), p=[0.6, 0.3, 0.1])
    ratings[1:, :120] = ratings[0, :120]
    pairs = [(0, 1), (0, 2), (1, 2)]
    tables = np.concatenate([table_of(ratings[i], ratings[j], 3) for i, j in pairs], axis=1)
    raw = [float(np.mean(ratings[i] == ratings[j])) for i, j in pairs]
    shares = [np.bincount(one, minlength=3) / 200 for one in ratings]
    chance = [float(shares[i] @ shares[j]) for i, j in pairs]
    known = (np.mean(raw) - np.mean(chance)) / (1 - np.mean(chance))
    assert float(bootstrap.kappa_of(tables.sum(axis=0))) == pytest.approx(known)


def of_people(random: np.random.Generator, people: int, *, alike: bool) -> FloatArray:
    """Return tables of ten units a person; ``alike``: all of a person's units are agreed on, or none is."""
    tables = np.zeros((people, 1, 2, 2))
    for person in range(people):
        first = random.integers(0, 2, 10)
        agrees = np.full(10, random.random() < 0.7) if alike else random.random(10) < 0.7
        np.add.at(tables[person, 0], (first, np.where(agrees, first, 1 - first)), 1)
    return tables


def width(one: Measure) -> float:
    assert one.lower is not None
    assert one.upper is not None
    assert one.value is not None
    assert one.lower < one.value < one.upper
    return one.upper - one.lower


def test_people_are_drawn_again_and_not_their_units() -> None:
    """Where a person's words are all agreed on or none is, as many units say less, and the intervals are wider for it."""
    random = np.random.default_rng(1)
    draws = Draws.of(40)
    apart = measure(of_people(random, 40, alike=False), draws)
    alike = measure(of_people(random, 40, alike=True), draws)
    for name in ("alpha", "kappa", "ac1", "raw"):
        assert width(alike[name]) > 1.8 * width(apart[name])


def test_equal_tables_give_equal_intervals() -> None:
    tables = of_people(np.random.default_rng(2), 12, alike=True)
    assert measure(tables, Draws.of(12)) == measure(tables, Draws.of(12))
    assert measure(tables, Draws.of(12, seed=1)) != measure(tables, Draws.of(12))


def test_a_higher_level_is_a_wider_interval_and_so_are_fewer_people() -> None:
    tables = of_people(np.random.default_rng(4), 60, alike=False)
    narrow = width(measure(tables, Draws.of(60, level=0.8))["raw"])
    assert narrow < width(measure(tables, Draws.of(60))["raw"]) < width(measure(tables[:15], Draws.of(15))["raw"])


def test_what_is_unsure_is_said() -> None:
    random = np.random.default_rng(5)
    few = measure(
        of_people(random, bootstrap.MIN_PARTICIPANTS - 1, alike=False), Draws.of(bootstrap.MIN_PARTICIPANTS - 1)
    )
    assert {one.lack for one in few.values()} == {"few_participants"}
    assert all(one.value is not None and one.lower is None for one in few.values())
    nothing = measure(np.zeros((0, 1, 5, 5)), Draws.of(0), ordered=True)
    assert set(nothing.values()) == {Measure(None, lack="nothing_in_common")}
    agreed = np.zeros((10, 1, 2, 2))
    agreed[:, 0, 0, 0] = 1
    same = measure(agreed, Draws.of(10))
    assert same["alpha"] == same["kappa"] == Measure(None, lack="no_variation")
    assert same["raw"] == Measure(1.0, lack="no_disagreement")
    agreed[0, 0, 1, 1] = 1
    # One person of ten stands in about two draws of three: in the others nothing varies.
    rare = measure(agreed, Draws.of(10))
    assert rare["alpha"] == Measure(1.0, lack="unstable")


def test_the_mean_difference_has_an_interval() -> None:
    counted = np.full(20, 3.0)
    differences = counted * np.linspace(-0.1, 0.5, 20)
    found = mean_difference(counted, differences, Draws.of(20))
    assert found.value == pytest.approx(0.2)
    assert width(found) == pytest.approx(2 * 2.093 * np.std(np.linspace(-0.1, 0.5, 20), ddof=1) / np.sqrt(20), rel=0.1)
    assert mean_difference(np.zeros(9), np.zeros(9), Draws.of(9)) == Measure(None, lack="nothing_in_common")


def test_intervals_hold_what_they_say() -> None:
    """Twenty people with one to nine statements each, some of whose words are harder to agree on: 95 % intervals of ordinal
    alpha and of kappa hold the truth about as often (the bounds are three standard errors of 300 trials)."""
    random = np.random.default_rng(11)
    everybody = clustered(random, 20_000).sum(axis=0)
    truth = float(bootstrap.ordinal_alpha_of(everybody)), float(bootstrap.kappa_of(everybody))
    draws, held = Draws.of(20), [0, 0]
    for _ in range(300):
        found = measure(clustered(random, 20), draws, ordered=True)
        for place, one in enumerate((found["alpha"], found["kappa"])):
            assert one.lower is not None
            assert one.upper is not None
            held[place] += one.lower <= truth[place] <= one.upper
    assert all(0.91 <= times / 300 <= 0.99 for times in held), held


def clustered(random: np.random.Generator, people: int) -> FloatArray:
    """Return tables of people who differ in what they feel and in how far coders can tell."""
    middle, blur = random.normal(0, 1, people), random.gamma(2, 0.35, people)
    whose = np.repeat(np.arange(people), random.integers(1, 10, people))
    felt = random.normal(middle[whose], 1)
    first, second = (
        np.clip(np.round(felt + random.normal(0, blur[whose])), -2, 2).astype(np.int64) + 2 for _ in range(2)
    )
    tables = np.zeros((people, 1, 5, 5))
    np.add.at(tables[:, 0], (whose, first, second), 1)
    return tables
