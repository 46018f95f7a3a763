"""Drawing: probabilities that are what they say, and statements that are drawn once, by whoever looks and however often."""

import threading
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.coding import drawing
from app.coding.errors import StalePlan
from app.coding.models import Assignment, Draw, DrawPlan
from app.coding.probabilities import LEAST_EXPECTED, Rates, chances, uncertainty
from app.coding.tasks import draw as draw_task
from app.core.settings import Settings
from app.jobs.context import WorkerContext
from app.statements.models import CurveCell, Statement
from tests.support.coding import CodedScene, put_plan

SEED = "5e" * 32
STAGE = UUID(int=7)
TRIES = 20_000


def test_statements_are_drawn_as_often_as_their_probability_says() -> None:
    ids = [UUID(int=number) for number in range(TRIES)]
    numbers = [chances(SEED, one) for one in ids]
    for rate in (0.05, 0.2, 0.5, 0.9):
        share = sum(one.draw < rate for one in numbers) / TRIES
        assert abs(share - rate) < 4.5 * (rate * (1 - rate) / TRIES) ** 0.5
        doubled = [one for one in numbers if one.draw < rate]
        twice = sum(one.double < 0.3 for one in doubled) / len(doubled)
        assert abs(twice - 0.3) < 4.5 * (0.21 / len(doubled)) ** 0.5


def test_whose_turn_it_is_tells_nothing_of_the_draw() -> None:
    numbers = [chances(SEED, UUID(int=number)) for number in range(TRIES)]
    for other in ("draw", "double"):
        pairs = [(getattr(one, other) - 0.5, one.turn - 0.5) for one in numbers]
        correlation = 12 * sum(first * second for first, second in pairs) / TRIES
        assert abs(correlation) < 4.5 / TRIES**0.5
    first_in_line = sorted(numbers, key=lambda one: one.turn)[: TRIES // 10]
    assert abs(sum(one.draw < 0.2 for one in first_in_line) / len(first_in_line) - 0.2) < 0.045


def test_seeds_give_other_draws_and_the_same_seed_the_same() -> None:
    ids = [uuid4() for _ in range(1000)]
    here = [chances(SEED, one).draw < 0.5 for one in ids]
    assert here == [chances(SEED, one).draw < 0.5 for one in ids]
    there = [chances("00" * 32, one).draw < 0.5 for one in ids]
    assert 400 < sum(one == other for one, other in zip(here, there, strict=True)) < 600


@given(
    rate=st.floats(0.001, 1), floor=st.floats(0.05, 1), score=st.floats(-1, 1), confidence=st.floats(0, 1),
    statements=st.integers(1, 5000), mean=st.floats(0.01, 1),
)  # fmt: skip
def test_the_active_design_keeps_its_floor(
    rate: float, floor: float, score: float, confidence: float, statements: int, mean: float
) -> None:
    rates = Rates("active", {STAGE.hex: rate}, floor, {STAGE.hex: mean})
    probability = rates.of_statement(STAGE, statements, uncertainty(score, confidence))
    least = rates.of_stage(STAGE, statements)
    assert least >= min(1.0, LEAST_EXPECTED / statements, 1.0)
    assert min(least * floor, 1.0) - 1e-9 <= probability <= 1


@given(score=st.floats(-1, 1), confidence=st.floats(0, 1), less=st.floats(0, 1))
def test_who_is_less_sure_or_nearer_to_zero_is_drawn_more(score: float, confidence: float, less: float) -> None:
    assert uncertainty(score * less, confidence) >= uncertainty(score, confidence)
    assert uncertainty(score, confidence * less) >= uncertainty(score, confidence)


def test_no_stage_is_starved_by_a_small_rate() -> None:
    rates = Rates("uniform", {"*": 0.01})
    assert [rates.of_stage(STAGE, n) * n for n in (4, 8, 100, 2000)] == pytest.approx([4, 8, 8, 20])


def test_a_plan_draws_and_a_second_look_draws_nothing(coded: CodedScene) -> None:
    ids = _say(coded, 60)
    put_plan(coded, rate=0.5, double_share=0.4)
    first = _draws(coded)
    assert 15 < len(first) < 50
    assert {one.probability for one in first.values()} == {0.5}
    with coded.store.write() as session:
        assert drawing.top_up(session, coded.study_id) == 0
    assert _draws(coded).keys() == first.keys() <= set(ids)


def test_draws_are_nested_and_the_largest_probability_is_kept(coded: CodedScene) -> None:
    _say(coded, 60)
    seen = []
    for rate, kept in ((0.3, 0.3), (0.6, 0.6), (0.2, 0.6)):
        put_plan(coded, rate=rate, double_share=0)
        draws = _draws(coded)
        assert {one.probability for one in draws.values()} == {kept}
        seen.append(draws.keys())
    assert all(before <= after for before, after in pairwise(seen))
    assert len(seen[0]) < len(seen[1]) == len(seen[2])


def test_what_comes_later_is_drawn_by_the_same_rule_and_with_nobody_looking(coded: CodedScene) -> None:
    _say(coded, 30)
    put_plan(coded, rate=0.4)
    before = _draws(coded).keys()
    later = _say(coded, 40, stage="treatment")
    context = WorkerContext(Settings(), coded.store, coded.keyring, threading.Event())
    draw_task(context)
    draw_task(context)
    with coded.store.read() as session:
        seed = session.scalars(select(DrawPlan.seed)).one()
    wanted = {one for one in later if chances(seed, one).draw < 0.4}
    assert _draws(coded).keys() - before == wanted


def test_observers_notes_and_replaced_texts_are_not_drawn(coded: CodedScene) -> None:
    own = _say(coded, 10)
    coded.say("treatment", ["站着等了很久"], source="observer")
    coded.retract(own[0])
    put_plan(coded, rate=1)
    assert _draws(coded).keys() == set(own[1:])


def test_a_stale_plan_is_told(coded: CodedScene) -> None:
    _say(coded, 5)
    put_plan(coded, rate=0.5, version=0)
    with pytest.raises(StalePlan):
        put_plan(coded, rate=0.9, version=0)


def test_two_looks_at_once_draw_each_statement_once(coded: CodedScene) -> None:
    _say(coded, 200)
    put_plan(coded, rate=0.3)
    _say(coded, 200)
    drawn: list[int] = []
    barrier = threading.Barrier(4)

    def look() -> None:
        barrier.wait()
        with coded.store.write() as session:
            drawn.append(drawing.top_up(session, coded.study_id))

    _all_at_once([look] * 4)
    assert Counter(drawn)[0] == 3
    assert len(drawn) == 4


def test_a_larger_probability_reaches_the_cells(coded: CodedScene) -> None:
    ids = _say(coded, 40)
    put_plan(coded, rate=0.25, double_share=0)
    drawn = sorted(_draws(coded))
    for one in drawn:
        coded.save("teammate", one, 1)
    assert _weights(coded) == (len(drawn), len(drawn) * 4_000_000)
    put_plan(coded, rate=0.5, double_share=0)
    assert _weights(coded) == (len(drawn), len(drawn) * 2_000_000)
    assert len(_draws(coded)) <= len(ids)


def test_what_was_coded_before_it_was_drawn_counts(coded: CodedScene) -> None:
    statement, other, *_ = _say(coded, 3)
    coded.save("teammate", statement, 2)
    coded.save("teammate", other, 1, done=False)
    put_plan(coded, rate=1, double_share=0)
    assert _weights(coded) == (1, 1_000_000)
    with coded.store.read() as session:
        places = session.execute(select(Assignment.statement_id, Assignment.done_at)).all()
    assert {one.statement_id: one.done_at is not None for one in places} == {statement: True, other: False}


def test_the_active_design_draws_more_where_the_model_is_unsure(coded: CodedScene) -> None:
    ids = _say(coded, 80)
    unsure = set(ids[::2])
    with coded.store.write() as session:
        _score(session, [one for one in ids if one not in unsure], 900_000)
        _score(session, unsure, 0)
    put_plan(coded, design="active", rate=0.3, floor=0.25, double_share=0)
    draws = _draws(coded)
    likely = {draws[one].probability for one in draws.keys() & unsure}
    unlikely = {draws[one].probability for one in draws.keys() - unsure}
    assert min(likely) > max(unlikely) >= 0.3 * 0.25


def _score(session: Session, ids: Sequence[UUID] | set[UUID], micro: int) -> None:
    session.execute(update(Statement).where(Statement.id.in_(ids)).values(sentiment_micro=micro))


def _say(scene: CodedScene, count: int, stage: str = "recovery") -> list[UUID]:
    return scene.say(stage, [f"第{number}天，还有点肿。" for number in range(count)])


def _draws(scene: CodedScene) -> dict[UUID, Draw]:
    with scene.store.read() as session:
        return {one.statement_id: one for one in session.scalars(select(Draw))}


def _weights(scene: CodedScene) -> tuple[int, int]:
    with scene.store.read() as session:
        cells = session.scalars(select(CurveCell).where(CurveCell.axis == "stage", CurveCell.coded > 0)).all()
        return sum(one.coded for one in cells), sum(one.sum_weight for one in cells)


def _all_at_once(calls: Sequence[object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
