"""Rules of insights, without a database: intervals against published examples, the funnel, the checks, the roadmap."""

import math
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind_from_stats

from app.maps.insights.checking import (
    KINDS,
    MOST,
    Pain,
    Passage,
    Relation,
    StageCheck,
    StudyFactsForCheck,
    check_all,
    points,
)
from app.maps.insights.effects import mean_effect, share_effect, wilson
from app.maps.insights.funnel import funnel
from app.maps.insights.models import STATES
from app.maps.insights.programme import SIX, Held, at, five_steps, six_steps
from app.maps.insights.roadmap import MOST_MONTHS, ROOM, lay_out
from app.maps.insights.sentences import EXAMPLES, judge
from app.maps.parties import PARTIES
from nlp.scenes import specificity

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("one", "other", "lower", "upper"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_differences_of_shares_are_newcombes(
    one: tuple[int, int], other: tuple[int, int], lower: float, upper: float
) -> None:
    found = share_effect(*other, *one).difference
    assert found.lower == pytest.approx(lower, abs=6e-5)
    assert found.upper == pytest.approx(upper, abs=6e-5)


def test_a_share_has_wilsons_interval() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3: 81 of 263.
    found = wilson(81, 263)
    assert found.lower == pytest.approx(0.2553, abs=6e-5)
    assert found.upper == pytest.approx(0.3662, abs=6e-5)


def test_differences_of_means_are_welchs() -> None:
    # Student's sleep data (Biometrika 6, 1908) as R prints t.test(extra ~ group): df 17.776, -3.3654832 to 0.2054832.
    found = mean_effect(2.33, 2.002249, 10, 0.75, 1.789010, 10)
    assert found.df == pytest.approx(17.776, abs=5e-4)
    assert found.difference.lower == pytest.approx(-3.3654832, abs=2e-6)
    assert found.difference.upper == pytest.approx(0.2054832, abs=2e-6)


@given(counts, counts)
def test_absolute_and_relative_never_contradict_each_other(before: tuple[int, int], after: tuple[int, int]) -> None:
    found = share_effect(*before, *after)
    change = found.difference
    assert change.lower is not None
    assert change.upper is not None
    assert -1 - 1e-9 <= change.lower <= change.estimate <= change.upper <= 1 + 1e-9
    back = share_effect(*after, *before).difference
    assert back.lower == pytest.approx(-change.upper)
    assert back.upper == pytest.approx(-change.lower)
    if found.relative is None:
        assert before[0] == 0
        return
    assert found.relative.lower is not None
    assert -1 <= found.relative.lower <= found.relative.estimate + 1e-9
    if abs(change.lower) > 1e-9:
        assert (found.relative.lower > 0) == (change.lower > 0)
    if found.relative.upper is not None and abs(change.upper) > 1e-9:
        assert (found.relative.upper < 0) == (change.upper < 0)


@given(
    st.floats(-50, 50), st.floats(0.1, 20), st.integers(2, 200), st.floats(-50, 50), st.floats(0.1, 20), st.integers(2, 200)
)  # fmt: skip
def test_a_mean_is_clear_where_scipys_test_says_so(
    before: float, before_sd: float, before_n: int, after: float, after_sd: float, after_n: int
) -> None:
    found = mean_effect(before, before_sd, before_n, after, after_sd, after_n)
    p = ttest_ind_from_stats(before, before_sd, before_n, after, after_sd, after_n, equal_var=False).pvalue
    assert found.clear == (p < 0.05) or math.isclose(p, 0.05, rel_tol=1e-6)


def test_people_who_do_not_differ_leave_nothing_to_judge_by() -> None:
    found = mean_effect(2, 0, 5, 3, 0, 5)
    assert (found.difference.estimate, found.difference.lower, found.clear) == (1, None, False)


@given(st.lists(st.sampled_from(STATES)))
def test_a_funnel_never_widens_and_loses_nobody(states: list[str]) -> None:
    steps = funnel(states)
    reached = [step.reached for step in steps]
    assert reached == sorted(reached, reverse=True)
    assert reached[0] == len(states) == sum(step.here for step in steps)
    assert [step.reached - step.here for step in steps[:-1]] == reached[1:]


facts = st.builds(
    StudyFactsForCheck,
    stages=st.lists(
        st.builds(
            StageCheck,
            key=st.sampled_from("abcdef"),
            name=st.just("段"),
            kinds=st.frozensets(st.sampled_from(KINDS)),
            backstage=st.booleans(),
            people=st.none() | st.integers(0, 40),
            statements=st.none() | st.integers(0, 40),
            enough=st.booleans(),
        ),
        max_size=8,
    ),
    corrected=st.booleans(),
    pains=st.lists(
        st.builds(Pain, st.text(), st.just("a"), st.floats(0, 1), st.none() | st.integers(1, 9)), max_size=12
    ),
    pains_on_map=st.booleans(),
    passages=st.lists(st.builds(Passage, st.just("a"), st.just("b"), st.none(), st.booleans()), max_size=8),
    relation=st.builds(
        Relation, st.none() | st.integers(0, 40), st.none() | st.integers(0, 40), st.integers(0, 5), st.integers(0, 4)
    ),
)


@given(facts)
def test_every_check_scores_what_its_evidence_counts(study: StudyFactsForCheck) -> None:
    for check in check_all(study):
        counted = sum(one.met for one in check.evidence if one.kind != "corrected")
        assert check.met == counted <= check.whole
        assert 0 <= check.score <= MOST
        if check.score == MOST:
            assert check.met == check.whole > 0
        if check.met < check.whole:
            assert check.score < MOST


@given(facts)
def test_more_of_anything_never_costs_points(study: StudyFactsForCheck) -> None:
    before = [check.score for check in check_all(study)]
    richer = replace(
        study,
        corrected=True,
        stages=[replace(stage, kinds=frozenset(KINDS), backstage=True, enough=True) for stage in study.stages],
        pains=[replace(one, specificity=1.0) for one in study.pains],
        passages=[replace(one, covered=True) for one in study.passages],
        relation=Relation(40, 40, 5, 4),
    )
    assert all(old <= new for old, new in zip(before, (check.score for check in check_all(richer)), strict=True))


def test_points_are_rounded_down() -> None:
    assert [points(met, 35) for met in (0, 8, 9, 26, 27, 34, 35)] == [0, 0, 1, 2, 3, 3, 4]
    assert points(3, 0) == 0


def test_the_methods_examples_pass_and_fail() -> None:
    good, bad = (judge(text) for text in EXAMPLES)
    assert (good.passes, bad.passes) == (True, False)
    assert good.details
    assert "指导" in bad.general
    pains = [Pain(text, "recovery", specificity(text), 2) for text in EXAMPLES]
    empty = StudyFactsForCheck([], False, pains, True, [], Relation(0, 0, 0, 0))
    check = next(one for one in check_all(empty) if one.key == "specificity")
    assert [one.met for one in check.evidence] == [True, False]
    # One of three that ought to be there.
    assert (check.met, check.whole, check.score, check.passes) == (1, 3, 1, False)


@dataclass(frozen=True)
class Planned:
    title: str
    party: str
    starts: date | None
    due: date | None
    id: UUID


days = st.none() | st.dates(date(2024, 1, 1), date(2029, 12, 31))


@given(
    st.lists(st.builds(Planned, st.text(max_size=3), st.sampled_from(list(PARTIES)), days, days, st.builds(uuid4))),
    st.dates(date(2024, 1, 1), date(2029, 12, 31)),
)
def test_a_roadmap_holds_everything_once_and_nothing_overlaps(plans: list[Planned], today: date) -> None:
    plans = [replace(one, due=max(one.starts, one.due)) if one.starts and one.due else one for one in plans]
    laid = lay_out(plans, today)
    drawn = [bar.what.id for lane in laid.lanes for row in lane.rows for bar in row]
    assert sorted([*drawn, *(one.id for one in laid.undated)]) == sorted(one.id for one in plans)
    assert len(laid.months) <= MOST_MONTHS
    assert sum(quarter.months for quarter in laid.quarters) == len(laid.months)
    for lane in laid.lanes:
        for row in lane.rows:
            taken = [column for bar in row for column in range(bar.at, bar.at + bar.room)]
            assert len(taken) == len(set(taken))
            assert all(0 <= column < len(laid.months) for column in taken)
            assert all(bar.at <= bar.first and bar.first + bar.months <= bar.at + bar.room for bar in row)
            assert all(bar.room >= min(ROOM, len(laid.months)) for bar in row)


def test_a_roadmap_says_when() -> None:
    plan = Planned("来电", "care", date(2026, 2, 10), date(2026, 5, 1), uuid4())
    laid = lay_out([plan], date(2026, 4, 20))
    assert [(month.year, month.month) for month in laid.months] == [(2026, month) for month in range(1, 7)]
    bar = laid.lanes[0].rows[0][0]
    assert (bar.first, bar.months, bar.cut, laid.today) == (1, 4, False, 3)


held = st.builds(Held, **{name: st.integers(0, 3) for name in Held.__slots__ if name != "vision"}, vision=st.booleans())


@given(held)
def test_a_step_is_done_only_when_all_it_rests_on_is_there(study: Held) -> None:
    steps = six_steps(study, {"pains": "先看头一周"})
    assert [step.key for step in steps] == list(SIX)
    for step in (*steps, *five_steps(study)):
        met = [one.met for one in step.grounds]
        assert step.standing == ("done" if all(met) else "begun" if any(met) else "open")
    assert steps[1].note == "先看头一周"
    now = at(steps)
    assert now is None or all(step.standing == "done" for step in steps[: steps.index(now)])
