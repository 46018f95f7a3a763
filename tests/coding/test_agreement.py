"""Agreement between coders: worked examples from the literature to three decimals, and what must hold of any ratings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.coding.agreement import (
    Level,
    cohen_kappa,
    gwet_ac1,
    krippendorff_alpha,
    prevalence,
    raw_agreement,
)

NAN = float("nan")
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers, twelve units. The same
# ratings are cac.raw4raters in K. L. Gwet, "Handbook of Inter-Rater Reliability", 4th ed. (2014), page 120.
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


def of_table(table: Sequence[Sequence[int]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two coders' ratings that make this table of counts (rows: the first coder)."""
    counts = np.array(table)
    first, second = np.indices(counts.shape)
    return np.repeat(first.ravel(), counts.ravel()), np.repeat(second.ravel(), counts.ravel())


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_four_observers_with_missing_ratings(level: Level, published: float) -> None:
    """Krippendorff (2011), sections C and D."""
    assert krippendorff_alpha(FOUR_OBSERVERS, level=level) == pytest.approx(published, abs=5e-4)


def test_alpha_of_two_observers_and_two_values() -> None:
    """Krippendorff (2011), section A: ten units."""
    ratings = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
    assert krippendorff_alpha(ratings, level="nominal") == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_two_observers_and_many_values() -> None:
    """Krippendorff (2011), section B: twelve units, five labels."""
    ratings = np.array([list("aabbdcccedda"), list("babbbccceddd")])
    assert krippendorff_alpha(ratings, level="nominal") == pytest.approx(0.692, abs=5e-4)


@pytest.mark.parametrize(
    ("table", "published"),
    [
        # J. L. Fleiss, J. Cohen, B. S. Everitt, "Large sample standard errors of kappa and weighted kappa" (1969), table 1.
        ([[106, 10, 4], [22, 28, 10], [2, 12, 6]], 0.429),
        # The grants of the article "Cohen's kappa" in Wikipedia, and its two tables of one raw agreement, 60 %.
        ([[20, 5], [10, 15]], 0.400),
        ([[45, 15], [25, 15]], 0.130),
        ([[25, 35], [5, 35]], 0.259),
        # Gwet (2014): ectopic pregnancies by two abstractors (cont3x3abstractors).
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], 0.796),
    ],
)
def test_kappa_of_published_tables(table: Sequence[Sequence[int]], published: float) -> None:
    assert cohen_kappa(*of_table(table)) == pytest.approx(published, abs=5e-4)


def test_ac1_of_a_published_table() -> None:
    """Gwet (2014): cont3x3abstractors, AC1 0.849, raw 0.890; the coefficient of Gwet (2008)."""
    first, second = of_table([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    assert gwet_ac1(first, second) == pytest.approx(0.849, abs=5e-4)
    assert raw_agreement([first, second]) == pytest.approx(0.890, abs=5e-4)
    assert krippendorff_alpha([first, second], level="nominal") == pytest.approx(0.797, abs=5e-4)


def test_ac1_where_kappa_has_its_paradox() -> None:
    """Gwet (2008), the table of 125 subjects: 118 and 0 on the diagonal, 5 and 2 beside it. By hand: raw 118/125; prevalence
    (123 + 120)/250 = 0.972, so chance is 2 × 0.972 × 0.028 = 0.0544 and AC1 (0.944 − 0.0544)/(1 − 0.0544) = 0.941, where
    kappa is below zero."""
    first, second = of_table([[118, 5], [2, 0]])
    assert gwet_ac1(first, second) == pytest.approx(0.941, abs=5e-4)
    assert cohen_kappa(first, second) == pytest.approx(-0.023, abs=5e-4)


def test_ac1_of_four_raters_with_missing_ratings() -> None:
    """Gwet (2014), page 120: AC1 0.77544, raw agreement 0.818. The twelfth subject, rated once, counts for the prevalence."""
    assert gwet_ac1(FOUR_OBSERVERS) == pytest.approx(0.77544, abs=5e-6)
    assert raw_agreement(FOUR_OBSERVERS) == pytest.approx(0.818, abs=5e-4)


def test_prevalence_counts_each_unit_once() -> None:
    assert prevalence([[1, 1, 0, NAN], [1, 0, 0, 1], [NAN, NAN, 0, NAN]], 1) == pytest.approx(1.5 / 3)


def test_nobody_agrees_who_has_nothing_in_common() -> None:
    """Two coders of different units: unknown, never 1.0."""
    first, second = [1, 2, NAN, NAN], [NAN, NAN, 1, 2]
    assert np.isnan([krippendorff_alpha([first, second], level=level) for level in LEVELS]).all()
    assert np.isnan([cohen_kappa(first, second), gwet_ac1(first, second), raw_agreement([first, second])]).all()


@pytest.mark.parametrize("ratings", [[[], []], [[1.0, 2.0]], [[NAN, NAN], [NAN, NAN]]])
def test_no_pair_of_ratings_says_nothing(ratings: Any) -> None:
    assert np.isnan([krippendorff_alpha(ratings, level=level) for level in LEVELS]).all()
    assert np.isnan([gwet_ac1(ratings), raw_agreement(ratings), prevalence(ratings, 1)]).all()
    assert np.isnan(cohen_kappa([], []))


def test_without_variation_alpha_and_kappa_are_unknown_and_ac1_is_not() -> None:
    same = [0, 0, 0, 0]
    assert np.isnan([krippendorff_alpha([same, same], level=level) for level in LEVELS]).all()
    assert np.isnan(cohen_kappa(same, same))
    assert gwet_ac1(same, same) == 1.0


def test_the_categories_of_a_scale_count_though_nobody_used_them() -> None:
    first, second = [0, 1, 1, 0], [0, 1, 0, 0]
    chance = 2 * 0.375 * 0.625
    assert gwet_ac1(first, second) == pytest.approx((0.75 - chance) / (1 - chance))
    assert gwet_ac1(first, second, categories=5) == pytest.approx((0.75 - chance / 4) / (1 - chance / 4))


def test_labels_are_as_good_as_numbers_where_there_is_no_order() -> None:
    first, second = ["担忧", "安心", None, "担忧"], ["担忧", "担忧", "安心", "担忧"]
    assert cohen_kappa(first, second) == cohen_kappa([1, 0, NAN, 1], [1, 1, 0, 1])
    assert gwet_ac1(first, second) == gwet_ac1([1, 0, NAN, 1], [1, 1, 0, 1])
    assert krippendorff_alpha([[1, None], [1, 0]], level="nominal") is not None


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: krippendorff_alpha([1, 2, 3], level="nominal"),
        lambda: krippendorff_alpha([[1, 2], [1, 2]], level="ratio"),  # type: ignore[arg-type]
        lambda: krippendorff_alpha([[1, np.inf], [1, 2]], level="interval"),
        lambda: krippendorff_alpha([["a", "b"], ["a", "b"]], level="ordinal"),
        lambda: krippendorff_alpha([["a", NAN], ["a", "b"]], level="nominal"),
        lambda: krippendorff_alpha([[{}, 1], [2, 1]], level="nominal"),
        lambda: krippendorff_alpha([[1, 2], [1, 2]], level="nominal", weights=[1]),
        lambda: krippendorff_alpha([[1, 2], [1, 2]], level="nominal", weights=[1, -1]),
        lambda: krippendorff_alpha([[1, 2], [1, 2]], level="nominal", weights=[1, NAN]),
        lambda: krippendorff_alpha([[1, 2], [1]], level="nominal"),
        lambda: cohen_kappa([1, 2], [1]),
        lambda: cohen_kappa([[1, 2]], [[1, 2]]),
        lambda: cohen_kappa([1, 2], ["a", "b"]),
        lambda: gwet_ac1([1, 2, 3]),
        lambda: gwet_ac1([1, 2, 3], [1, 2, 3], categories=2),
        lambda: gwet_ac1([1, 1], [1, 1], categories=1),
    ],
)
def test_nonsense_is_refused(nonsense: Any) -> None:
    with pytest.raises(ValueError, match=r"ratings|weights|level|labels|categories|sequence"):
        nonsense()


RATING = st.sampled_from([0.0, 1.0, 2.0, 5.0, NAN])


@st.composite
def tables(draw: st.DrawFn) -> NDArray[np.float64]:
    """A table of two to four coders and up to nine units, some ratings missing."""
    coders, units = draw(st.integers(2, 4)), draw(st.integers(1, 9))
    return np.array(draw(st.lists(st.lists(RATING, min_size=units, max_size=units), min_size=coders, max_size=coders)))


def figures(table: NDArray[np.float64], weights: Any = None) -> list[float]:
    """Return every coefficient of a table; kappa of its first two coders."""
    alphas = [krippendorff_alpha(table, level=level, weights=weights) for level in LEVELS]
    return [
        *alphas,
        gwet_ac1(table, weights=weights),
        raw_agreement(table, weights=weights),
        cohen_kappa(table[0], table[1], weights=weights),
    ]


def brute_alpha(table: NDArray[np.float64], level: Level) -> float:
    """Return alpha through the coincidence matrix, as the paper writes it out."""
    values = np.unique(table[~np.isnan(table)])
    coincidences = np.zeros((len(values), len(values)))
    for unit in table.T:
        given = unit[~np.isnan(unit)]
        for i, one in enumerate(given):
            for j, other in enumerate(given):
                if i != j:
                    place = np.searchsorted(values, one), np.searchsorted(values, other)
                    coincidences[place] += 1 / (len(given) - 1)
    n_of = coincidences.sum(axis=1)
    observed = expected = 0.0
    for c in range(len(values)):
        for k in range(len(values)):
            between = n_of[min(c, k) : max(c, k) + 1].sum() - (n_of[c] + n_of[k]) / 2
            metric = {"nominal": c != k, "ordinal": between**2, "interval": (values[c] - values[k]) ** 2}[level]
            observed += coincidences[c, k] * metric
            expected += n_of[c] * n_of[k] * metric
    return 1 - (n_of.sum() - 1) * observed / expected if (n_of > 0).sum() > 1 else NAN


@given(tables())
@settings(max_examples=80, deadline=None)
def test_alpha_is_what_the_coincidence_matrix_gives(table: NDArray[np.float64]) -> None:
    mine = [krippendorff_alpha(table, level=level) for level in LEVELS]
    assert mine == pytest.approx([brute_alpha(table, level) for level in LEVELS], nan_ok=True, abs=1e-9)


@given(tables(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_units_and_coders_does_not_matter(table: NDArray[np.float64], random: Any) -> None:
    units = random.sample(range(table.shape[1]), table.shape[1])
    assert figures(table[:, units]) == pytest.approx(figures(table), nan_ok=True, abs=1e-9)
    # Kappa is of the first two, which may change places.
    swapped = table[[1, 0, *range(2, table.shape[0])]]
    assert figures(swapped) == pytest.approx(figures(table), nan_ok=True, abs=1e-9)


@given(tables(), st.permutations([10.0, 20.0, 30.0, 40.0]))
@settings(max_examples=60, deadline=None)
def test_names_of_values_do_not_matter_without_order(table: NDArray[np.float64], names: list[float]) -> None:
    renamed = table.copy()
    for value, name in zip([0.0, 1.0, 2.0, 5.0], names, strict=True):
        renamed[table == value] = name
    nominal = [0, 3, 4, 5]
    mine, theirs = figures(renamed), figures(table)
    assert [mine[i] for i in nominal] == pytest.approx([theirs[i] for i in nominal], nan_ok=True, abs=1e-9)


@given(tables(), st.integers(1, 3), st.floats(-100, 100), st.floats(0.01, 100))
@settings(max_examples=60, deadline=None)
def test_a_weight_counts_equal_units_and_a_scale_may_be_moved(
    table: NDArray[np.float64], times: int, shift: float, stretch: float
) -> None:
    weights = np.arange(table.shape[1]) % 3 * times
    expanded = np.repeat(table, weights, axis=1)
    assert figures(table, weights) == pytest.approx(figures(expanded), nan_ok=True, abs=1e-9)
    moved = figures(table * stretch + shift)
    assert moved[1:3] == pytest.approx(figures(table)[1:3], nan_ok=True, abs=1e-6)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=2, max_size=12).filter(lambda one: len(set(one)) > 1))
@settings(max_examples=40, deadline=None)
def test_coders_who_say_the_same_agree_perfectly(ratings: list[float]) -> None:
    assert figures(np.array([ratings] * 3)) == [pytest.approx(1.0, abs=1e-12)] * 6


def test_coders_who_throw_dice_agree_by_chance_only() -> None:
    random = np.random.default_rng(7)
    dice = random.choice([-2, -1, 0, 1, 2], size=(3, 20_000), p=[0.2, 0.2, 0.2, 0.2, 0.2]).astype(float)
    found = figures(dice)
    assert [*found[:4], found[5]] == pytest.approx([0.0] * 5, abs=0.02)
    assert found[4] == pytest.approx(0.2, abs=0.02)


def test_a_long_text_is_counted_by_its_runs() -> None:
    """A million code points cost three units, and are the whole text: what nobody coded counts as agreement."""
    runs = [[1, 1, 0, 0], [1, 0, 1, 0]]
    assert raw_agreement(runs, weights=[30, 10, 10, 999_950]) == pytest.approx(1 - 20 / 1_000_000)
    assert cohen_kappa(*runs, weights=[30, 10, 10, 999_950]) == pytest.approx(0.75, abs=1e-4)
