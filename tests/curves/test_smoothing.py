"""The smooth curve over days: against a direct fit, its holes, and what its band covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.curves.grid import FINE_DAYS, SMOOTHED
from app.curves.smoothing import BANDWIDTHS, bent, smooth_days

DAYS = np.arange(-10, 31)
AT = np.arange(-8, 29, 3)


def valley(day: np.ndarray) -> np.ndarray:
    return 0.3 - 0.7 * np.exp(-(((bent(day) - bent(6.0)) / 4.0) ** 2))


def diaries(rng: np.random.Generator, participants: int) -> list[np.ndarray]:
    n = rng.poisson(0.35, (participants, DAYS.size)).astype(float)
    person = rng.normal(0, 0.25, (participants, 1))
    model = n * (valley(DAYS) + person) + rng.normal(0, 0.3, n.shape) * np.sqrt(n)
    nothing = np.zeros_like(n)
    return [n, model, nothing, nothing, nothing, nothing]


def fitted_line(days: np.ndarray, weight: np.ndarray, value: np.ndarray, at: float, width: float) -> float:
    """Weighted least squares, written out."""
    x = (bent(days) - bent(at)) / width
    root = np.sqrt(np.maximum(1 - x**2, 0) * weight)
    design = np.column_stack([np.ones_like(x), x]) * root[:, None]
    solution, *_ = np.linalg.lstsq(design, value * root, rcond=None)
    return float(solution[0])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), width=st.sampled_from(BANDWIDTHS[1:]))
def test_the_curve_and_each_one_left_out_are_the_weighted_least_squares_line(seed: int, width: float) -> None:
    sums = diaries(np.random.default_rng(seed), 12)
    found = smooth_days(DAYS, sums, AT, bandwidth=width, bootstrap=50)
    n, model = sums[0], sums[1]

    def direct(keep: np.ndarray) -> np.ndarray:
        counted, said = n[keep].sum(axis=0), model[keep].sum(axis=0)
        days = counted > 0
        return np.array(
            [fitted_line(DAYS[days], counted[days], said[days] / counted[days], float(day), width) for day in AT]
        )

    assert np.allclose(found.value, direct(np.ones(12, bool)))
    left = np.array([direct(np.arange(12) != one) for one in range(12)])
    near = (n @ (np.abs(bent(DAYS)[:, None] - bent(AT)[None, :]) < width)) > 0
    for at in range(AT.size):
        mine = left[near[:, at], at]
        variance = (len(mine) - 1) / len(mine) * ((mine - mine.mean()) ** 2).sum()
        assert found.standard_error[at] == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert (found.participants == near.sum(axis=0)).all()


def test_human_codes_correct_a_model_that_reads_too_high_everywhere() -> None:
    rng = np.random.default_rng(3)
    n, model, *_ = diaries(rng, 40)
    human = model - 0.4 * n
    found = smooth_days(DAYS, [n, model, n, model, human, n], AT, bandwidth=3.5, bootstrap=50)
    plain = smooth_days(DAYS, [n, human, *[np.zeros_like(n)] * 4], AT, bandwidth=3.5, bootstrap=50)
    assert np.allclose(found.value, plain.value)


def test_where_fewer_than_five_people_wrote_there_is_a_gap() -> None:
    n = np.zeros((8, DAYS.size))
    n[:, :10] = 1
    n[:3, 35:] = 1
    nothing = np.zeros_like(n)
    found = smooth_days(DAYS, [n, n * 0.2, *[nothing] * 4], [-5.0, 28.0], bandwidth=1.5, bootstrap=50)
    assert found.value[0] == pytest.approx(0.2)
    assert np.isnan(found.value[1])
    assert found.participants[1] == 3


def test_the_curve_is_not_drawn_on_beyond_the_days_that_it_rests_on() -> None:
    n = np.zeros((8, DAYS.size))
    n[:, :6] = 1
    nothing = np.zeros_like(n)
    steep = n * np.linspace(0.5, -0.5, DAYS.size)
    found = smooth_days(DAYS, [n, steep, *[nothing] * 4], [-8.0, -5.0, -3.0], bandwidth=2.25, bootstrap=50)
    assert np.isfinite(found.value[:2]).all()
    assert (found.participants[2], np.isnan(found.value[2])) == (8, True)


def test_days_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="days must"):
        smooth_days([1, 2], diaries(np.random.default_rng(0), 5), AT)


def test_the_band_covers_the_road_in_most_of_a_hundred_studies() -> None:
    """The bandwidth is chosen anew in each; the band is one of the smoothed truth, which the road nearly is."""
    rng = np.random.default_rng(5)
    inside, whole = [], []
    for seed in range(100):
        found = smooth_days(DAYS, diaries(rng, 40), AT, bootstrap=300, seed=seed)
        truth = valley(AT)
        inside.append(((found.lower <= truth) & (truth <= found.upper)).mean())
        whole.append(((found.band_lower <= truth) & (truth <= found.band_upper)).all())
    assert np.mean(inside) >= 0.90, np.mean(inside)
    assert np.mean(whole) >= 0.88, np.mean(whole)


def test_the_fine_grid_has_every_day_once() -> None:
    held = [day for one in FINE_DAYS for day in range(one.first, one.last + 1)]
    assert held == list(range(*SMOOTHED))
