"""Low moments rise by themselves: what may be said of those that were followed up, and how often that is wrong."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from app.care.change import estimate_change

Floats = NDArray[np.float64]
STUDIES = 400
LOW, FALL = 3.5, 1.7
"""Looked at are moments of this mood or lower (1..9); by so much, a standard deviation, they fall from the person's own."""


@dataclass(frozen=True)
class Moments:
    """One row for each low moment."""

    person: NDArray[np.int64]
    before: Floats
    after: Floats
    followed: NDArray[np.bool_]


def low_moments(rng: np.random.Generator, people: int, *, lowest_first: bool, effect: float = 0.0) -> Moments:
    """People whose mood comes and goes about their own; some of their low moments are followed up."""
    own = rng.normal(5, 1.1, people)
    moods = own[:, None] + rng.normal(0, FALL, (people, 24))
    person, at = np.nonzero(moods[:, :20:4] <= LOW)
    before = moods[person, at * 4]
    chance = np.where(before < 1.8, 0.85, np.where(before < 2.8, 0.5, 0.2)) if lowest_first else 0.5
    followed = rng.random(person.size) < chance
    later = moods[person[:, None], at[:, None] * 4 + np.arange(1, 4)].mean(axis=1)
    return Moments(person, before, later + effect * followed, followed)


@dataclass(frozen=True)
class Said:
    """Shares of studies: both groups rise beyond chance; called clear by the change alone, by the plain difference, from the
    same start; and the same start's interval holds the truth."""

    rises: float
    plain: float
    clear: float
    covered: float


def studies(people: int, *, lowest_first: bool, effect: float, seed: int) -> Said:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(STUDIES):
        one = low_moments(rng, people, lowest_first=lowest_first, effect=effect)
        found = estimate_change(one.person, one.before, one.after, one.followed)
        if found.comparable:
            rows.append(
                (
                    found.followed.change.lower > 0,
                    found.difference.lower * found.difference.upper > 0,
                    found.clear,
                    found.alike.lower <= effect <= found.alike.upper,
                )
            )
    assert len(rows) > STUDIES * 0.75
    return Said(*np.mean(rows, axis=0).tolist())


@pytest.mark.parametrize("people", [24, 40])
@pytest.mark.parametrize("lowest_first", [False, True], ids=["at random", "the lowest first"])
def test_without_any_effect_hardly_a_study_is_called_clear_although_every_low_moment_rises(
    people: int, *, lowest_first: bool
) -> None:
    said = studies(people, lowest_first=lowest_first, effect=0.0, seed=people)
    assert said.rises > 0.85
    assert said.clear <= 0.065
    assert said.covered >= 0.93


def test_the_plain_difference_would_be_taken_in_where_the_lowest_are_called_first() -> None:
    said = studies(40, lowest_first=True, effect=0.0, seed=1)
    assert said.plain > 0.2
    assert said.clear <= 0.065


@pytest.mark.parametrize("people", [24, 40])
def test_the_interval_holds_a_true_difference_as_often_as_it_says(people: int) -> None:
    said = studies(people, lowest_first=True, effect=0.8, seed=people + 7)
    assert 0.93 <= said.covered <= 0.995


def test_a_true_difference_is_found_where_there_are_people_enough() -> None:
    assert studies(60, lowest_first=True, effect=1.2, seed=3).clear > 0.75


def test_people_are_the_unit_and_not_their_moments() -> None:
    """Whoever wrote each moment ten times over knows no more of themselves."""
    rng = np.random.default_rng(4)
    one = low_moments(rng, 20, lowest_first=False)
    found = estimate_change(one.person, one.before, one.after, one.followed)
    ten = estimate_change(*(np.tile(part, 10) for part in (one.person, one.before, one.after, one.followed)))
    assert ten.followed.moments == 10 * found.followed.moments
    for left, right in ((found.followed.change, ten.followed.change), (found.alike, ten.alike)):
        assert (left.value, left.lower, left.upper) == pytest.approx((right.value, right.lower, right.upper))


def test_with_one_moment_each_and_other_people_on_each_side_it_is_welch() -> None:
    rng = np.random.default_rng(5)
    change = (rng.normal(1.5, 0.5, 9), rng.normal(1.0, 1.4, 14))
    sizes = [one.size for one in change]
    found = estimate_change(
        np.arange(23), np.full(23, 2.0), 2 + np.concatenate(change), np.repeat([True, False], sizes)
    )
    parts = [one.var(ddof=1) / one.size for one in change]
    error = np.sqrt(sum(parts))
    df = sum(parts) ** 2 / sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    assert found.difference.value == pytest.approx(change[0].mean() - change[1].mean())
    assert found.difference.standard_error == pytest.approx(error)
    assert found.difference.df == pytest.approx(df, rel=1e-6)
    assert found.followed.change.standard_error == pytest.approx(np.sqrt(parts[0]))
    assert found.followed.change.df == 8
    # Nobody started lower than anybody else: there is no slope to be known, and no difference that it could take.
    assert np.isnan(found.slope)
    assert found.alike.value == pytest.approx(found.difference.value)


def test_starts_that_do_not_overlap_are_not_compared() -> None:
    people = np.arange(12)
    followed = people < 6
    found = estimate_change(people, np.where(followed, 1.0, 3.0), 4 + people % 3, followed)
    assert found.enough
    assert not found.comparable
    assert not found.clear


def test_four_people_are_no_evidence_and_nobody_at_all_is_no_error() -> None:
    rng = np.random.default_rng(6)
    person = np.r_[np.repeat(np.arange(4), 5), np.arange(10, 20)]
    before = rng.normal(2, 0.5, person.size)
    found = estimate_change(person, before, before + 3, person < 4)
    assert (found.followed.people, found.followed.moments) == (4, 20)
    assert not found.followed.enough
    assert found.others.enough
    assert not found.clear
    nobody = estimate_change([], [], [], [])
    assert (nobody.followed.people, nobody.others.moments) == (0, 0)
    assert not nobody.enough
    with pytest.raises(ValueError, match="finite"):
        estimate_change([1], [np.nan], [2.0], [True])
    with pytest.raises(ValueError, match="shape"):
        estimate_change([1, 2], [1.0], [2.0], [True])
