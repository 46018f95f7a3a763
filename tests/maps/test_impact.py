"""Shapley shares against every order of regressions, ratios against Koopman's own example, odds against tables; coverage."""

from itertools import permutations
from math import isinf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from app.maps.groups.association import correlation, joint_level, kendall, odds, penalised, ranks
from app.maps.groups.impact import adjusted_r2, impact, normed, r2_of_subsets, shapley
from app.maps.groups.priorities import agree, quadrant
from app.maps.groups.ratios import restricted, risk_ratio, score


def r2(x: np.ndarray, y: np.ndarray) -> float:
    table = np.column_stack([np.ones(len(y)), x])
    left = y - table @ np.linalg.lstsq(table, y, rcond=None)[0]
    return 1 - float(left @ left) / float(((y - y.mean()) ** 2).sum())


def some_people(seed: int, people: int = 40, predictors: int = 4) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    x = chance.standard_normal((people, predictors)) + chance.standard_normal((people, 1))
    return x, x @ np.arange(predictors)[::-1] + 2 * chance.standard_normal(people)


def correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.corrcoef(np.column_stack([x, y]), rowvar=False)[None])


@pytest.mark.parametrize("seed", range(4))
def test_every_subset_is_the_regression_on_it(seed: int) -> None:
    x, y = some_people(seed)
    found = r2_of_subsets(correlations(x, y))[0]
    for mask in range(1, 16):
        columns = [place for place in range(4) if mask >> place & 1]
        assert found[mask] == pytest.approx(r2(x[:, columns], y), abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_the_mean_over_all_orders(seed: int) -> None:
    x, y = some_people(seed)
    orders = list(permutations(range(4)))
    gained = np.zeros(4)
    for order in orders:
        for place, predictor in enumerate(order):
            before = r2(x[:, list(order[:place])], y) if place else 0.0
            gained[predictor] += r2(x[:, list(order[: place + 1])], y) - before
    shares = shapley(r2_of_subsets(correlations(x, y)))[0]
    assert shares == pytest.approx(gained / len(orders), abs=1e-10)
    assert shares.sum() == pytest.approx(r2(x, y))


def test_a_predictor_twice_shares_what_it_explains_and_adds_nothing_to_the_whole() -> None:
    x, y = some_people(1, predictors=2)
    twice = np.column_stack([x[:, 0], x])
    gains = r2_of_subsets(correlations(twice, y))
    shares = shapley(gains)[0]
    assert shares[0] == pytest.approx(shares[1])
    assert gains[0, -1] == pytest.approx(r2(x, y))


def test_twelve_predictors_are_exact() -> None:
    x, y = some_people(5, people=80, predictors=12)
    gains = r2_of_subsets(correlations(x, y))
    assert gains.shape == (1, 4096)
    assert shapley(gains).sum() == pytest.approx(r2(x, y))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.permutations(range(4)))
def test_shares_follow_their_predictors_whatever_the_order_and_the_scale(seed: int, order: list[int]) -> None:
    x, y = some_people(seed)
    plain = impact(x, y, bootstrap=1).share
    turned = impact(x[:, order] * 7 + 3, y * 0.5 - 1, bootstrap=1).share
    assert turned == pytest.approx(plain[order], abs=1e-9)
    assert plain.sum() == pytest.approx(1)
    assert (plain >= 0).all()


def test_what_is_missing_stands_at_the_mean_and_few_had_is_left_out() -> None:
    x, y = some_people(2, people=60)
    x[::3, 1] = np.nan
    x[10:, 3] = np.nan
    y[0] = np.nan
    found = impact(x, y)
    assert found.used.tolist() == [True, True, True, False]
    assert np.isnan(found.share[3])
    rows = slice(1, None)
    filled = x[rows, :3].copy()
    filled[np.isnan(filled[:, 1]), 1] = np.nanmean(filled[:, 1])
    gains = adjusted_r2(r2_of_subsets(correlations(filled, y[rows])), 59)
    assert found.people == 59
    assert found.share[:3] == pytest.approx(normed(shapley(gains))[0], abs=1e-9)


@pytest.mark.parametrize(
    ("people", "noise", "lacking"), [(23, 0.1, "people"), (60, 200.0, "fit"), (60, 0.5, ""), (3, 0.1, "people")]
)
def test_no_interval_where_too_little_is_known(people: int, noise: float, lacking: str) -> None:
    chance = np.random.default_rng(4)
    x = chance.standard_normal((people, 3))
    found = impact(x, x[:, 0] + noise * chance.standard_normal(people))
    assert found.lacking == lacking
    assert np.isnan(found.lower).all() == bool(lacking)


def test_one_predictor_is_no_comparison() -> None:
    x, y = some_people(0)
    assert impact(x[:, :1], y).lacking == "predictors"
    with pytest.raises(ValueError, match="at most 12"):
        impact(np.zeros((30, 13)), np.zeros(30))


def test_intervals_of_shares_hold_the_truth_as_often_as_they_say() -> None:
    weights = np.array([1.0, 0.6, 0.3, 0.0, 0.0, 0.0])
    spread = np.full((6, 6), 0.3) + 0.7 * np.eye(6)
    signal = weights @ spread @ weights
    whole = np.block([[spread, (spread @ weights)[:, None]], [spread @ weights, np.array([[2 * signal]])]])
    size = np.sqrt(np.diag(whole))
    truth = normed(shapley(r2_of_subsets((whole / np.outer(size, size))[None])))[0]
    held, wrong, runs = np.zeros(6), 0, 0
    root = np.linalg.cholesky(spread)
    for seed in range(120):
        chance = np.random.default_rng(seed)
        x = chance.standard_normal((40, 6)) @ root.T
        found = impact(x, x @ weights + np.sqrt(signal) * chance.standard_normal(40), bootstrap=200, seed=seed)
        if found.lacking:
            continue
        runs += 1
        held += (found.lower <= truth) & (truth <= found.upper)
        wrong += bool(
            ((found.lower > 1 / 6) & (truth < 1 / 6)).any() or ((found.upper < 1 / 6) & (truth > 1 / 6)).any()
        )
    assert runs > 100
    assert (held / runs > 0.88).all(), held / runs
    assert wrong / runs < 0.08


def test_a_quadrant_is_named_only_where_both_intervals_clear_both_cuts() -> None:
    assert quadrant((0.3, 0.5), 0.2, (-0.6, -0.2), 0.0) == "fix"
    assert quadrant((0.3, 0.5), 0.2, (0.1, 0.4), 0.0) == "keep"
    assert quadrant((0.0, 0.1), 0.2, (-0.6, -0.2), 0.0) == "later"
    assert quadrant((0.0, 0.1), 0.2, (0.1, 0.4), 0.0) == "ease"
    assert quadrant((0.1, 0.5), 0.2, (-0.6, -0.2), 0.0) is None
    assert quadrant((0.3, 0.5), 0.2, (-0.6, 0.1), 0.0) is None


def test_the_ratio_is_koopmans_own_example() -> None:
    found = risk_ratio(36, 40, 16, 80)
    assert found.ratio == pytest.approx(4.5)
    assert (round(found.lower or 0, 2), round(found.upper or 0, 2)) == (2.94, 7.15)
    assert found.clear


@pytest.mark.parametrize("counts", [(7, 34, 1, 34), (2, 12, 5, 9), (10, 11, 3, 15)])
@pytest.mark.parametrize("phi", [0.4, 1.0, 2.5])
def test_the_restricted_rate_is_the_most_likely_one(counts: tuple[int, int, int, int], phi: float) -> None:
    yes, people, other_yes, other = counts

    def unlikely(rate: float) -> float:
        return -(stats.binom.logpmf(yes, people, min(phi * rate, 1)) + stats.binom.logpmf(other_yes, other, rate))

    best = optimize.minimize_scalar(unlikely, bounds=(1e-9, min(1, 1 / phi) - 1e-9), method="bounded").x
    assert restricted(phi, *counts) == pytest.approx(best, abs=1e-4)


def test_the_bounds_are_where_the_score_test_begins_to_reject() -> None:
    found = risk_ratio(7, 34, 1, 34)
    z = float(stats.norm.ppf(0.975))
    assert score(found.lower or 0, 7, 34, 1, 34) == pytest.approx(z, abs=1e-6)
    assert score(found.upper or 0, 7, 34, 1, 34) == pytest.approx(-z, abs=1e-6)


def test_nobody_in_one_group_still_has_a_bound() -> None:
    none_there = risk_ratio(4, 10, 0, 10)
    assert none_there.ratio is None
    assert (none_there.lower or 0) > 0
    assert isinf(none_there.upper or 0)
    none_here = risk_ratio(0, 10, 4, 10)
    assert (none_here.ratio, none_here.lower) == (0.0, 0.0)
    assert risk_ratio(0, 10, 0, 10).ratio is None
    assert not risk_ratio(3, 4, 1, 10).enough


@settings(max_examples=60)
@given(st.tuples(*[st.integers(0, 15)] * 4))
def test_turning_the_groups_round_turns_the_ratio_round(counts: tuple[int, int, int, int]) -> None:
    yes, no, other_yes, other_no = counts
    one = risk_ratio(yes, yes + no, other_yes, other_yes + other_no)
    other = risk_ratio(other_yes, other_yes + other_no, yes, yes + no)
    if one.ratio is None or not one.ratio or one.lower is None or one.upper is None:
        return
    assert one.ratio == pytest.approx(1 / (other.ratio or 0))
    assert one.lower <= one.ratio * (1 + 1e-9)
    assert one.ratio <= one.upper * (1 + 1e-9)
    if other.upper is not None and not isinf(other.upper):
        assert one.lower == pytest.approx(1 / other.upper, rel=1e-5)


def test_the_ratio_holds_the_truth_with_few_people() -> None:
    chance = np.random.default_rng(7)
    held = 0
    for _ in range(800):
        yes, other = chance.binomial(14, 0.5), chance.binomial(16, 0.25)
        found = risk_ratio(int(yes), 14, int(other), 16)
        held += found.lower is not None and found.upper is not None and found.lower <= 2 <= found.upper
    assert held / 800 > 0.925


def test_odds_of_a_table_are_those_with_half_a_person_in_each_cell() -> None:
    x = np.repeat([0.0, 1.0], [10, 14])
    y = np.array([1.0] * 3 + [0.0] * 7 + [1.0] * 9 + [0.0] * 5)
    found = odds(x, y)
    assert log(found.estimate or 1) / x.std(ddof=1) == pytest.approx(log(9.5 * 7.5 / (5.5 * 3.5)), abs=1e-5)


def test_odds_bounds_are_where_the_penalised_profile_has_fallen() -> None:
    chance = np.random.default_rng(3)
    x = chance.standard_normal(30)
    y = (chance.random(30) < 1 / (1 + np.exp(-x))).astype(float)
    found = odds(x, y, places=5)
    scaled = (x - x.mean()) / x.std(ddof=1)
    peak = -optimize.minimize_scalar(lambda beta: -float(penalised(beta, 0.0, scaled, y)[0]), bounds=(-9, 9)).fun
    for bound, level in (
        (found.lower, 0.95),
        (found.upper, 0.95),
        (found.joint_lower, 0.99),
        (found.joint_upper, 0.99),
    ):
        assert bound is not None
        fallen = peak - penalised(log(bound), 0.0, scaled, y)[0]
        assert 2 * fallen == pytest.approx(stats.chi2.ppf(level, 1), abs=1e-3)


def test_people_who_split_without_overlap_have_finite_odds_and_no_upper_bound() -> None:
    found = odds(np.arange(12.0), (np.arange(12) > 5).astype(float))
    assert found.estimate is not None
    assert (found.lower or 0) > 1
    assert isinf(found.upper or 0)


def test_correlation_is_spearmans_and_its_interval_holds() -> None:
    chance = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        table = chance.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=30)
        found = correlation(table[:, 0], table[:, 1])
        assert found.estimate == pytest.approx(stats.spearmanr(table).statistic)
        held += (found.lower or 0) <= 6 / np.pi * np.arcsin(0.25) <= (found.upper or 0)
    assert 0.92 < held / 300 < 0.99


def test_the_correlation_s_bounds_are_bonett_and_wright_s() -> None:
    x = np.arange(28.0)
    y = np.r_[x[14:], x[:14]] + np.where(x % 3 == 0, 20, 0)
    found = correlation(x, y)
    r = float(stats.spearmanr(x, y).statistic)
    wide = stats.norm.ppf(0.975) * np.sqrt((1 + r * r / 2) / 25)
    assert abs(r) > 0.2
    assert (found.lower, found.upper) == pytest.approx((np.tanh(np.arctanh(r) - wide), np.tanh(np.arctanh(r) + wide)))


def test_several_places_widen_the_bounds_and_unknown_people_fall_out() -> None:
    chance = np.random.default_rng(6)
    x, y = chance.standard_normal(20), chance.standard_normal(20)
    found = correlation(np.append(x, np.nan), np.append(y, 1.0), places=7)
    assert found.people == 20
    assert (found.joint_lower or 0) < (found.lower or 0)
    assert joint_level(0.95, 7) == pytest.approx(1 - 0.05 / 7)
    assert not correlation(x[:6], y[:6]).enough
    assert not odds(x, np.r_[np.ones(2), np.zeros(18)]).enough


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=5, max_size=12))
def test_ranks_and_kendall_are_the_usual_ones(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    assert ranks(one) == pytest.approx(stats.rankdata(one))
    if np.ptp(one) and np.ptp(other):
        assert kendall(one, other) == pytest.approx(stats.kendalltau(one, other).statistic)
        found = agree(one.tolist(), other.tolist())
        assert found is not None
        assert found.kendall_lower is not None
        assert found.kendall_lower <= (found.kendall or 0) <= (found.kendall_upper or 0)
