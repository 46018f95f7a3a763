"""The cells equal a recount of the statements after any order of writing, coding, moving, editing and coding again."""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.statements import cells, codings, human, recode, refine, service
from app.statements.cells import Place, contribution_of, weighted
from app.statements.human import HumanValue, set_human
from app.statements.models import CurveCell, CurveRevision, Statement
from app.statements.moving import move
from app.statements.service import Utterance
from app.studies.coders import get_coder
from app.studies.models import Stage, Study, Touchpoint
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.scene import SLUG, Scene, set_scene
from tests.support.slow_coder import NAME, VERSION

pytestmark = pytest.mark.usefixtures("slow_coder")

TEXTS = (
    "伤口很疼，整夜睡不着",
    "护士特别耐心，安心多了",
    "今天能吃软的东西了，高兴",
    "没有人告诉我要等多久",
    "和昨天差不多",
)
MOMENT = datetime(2026, 3, 13, tzinfo=UTC)


@pytest.fixture
def scene(database: ScratchDatabase, store: Database, cheap_passwords: None) -> Scene:
    return set_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))


@dataclass
class Story:
    """A study in which anything may happen, chosen by the numbers of ``chance``."""

    scene: Scene
    chance: Random
    sources: dict[UUID, Utterance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        study = Stage.study_id == self.scene.study_id
        with self.scene.store.read() as session:
            self.stages = session.scalars(select(Stage.id).where(study).order_by(Stage.position)).all()
            self.touchpoints = session.scalars(
                select(Touchpoint.id).where(Touchpoint.study_id == self.scene.study_id).order_by(Touchpoint.id)
            ).all()

    def place(self, person: UUID | None = None) -> Place:
        chance = self.chance
        return Place(
            person or chance.choice(sorted(self.scene.people.values())),
            chance.choice(self.stages[:3]),
            chance.choice([None, *self.touchpoints[:2]]),
            None,
            chance.choice([None, -1, 2]),
        )

    def said(self, place: Place, source: str, source_id: UUID) -> Utterance:
        texts = [("feeling", self.chance.choice(TEXTS)) for _ in range(self.chance.randrange(4))]
        mood = self.chance.randrange(1, 10) if source == "diary" else None
        return Utterance(source, source_id, place, MOMENT, service.code(get_coder("default"), texts), mood)

    def write(self, session: Session) -> None:
        new = [self.said(self.place(), self.chance.choice(cells.STATEMENT_SOURCES), uuid4()) for _ in range(3)]
        service.record(session, self.scene.study_id, get_coder("default").version, new)
        self.sources |= {one.source_id: one for one in new}

    def edit(self, session: Session) -> None:
        old = self.sources[self.chance.choice(list(self.sources))]
        new = self.said(self.place(old.place.participant_id), old.source, old.source_id)
        version = get_coder("default").version
        service.revise(session, self.scene.study_id, version, new, old.place, old.mood)
        self.sources[old.source_id] = new

    def take_back(self, session: Session) -> None:
        old = self.sources.pop(self.chance.choice(list(self.sources)))
        gone = service.retract(session, self.scene.study_id, old.source_id, old.place, old.mood)
        service.record(session, self.scene.study_id, get_coder("default").version, [], [gone])

    def put_elsewhere(self, session: Session) -> None:
        turns = [one for one in self.sources.values() if one.source != "diary"]
        for old in self.chance.sample(turns, min(2, len(turns))):
            place = self.place(old.place.participant_id)
            move(session, self.scene.study_id, old.source_id, place)
            self.sources[old.source_id] = Utterance(old.source, old.source_id, place, MOMENT, old.spoken)

    def code(self, session: Session) -> None:
        everything = session.scalars(select(Statement.id).order_by(Statement.id)).all()
        chosen = self.chance.sample(everything, min(4, len(everything)))
        set_human(session, self.scene.study_id, {one: self.value() for one in chosen})

    def value(self) -> HumanValue | None:
        if self.chance.random() < 0.25:
            return None
        return HumanValue(self.chance.choice([-1, -0.5, 0, 1 / 3, 1]), self.chance.choice([1.0, 0.3, 0.07, 1e-6]))

    def let_the_slow_one_read(self, session: Session) -> None:
        study = session.get_one(Study, self.scene.study_id)
        study.coder, study.coder_version = NAME, VERSION
        session.flush()
        choice = refine.choice_of(session, study.id)
        assert choice is not None
        texts = recode.uncoded(session, study.id, VERSION, None, 3)
        refine.put(session, study.id, choice, VERSION, codings.coding_rows(study.id, get_coder(NAME), texts))

    def code_again(self, session: Session) -> None:
        recode.switch(session, "cli", self.scene.study_id, get_coder(self.chance.choice(["default", "lexicon"])))

    def count_again(self, session: Session) -> None:
        cells.recount(session, self.scene.study_id)


STEPS: Sequence[Callable[[Story, Session], None]] = (
    Story.write,
    Story.code,
    Story.code,
    Story.edit,
    Story.put_elsewhere,
    Story.take_back,
    Story.let_the_slow_one_read,
    Story.code_again,
    Story.count_again,
)


def assert_cells_hold(session: Session, study_id: UUID) -> None:
    stored = cells.stored(session, study_id)
    assert stored == cells.text_deltas(session, study_id), "as counted in SQL"
    assert stored == counted_here(session, study_id), "as counted here"


def counted_here(session: Session, study_id: UUID) -> dict[cells.CellKey, list[int]]:
    """The cells, from the statements one by one."""
    said: dict[tuple[Place, str, UUID], list[Statement]] = defaultdict(list)
    query = select(Statement).where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
    for one in session.scalars(query.execution_options(populate_existing=True)):
        place = Place(one.participant_id, one.stage_id, one.touchpoint_id, one.wave_id, one.day)
        said[place, one.source, one.source_id].append(one)
    return cells.deltas(contribution_of(place, source, all_said) for (place, source, _), all_said in said.items())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=14), seed=st.integers(0, 2**32))
def test_cells_equal_a_recount_after_any_history(
    scene: Scene, steps: Sequence[Callable[[Story, Session], None]], seed: int
) -> None:
    story = Story(scene, Random(seed))
    for step in (Story.write, *steps):
        with scene.store.write() as session:
            (step if story.sources else Story.write)(story, session)
        with scene.store.read() as session:
            assert_cells_hold(session, scene.study_id)


def spoken(scene: Scene, texts: Sequence[str], source: str = "interview") -> tuple[Story, Utterance, list[UUID]]:
    """A story in which one person says ``texts`` at one place; returns their statements' ids too."""
    story = Story(scene, Random(1))
    place = Place(scene.people["P01"], story.stages[0], None, None, None)
    coder = get_coder("default")
    said = Utterance(source, uuid4(), place, MOMENT, service.code(coder, [("interview", text) for text in texts]))
    with scene.store.write() as session:
        service.record(session, scene.study_id, coder.version, [said])
    with scene.store.read() as session:
        return story, said, list(session.scalars(select(Statement.id).order_by(Statement.id)))


def cell(scene: Scene, place: Place, source: str = "interview") -> list[int]:
    with scene.store.read() as session:
        key = ("stage", cells.slot_of(place.participant_id), place.participant_id, place.stage_id.hex, "", source)
        return cells.stored(session, scene.study_id).get(key, [0] * len(cells.SUMS))


def test_products_are_cut_off_toward_zero_alike_everywhere(scene: Scene) -> None:
    assert [weighted(3_333_333, score) for score in (-1, 1, -500_000, 500_000)] == [-3, 3, -1_666_666, 1_666_666]
    _, said, [one] = spoken(scene, TEXTS[:1])
    with scene.store.write() as session:
        session.get_one(Statement, (scene.study_id, one)).sentiment_micro = -1
        session.flush()
        cells.recount(session, scene.study_id)
        set_human(session, scene.study_id, {one: HumanValue(-0.5, 0.3)})
    assert cell(scene, said.place) == [1, 1, -1, 1, 3_333_333, -3, -1_666_666]
    with scene.store.read() as session:
        assert_cells_hold(session, scene.study_id)


def test_what_is_equal_changes_nothing_and_what_was_replaced_is_left_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(human, "BATCH", 1)  # so that what several batches add comes together
    _, said, [first, second] = spoken(scene, TEXTS[:2])
    values = {first: HumanValue(0.5, 0.2), second: HumanValue(-1, 0.5), uuid4(): HumanValue(1, 1)}
    revisions = []
    for _ in range(2):
        with scene.store.write() as session:
            set_human(session, scene.study_id, values)
        with scene.store.read() as session:
            revisions.append(session.scalars(select(CurveRevision.revision)).all())
    assert revisions[0] == revisions[1]
    assert cell(scene, said.place)[3:] == [2, 7_000_000, *cell(scene, said.place)[5:6], 500_000]
    with scene.store.write() as session:
        gone = service.retract(session, scene.study_id, said.source_id, said.place, None)
        service.record(session, scene.study_id, get_coder("default").version, [], [gone])
        set_human(session, scene.study_id, values)
    assert not any(cell(scene, said.place))
    with scene.store.read() as session:
        assert_cells_hold(session, scene.study_id)


@pytest.mark.parametrize(("sentiment", "probability"), [(1.01, 1), (float("nan"), 1), (0, 0), (0, 1e-7), (0, 1.1)])
def test_a_value_out_of_range_is_refused(sentiment: float, probability: float) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        HumanValue(sentiment, probability)


def test_a_turn_keeps_its_codes_at_another_stage(scene: Scene) -> None:
    story, said, ids = spoken(scene, TEXTS[:2])
    with scene.store.write() as session:
        set_human(session, scene.study_id, {ids[0]: HumanValue(0.5, 0.25)})
    before = cell(scene, said.place)
    elsewhere = Place(said.place.participant_id, story.stages[2], story.touchpoints[0], None, None)
    with scene.store.write() as session:
        move(session, scene.study_id, said.source_id, elsewhere)
    assert (cell(scene, elsewhere), any(cell(scene, said.place))) == (before, False)
    assert before[3:5] == [1, 4_000_000]
    with scene.store.read() as session:
        rows = session.scalars(select(Statement).order_by(Statement.id)).all()
        assert [(row.id, row.stage_id, row.touchpoint_id) for row in rows] == [
            (one, elsewhere.stage_id, elsewhere.touchpoint_id) for one in ids
        ]
        assert_cells_hold(session, scene.study_id)
    with scene.store.write() as session, pytest.raises(ValueError, match="another participant"):
        move(session, scene.study_id, said.source_id, Place(scene.people["P02"], story.stages[0], None, None, None))


def test_what_observers_say_is_counted_apart(scene: Scene) -> None:
    _, said, [one] = spoken(scene, TEXTS[:1], source="observer")
    with scene.store.write() as session:
        set_human(session, scene.study_id, {one: HumanValue(0.5, 0.25)})
        cells.recount(session, scene.study_id)
    assert cell(scene, said.place, "observer")[3] == 1
    assert "observer" not in cells.TEXT_SOURCES
    with scene.store.read() as session:
        assert_cells_hold(session, scene.study_id)


def test_coders_an_editor_and_a_slow_coder_at_once_lose_nothing(scene: Scene) -> None:
    story, said, ids = spoken(scene, TEXTS * 4)
    begin = threading.Barrier(5)

    def many(number: int) -> None:
        chance = Random(number)
        begin.wait()
        for round_ in range(8):
            with scene.store.write() as session:
                if number == 3:
                    place = Place(said.place.participant_id, story.stages[round_ % 3], None, None, None)
                    move(session, scene.study_id, said.source_id, place)
                elif number == 4:
                    recode.switch(session, "cli", scene.study_id, get_coder(("lexicon", "default")[round_ % 2]))
                else:
                    chosen = chance.sample(ids, 6)
                    set_human(
                        session, scene.study_id, {one: HumanValue(chance.choice([-1, 0, 1]), 0.2) for one in chosen}
                    )

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(many, range(5)))
    with scene.store.read() as session:
        assert_cells_hold(session, scene.study_id)
        coded = sum(one is not None for one in session.scalars(select(Statement.human_micro)))
    assert coded == cell(scene, Place(said.place.participant_id, story.stages[1], None, None, None))[3]


@only_on("sqlite")  # what is found, and the remedy, do not depend on the database
def test_the_doctor_sees_a_wrong_sum_of_codes_and_coding_again_counts_it_afresh(
    scene: Scene, database: ScratchDatabase
) -> None:
    _, said, [one] = spoken(scene, TEXTS[:1])
    with scene.store.write() as session:
        set_human(session, scene.study_id, {one: HumanValue(-0.5, 0.25)})
    right = cell(scene, said.place)
    with scene.store.write() as session:
        session.execute(update(CurveCell).values(sum_weight_human=CurveCell.sum_weight_human + 1))
    told = xinlu("doctor", env=database.env, check=False).stdout
    assert f"fail  {SLUG} / 文字: 1 个格子和重新数的不一样" in told
    xinlu("recode", "--study", SLUG, "--coder", "default", env=database.env)
    assert cell(scene, said.place) == right
    assert f"ok    {SLUG} / 文字: 1 个格子都和重新数的一样" in xinlu("doctor", env=database.env, check=False).stdout
