"""Whatever people do in whatever order: the cells hold what a count from scratch gives."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select

from app.coding import adjudication, plans, queries, queue
from app.coding.errors import NotBothDone
from app.coding.models import Assignment, Draw, DrawPlan, HumanCoding, StudyCoder
from app.coding.plan_schemas import PlanIn
from app.coding.schemas import CodingIn
from app.core.db import Database
from app.jobs.models import Job
from app.statements.models import CurveCell, Statement
from tests.support.coding import KEYRING, CodedScene, coded_scene

MICRO = 1_000_000
STAGES = ("treatment", "recovery")
PEOPLE = ("first", "second", "teammate", "owner")


class Coding(RuleBasedStateMachine):
    """Random saves, reopenings, decisions, plans, new statements and retractions in one study."""

    scene: CodedScene
    statements = Bundle("statements")

    @initialize()
    def begin(self) -> None:
        self.forget()
        for stage in STAGES:
            self.scene.say(stage, ["有点肿。", "不疼了。"])
        self.plan("uniform", 0.6, 0.5)

    def forget(self) -> None:
        """Begin anew in the same study: what was said is taken back, and what was made of it goes."""
        with self.scene.store.write() as session:
            for model in (Assignment, Draw, DrawPlan, HumanCoding, CurveCell, Statement, Job):
                session.execute(delete(model))

    @rule(target=statements, stage=st.sampled_from(STAGES), person=st.sampled_from(("P01", "P02")))
    def say(self, stage: str, person: str) -> UUID:
        (statement,) = self.scene.say(stage, ["夜里肿得厉害，有点害怕。"], participant=person)
        return statement

    @rule(
        design=st.sampled_from(("uniform", "active")),
        rate=st.sampled_from((0.2, 0.5, 0.8, 1.0)),
        double_share=st.sampled_from((0.0, 0.5, 1.0)),
    )
    def plan(self, design: Any, rate: float, double_share: float) -> None:
        with self.scene.store.write() as session:
            before = queries.latest_plan(session, self.scene.study_id)
            given = PlanIn(design=design, rate=rate, double_share=double_share)
            plans.plan(session, self.scene.access(session, "owner"), given, before.version if before else 0)

    @rule(who=st.sampled_from(PEOPLE), sentiment=st.integers(-2, 2), done=st.booleans(), count=st.integers(1, 4))
    def code_next(self, who: str, sentiment: int, done: bool, count: int) -> None:
        with self.scene.store.write() as session:
            given = queue.claim(session, self.scene.access(session, who), count)
        for statement in given[:count]:
            self.scene.save(who, statement, sentiment, done=done)

    @rule(
        statement=statements, who=st.sampled_from(("teammate", "owner")), sentiment=st.integers(-2, 2),
        done=st.booleans(),
    )  # fmt: skip
    def code_at_will(self, statement: UUID, who: str, sentiment: int, done: bool) -> None:
        self.scene.save(who, statement, sentiment, done=done)

    @rule(place=st.integers(0, 20), sentiment=st.integers(-2, 2), done=st.booleans())
    def change(self, place: int, sentiment: int, done: bool) -> None:
        with self.scene.store.read() as session:
            names = {self.scene.user_ids[name]: name for name in PEOPLE}
            places = session.execute(
                select(Assignment.statement_id, StudyCoder.user_id)
                .join(StudyCoder, StudyCoder.id == Assignment.coder_id)
                .join(Statement, Statement.id == Assignment.statement_id)
                .where(Statement.retracted_at.is_(None))
                .order_by(Assignment.statement_id, Assignment.slot)
            ).all()
        if places:
            one = places[place % len(places)]
            self.scene.save(names[one.user_id], one.statement_id, sentiment, done=done)

    @rule(place=st.integers(0, 20), sentiment=st.integers(-2, 2))
    def decide(self, place: int, sentiment: int) -> None:
        study_id = self.scene.study_id
        with self.scene.store.write() as session:
            found = adjudication.doubles(session, study_id, adjudication.Filter("all"))
            if found:
                one = found[place % len(found)]
                version = one.decided.coding.version if one.decided else 0
                given = CodingIn(sentiment=sentiment)
                try:
                    adjudication.settle(session, self.scene.access(session, "owner"), one.statement_id, given, version)
                except NotBothDone:
                    raise AssertionError("a double that is shown can be settled") from None

    @rule(who=st.sampled_from(PEOPLE))
    def leave(self, who: str) -> None:
        coder = self.scene.coder(who)
        with self.scene.store.write() as session:
            queue.release(session, self.scene.access(session, "owner"), coder.id)

    @rule(statement=consumes(statements))
    def retract(self, statement: UUID) -> None:
        self.scene.retract(statement)

    @invariant()
    def cells_equal_a_count(self) -> None:
        with self.scene.store.read() as session:
            assert _cells(session) == _counted(session)


def _cells(session: Any) -> dict[Any, tuple[int, ...]]:
    rows = session.scalars(select(CurveCell).where(CurveCell.axis == "stage"))
    sums = {
        (row.participant_id, UUID(row.position)): (
            row.n, row.sum_model, row.coded, row.sum_weight, row.sum_weight_model, row.sum_weight_human,
        )
        for row in rows
    }  # fmt: skip
    return {key: value for key, value in sums.items() if any(value)}


def _counted(session: Any) -> dict[Any, tuple[int, ...]]:
    sums: dict[Any, list[int]] = defaultdict(lambda: [0] * 6)
    for row in session.scalars(select(Statement).where(Statement.retracted_at.is_(None))):
        cell = sums[row.participant_id, row.stage_id]
        cell[0] += 1
        cell[1] += row.sentiment_micro
        value = _value(session, row.id)
        if value is not None:
            human, weight = round(value[0] * MICRO), round(MICRO / value[1])
            for place, added in enumerate((1, weight, _of(weight, row.sentiment_micro), _of(weight, human)), start=2):
                cell[place] += added
    return {key: tuple(value) for key, value in sums.items()}


def _value(session: Any, statement: UUID) -> tuple[float, float] | None:
    """The value in force, found the slow way: who was given it, whether they are all done, and what the team says."""
    draw = session.scalars(select(Draw).where(Draw.statement_id == statement)).first()
    if draw is None:
        return None
    said = {
        coder.id: (coder.kind, coding)
        for coding, coder in session.execute(
            select(HumanCoding, StudyCoder)
            .join(StudyCoder, StudyCoder.id == HumanCoding.coder_id)
            .where(HumanCoding.statement_id == statement, HumanCoding.done_at.is_not(None))
        )
    }
    team = [coding for kind, coding in said.values() if kind == "consensus"]
    if team:
        return team[0].sentiment / 2, draw.probability
    given = session.scalars(select(Assignment.coder_id).where(Assignment.statement_id == statement)).all()
    done = [said[one][1].sentiment for one in given if one in said]
    if len(done) < (2 if draw.doubled else 1):
        return None
    return sum(done) / len(done) / 2, draw.probability


def _of(weight: int, micro: int) -> int:
    product = weight * micro
    return product // MICRO if product >= 0 else -(-product // MICRO)


@pytest.fixture
def scene(store: Database) -> CodedScene:
    return coded_scene(store, KEYRING)


def test_the_cells_equal_a_count_from_scratch_after_any_history(scene: CodedScene) -> None:
    machine = type("CodingHere", (Coding,), {"scene": scene})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
