"""The estimator against sums worked by hand, explicit delete-one loops, and what must not change the answer."""

from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from app.curves.estimators import CurveEstimate, estimate_curve

Sums: TypeAlias = tuple[NDArray[np.float64], ...]
NAMES = ("estimate", "standard_error", "lower", "upper", "band_lower", "band_upper", "df")


@dataclass(frozen=True)
class Spoken:
    """One statement: who, where, model score, and the human score with its inclusion probability if it was drawn."""

    participant: int
    stage: int
    model: float
    human: float | None = None
    probability: float = 1.0


THREE_PEOPLE = (
    Spoken(0, 0, 0.2, 0.1, 0.5),
    Spoken(0, 0, -0.4),
    Spoken(1, 0, 0.6, 0.4, 0.25),
    Spoken(2, 0, -0.1, 0.2, 0.5),
    Spoken(2, 0, 0.3, 0.3, 1.0),
    Spoken(0, 1, -0.5, -0.3, 0.5),
    Spoken(1, 1, -0.7),
    Spoken(1, 1, 0.1, 0.0, 0.25),
    Spoken(2, 1, -0.2, -0.4, 0.5),
)


def sums_of(statements: tuple[Spoken, ...], participants: int, stages: int) -> Sums:
    sums = np.zeros((6, participants, stages))
    for spoken in statements:
        at = sums[:, spoken.participant, spoken.stage]
        at += (1, spoken.model, 0, 0, 0, 0)
        if spoken.human is not None:
            weight = 1 / spoken.probability
            at += (0, 0, weight, weight * spoken.model, weight * spoken.human, 1)
    return tuple(sums)


def theta(statements: list[Spoken], lam: float) -> float:
    drawn = [(1 / s.probability, s.model, s.human) for s in statements if s.human is not None]
    correction = sum(w * (y - lam * f) for w, f, y in drawn) / sum(w for w, _, _ in drawn)
    return lam * sum(s.model for s in statements) / len(statements) + correction


def lambda_by_loops(statements: tuple[Spoken, ...], participants: int, stages: int) -> float:
    across, along = 0.0, 0.0
    for stage in range(stages):
        here = [s for s in statements if s.stage == stage]
        drawn = [(s.participant, 1 / s.probability, s.model, s.human or 0.0) for s in here if s.human is not None]
        size = sum(w for _, w, _, _ in drawn)
        mean_f = sum(s.model for s in here) / len(here)
        drawn_f, drawn_y = sum(w * f for _, w, f, _ in drawn) / size, sum(w * y for _, w, _, y in drawn) / size
        for person in range(participants):
            of_f = sum(s.model - mean_f for s in here if s.participant == person) / len(here)
            a = of_f - sum(w * (f - drawn_f) for i, w, f, _ in drawn if i == person) / size
            b = sum(w * (y - drawn_y) for i, w, _, y in drawn if i == person) / size
            across, along = across + a * b, along + a * a
    return min(max(-across / along, 0.0), 1.0)


def noise(participants: int, stages: int, seed: int = 0) -> Sums:
    """Cells with between 1 and 5 statements and between 1 and all of them coded."""
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 6, (participants, stages)).astype(float)
    coded = np.ceil(n * rng.random(n.shape))
    weight = coded * rng.uniform(1, 4, n.shape)
    model, human = rng.normal(0, 0.5, (2, *n.shape))
    return n, n * model, weight, weight * model, weight * (human + model), coded


def uncoded(n: NDArray[np.float64], model: NDArray[np.float64]) -> Sums:
    nothing = np.zeros_like(n)
    return n, model, nothing, nothing, nothing, nothing


def assert_same(one: CurveEstimate, other: CurveEstimate) -> None:
    for field in fields(CurveEstimate):
        np.testing.assert_allclose(getattr(one, field.name), getattr(other, field.name), rtol=1e-9, atol=1e-12)


def test_three_people_two_stages_agree_with_delete_one_loops() -> None:
    curve = estimate_curve(*sums_of(THREE_PEOPLE, 3, 2))
    lam = lambda_by_loops(THREE_PEOPLE, 3, 2)
    assert 0 < lam < 1
    assert curve.lam == pytest.approx(lam)
    assert curve.corrected
    for stage in range(2):
        here = [s for s in THREE_PEOPLE if s.stage == stage]
        left = [theta([s for s in here if s.participant != person], lam) for person in range(3)]
        variance = 2 / 3 * sum((value - sum(left) / 3) ** 2 for value in left)
        half = float(stats.t.ppf(0.975, 2)) * variance**0.5
        assert curve.estimate[stage] == pytest.approx(theta(here, lam))
        assert curve.standard_error[stage] == pytest.approx(variance**0.5)
        assert curve.lower[stage] == pytest.approx(curve.estimate[stage] - half)
        assert curve.upper[stage] == pytest.approx(curve.estimate[stage] + half)
    assert curve.df.tolist() == [2, 2]


def test_human_only_is_the_weighted_mean_of_human_scores() -> None:
    curve = estimate_curve(*sums_of(THREE_PEOPLE, 3, 2), score="human")
    assert curve.lam == 0
    assert curve.estimate == pytest.approx([(0.2 + 1.6 + 0.4 + 0.3) / 9, (-0.6 + 0.0 - 0.8) / 8])


def test_model_only_is_the_textbook_mean_and_error_of_participants_with_one_statement_each() -> None:
    scores = np.array([[-0.5], [0.1], [0.3], [0.9], [0.7]])
    curve = estimate_curve(*uncoded(np.ones_like(scores), scores))
    assert not curve.corrected
    assert curve.lam == 1
    assert curve.estimate[0] == pytest.approx(0.3)
    assert curve.standard_error[0] == pytest.approx(float(stats.sem(scores[:, 0])))
    assert curve.df.tolist() == [4]


def test_one_stage_alone_has_a_band_no_narrower_than_its_interval_and_no_extremes() -> None:
    curve = estimate_curve(*(part[:, :1] for part in noise(30, 1)))
    assert curve.band_upper[0] >= curve.upper[0] > curve.estimate[0] > curve.lower[0] >= curve.band_lower[0]
    assert curve.band_upper[0] - curve.upper[0] < 0.2 * (curve.upper[0] - curve.estimate[0])
    assert curve.valley == curve.peak == ()


def test_score_model_ignores_human_codes() -> None:
    sums = noise(8, 3)
    assert_same(estimate_curve(*sums, score="model"), estimate_curve(*uncoded(sums[0], sums[1])))


def test_nobody_gives_an_empty_curve_of_the_same_length() -> None:
    curve = estimate_curve(*np.zeros((6, 0, 4)))
    for name in NAMES[:-1]:
        assert np.isnan(getattr(curve, name)).all(), name
        assert getattr(curve, name).shape == (4,), name
    assert curve.participants.tolist() == curve.df.tolist() == [0] * 4
    assert curve.valley == curve.peak == ()


def test_one_participant_gives_a_point_without_an_interval() -> None:
    curve = estimate_curve(*uncoded(np.array([[2.0, 1.0]]), np.array([[1.0, -0.3]])))
    assert curve.estimate == pytest.approx([0.5, -0.3])
    for name in NAMES[1:-1]:
        assert np.isnan(getattr(curve, name)).all(), name
    assert not curve.sufficient.any()


def test_stage_without_statements_is_unknown_and_leaves_the_others_alone() -> None:
    full = noise(12, 3)
    without = tuple(part.copy() for part in full)
    for part in without:
        part[:, 1] = 0
    curve, kept = estimate_curve(*without), estimate_curve(*(part[:, [0, 2]] for part in full))
    assert np.isnan(curve.estimate[1])
    assert np.isnan(curve.standard_error[1])
    assert curve.participants.tolist() == [12, 0, 12]
    for name in NAMES[:4]:
        assert getattr(curve, name)[[0, 2]] == pytest.approx(getattr(kept, name)), name
    assert 1 not in curve.valley + curve.peak
    assert curve.valley


def test_stage_without_codes_is_unknown_in_a_corrected_curve_but_known_to_the_model() -> None:
    sums = noise(12, 3)
    for part in sums[2:]:
        part[:, 2] = 0
    corrected, model = estimate_curve(*sums), estimate_curve(*sums, score="model")
    assert np.isnan(corrected.estimate[2])
    assert np.isfinite(corrected.band_upper[:2]).all()
    assert np.isfinite(model.estimate[2])
    assert corrected.sufficient.tolist() == [True, True, False]
    assert 2 not in corrected.valley + corrected.peak


def test_one_coded_participant_gives_a_corrected_point_without_an_error() -> None:
    sums = noise(12, 2)
    for part in sums[2:]:
        part[1:, 0] = 0
    curve = estimate_curve(*sums)
    assert np.isfinite(curve.estimate).all()
    assert np.isnan(curve.standard_error).tolist() == [True, False]
    assert curve.df.tolist() == [0, 11]


def test_fewer_than_five_participants_are_too_little_evidence_for_an_extreme() -> None:
    n = np.ones((6, 3))
    n[4:, 0] = 0
    model = np.where(n > 0, np.array([-0.9, 0.0, 0.5]) + np.linspace(-0.05, 0.05, 6)[:, None], 0)
    curve = estimate_curve(*uncoded(n, model))
    assert curve.sufficient.tolist() == [False, True, True]
    assert curve.valley == (1,)
    assert curve.peak == (2,)


def test_equal_scores_have_no_error_and_equal_stages_tie() -> None:
    n = np.random.default_rng(1).integers(1, 30, (40, 12)).astype(float)
    scores = np.full(12, -0.7)
    scores[2] = 0.3
    curve = estimate_curve(*uncoded(n, n * scores))
    assert curve.standard_error.tolist() == [0] * 12
    assert curve.band_lower == pytest.approx(curve.estimate)
    assert curve.valley == (0, 1, *range(3, 12))
    assert curve.peak == (2,)


def test_wholly_coded_statements_make_the_model_irrelevant() -> None:
    n, model, _, _, human, _ = noise(10, 3)
    curve = estimate_curve(n, model, n, model, human, n)
    assert curve.estimate == pytest.approx(human.sum(axis=0) / n.sum(axis=0))


def test_equal_seeds_give_equal_bands_and_other_seeds_do_not() -> None:
    sums = noise(15, 4)
    assert_same(estimate_curve(*sums, seed=3), estimate_curve(*sums, seed=3))
    assert (estimate_curve(*sums, seed=3).band_upper != estimate_curve(*sums, seed=4).band_upper).all()


def test_higher_level_is_wider_in_interval_and_band() -> None:
    sums = noise(15, 4)
    usual, strict = estimate_curve(*sums), estimate_curve(*sums, level=0.99)
    assert (strict.upper > usual.upper).all()
    assert (strict.band_upper > usual.band_upper).all()
    assert set(usual.valley) <= set(strict.valley)


def test_few_participants_in_one_stage_do_not_widen_the_band_of_the_others() -> None:
    full = noise(40, 4)
    thin = tuple(part.copy() for part in full)
    for part in thin:
        part[2:, 0] = 0
    before, after = estimate_curve(*full), estimate_curve(*thin)
    ratio = (after.band_upper - after.estimate)[1:] / (before.band_upper - before.estimate)[1:]
    assert (ratio < 1.1).all()


def test_unequal_shares_widen_the_band_and_leave_the_interval_to_its_degrees_of_freedom() -> None:
    n, model, *_ = noise(24, 5)
    heavy = np.where(np.arange(24) < 3, 40.0, 1.0)[:, None]
    equal, unequal = (
        estimate_curve(*uncoded(size, model / n * size)) for size in (np.ones_like(n), heavy * np.ones_like(n))
    )
    assert equal.df.tolist() == unequal.df.tolist() == [23] * 5
    widths = [(curve.band_upper - curve.estimate) / (curve.upper - curve.estimate) for curve in (equal, unequal)]
    assert (widths[1] > 1.5 * widths[0]).all()


def test_stages_that_differ_in_everyone_are_told_apart_however_much_people_differ() -> None:
    person = np.linspace(-0.8, 0.8, 12)[:, None]
    wobble = np.random.default_rng(0).normal(0, 0.02, (12, 3))
    curve = estimate_curve(*uncoded(np.ones((12, 3)), person + np.array([0.0, 0.1, -0.1]) + wobble))
    assert curve.upper[2] > curve.lower[1]
    assert (curve.valley, curve.peak) == ((2,), (1,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda sums: sums[0].__setitem__((0, 0), np.nan), "finite"),
        (lambda sums: sums[4].__setitem__((0, 0), np.inf), "finite"),
        (lambda sums: [part.__setitem__((0, 0), -1) for part in (sums[0], sums[5])], "between 0 and n"),
        (lambda sums: sums[5].__setitem__((0, 0), 99), "between 0 and n"),
        (lambda sums: sums[2].__setitem__((0, 0), 0), "sum_weight must be positive"),
        (lambda sums: sums[5].__setitem__((0, 0), 0), "counts no statement"),
    ],
)
def test_sums_that_cannot_be_are_refused(change, message: str) -> None:  # type: ignore[no-untyped-def]
    sums = noise(4, 2)
    change(sums)
    with pytest.raises(ValueError, match=message):
        estimate_curve(*sums)


def test_other_shapes_are_refused() -> None:
    sums = noise(4, 2)
    with pytest.raises(ValueError, match="one shape"):
        estimate_curve(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5].T)
    with pytest.raises(ValueError, match="one shape"):
        estimate_curve(*(part[0] for part in sums))


@pytest.mark.parametrize("option", [{"level": 0.0}, {"level": 1.0}, {"bootstrap": 0}, {"score": "mood"}])
def test_options_out_of_range_are_refused(option: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(option))):
        estimate_curve(*noise(4, 2), **option)  # type: ignore[arg-type]


def test_residue_of_adding_and_subtracting_is_no_statement() -> None:
    sums = noise(9, 3)
    for part in sums:
        part[3] = 0
    clean = estimate_curve(*sums)
    for part in sums[1:5]:
        part[3] = 1e-7
    assert_same(clean, estimate_curve(*sums))


def test_arguments_are_left_as_they_were() -> None:
    sums = noise(6, 3)
    for part in sums:
        part[3] = 0
    sums[1][3] = 1e-7
    before = [part.copy() for part in sums]
    estimate_curve(*sums)
    assert all((part == old).all() for part, old in zip(sums, before, strict=True))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 10**6))
def test_order_of_participants_does_not_matter(participants: int, stages: int, seed: int) -> None:
    sums = noise(participants, stages, seed)
    order = np.random.default_rng(seed).permutation(participants)
    one, other = estimate_curve(*sums), estimate_curve(*(part[order] for part in sums))
    for name in (*NAMES[:4], "df", "lam"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-8, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 12), st.integers(1, 5), st.integers(2, 9), st.integers(0, 10**6))
def test_splitting_every_statement_into_equal_ones_adds_no_certainty(
    participants: int, stages: int, pieces: int, seed: int
) -> None:
    sums = noise(participants, stages, seed)
    one, other = estimate_curve(*sums), estimate_curve(*(part * pieces for part in sums))
    for name in (*NAMES, "lam"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(6, 12), st.permutations(range(5)), st.integers(0, 10**6))
def test_stages_in_another_order_give_the_same_stages(participants: int, order: list[int], seed: int) -> None:
    sums = noise(participants, 5, seed)
    one, other = estimate_curve(*sums), estimate_curve(*(part[:, order] for part in sums))
    for name in (*NAMES[:4], "df"):
        np.testing.assert_allclose(getattr(one, name)[order], getattr(other, name), rtol=1e-8, atol=1e-9)
    half_width = (one.band_upper - one.estimate)[order]
    np.testing.assert_allclose(half_width, other.band_upper - other.estimate, rtol=0.25)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.1, 50), st.floats(-9, 9), st.integers(0, 10**6))
def test_model_only_curve_moves_with_the_scale_of_the_score(factor: float, shift: float, seed: int) -> None:
    n, model, *_ = noise(10, 4, seed)
    one, other = estimate_curve(*uncoded(n, model)), estimate_curve(*uncoded(n, factor * model + shift * n))
    np.testing.assert_allclose(other.estimate, factor * one.estimate + shift, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(other.standard_error, factor * one.standard_error, rtol=1e-6)
    np.testing.assert_allclose(other.band_upper, factor * one.band_upper + shift, rtol=1e-6, atol=1e-6)
    mirrored = estimate_curve(*uncoded(n, -model))
    assert (other.valley, other.peak) == (one.valley, one.peak)
    assert (mirrored.valley, mirrored.peak) == (one.peak, one.valley)
