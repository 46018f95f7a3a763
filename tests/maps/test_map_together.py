"""Two editors of one map, in any order and with every retry: no update is lost, nothing is overwritten, versions hold."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4, uuid5

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.core.errors import NotFound
from app.maps.board import maps, notes, queries, versions
from app.maps.board.errors import IdTaken, StaleMap
from app.maps.board.schemas import NewMap, NewNote, NoteChange
from tests.support.coding import CodedScene

WHO = st.sampled_from(("owner", "teammate"))
LANE = st.sampled_from(("action", "pain"))
STAGE = st.sampled_from(("treatment", "recovery"))
TEXT = st.sampled_from("甲乙丙丁")
PLACE = st.none() | st.integers(0, 4)
AT = st.integers(0, 9)


@dataclass
class Model:
    """A note as it must stand."""

    stage: str
    lane: str
    text: str
    version: int = 1
    removed: bool = False

    def content(self) -> tuple[str, str, str]:
        """What a request says."""
        return self.stage, self.lane, self.text


@dataclass
class Window:
    """What one editor saw last of each note, and their last request."""

    seen: dict[UUID, int] = field(default_factory=dict)
    last: NewNote | None = None


class Together(RuleBasedStateMachine):
    scene: CodedScene

    def __init__(self) -> None:
        super().__init__()
        self.map_id = uuid4()
        self.model: dict[UUID, Model] = {}
        self.windows = {"owner": Window(), "teammate": Window()}
        self.kept: dict[int, dict[UUID, tuple[str, str, str]]] = {}
        self.revision = 1
        with self.scene.store.write() as session:
            maps.create(session, self.scene.access(session, "owner"), NewMap(id=self.map_id, title="一起画"))

    @rule(who=WHO, stage=STAGE, lane=LANE, text=TEXT, place=PLACE)
    def write(self, who: str, stage: str, lane: str, text: str, place: int | None) -> None:
        given = NewNote(id=uuid4(), stage=stage, lane=lane, text=text, position=place)
        self.windows[who].last = given
        self._add(who, given)
        self.model[given.id] = Model(stage, lane, text)
        self.windows[who].seen[given.id] = 1
        self.revision += 1

    @rule(who=WHO)
    def retry(self, who: str) -> None:
        given = self.windows[who].last
        if given is None:
            return
        stands = self.model[given.id]
        try:
            _, made = self._add(who, given)
            assert (made, stands.content()) == (False, (given.stage, given.lane, given.text))
        except IdTaken:
            assert stands.content() != (given.stage, given.lane, given.text)

    @rule(who=WHO)
    def look(self, who: str) -> None:
        self.windows[who].seen = {key: one.version for key, one in self.model.items()}

    @precondition(lambda self: self.model)
    @rule(who=WHO, at=AT, text=st.none() | TEXT, stage=st.none() | STAGE, lane=st.none() | LANE, place=PLACE)
    def change(
        self, who: str, at: int, text: str | None, stage: str | None, lane: str | None, place: int | None
    ) -> None:
        note_id, seen = self._pick(who, at)
        one = self.model[note_id]
        asked = {"text": text, "stage": stage, "lane": lane, "position": place}
        given = NoteChange.model_validate({name: value for name, value in asked.items() if value is not None})
        wanted = (stage or one.stage, lane or one.lane, text or one.text)
        before = self._stored()[note_id]
        stale: StaleMap | None = None
        with self.scene.store.write() as session:
            access = self.scene.access(session, who)
            try:
                row = notes.change(session, access, self.map_id, note_id, given, seen)
            except StaleMap as error:
                stale = error
            except NotFound:
                assert one.removed
                return
            else:
                version = row.version
        if stale is not None:
            assert seen != one.version
            assert stale.members["current"]["version"] == one.version  # type: ignore[index]
            return
        changed = version != before["version"]
        assert changed or wanted == one.content()
        assert not changed or seen == one.version
        if changed:
            one.stage, one.lane, one.text = wanted
            one.version += 1
            self.revision += 1
            self.windows[who].seen[note_id] = one.version

    @precondition(lambda self: self.model)
    @rule(who=WHO, at=AT, back=st.booleans())
    def take_off_or_back(self, who: str, at: int, back: bool) -> None:
        note_id, seen = self._pick(who, at)
        one = self.model[note_id]
        step = notes.bring_back if back else notes.remove
        with self.scene.store.write() as session:
            try:
                step(session, self.scene.access(session, who), self.map_id, note_id, seen)
            except StaleMap:
                assert seen != one.version
                return
        if one.removed == back:
            assert seen == one.version
            one.removed = not back
            one.version += 1
            self.revision += 1
            self.windows[who].seen[note_id] = one.version

    @rule(who=WHO)
    def keep(self, who: str) -> None:
        with self.scene.store.write() as session:
            number = versions.keep(session, self.scene.access(session, who), self.map_id, "").number
        standing = {key: one.content() for key, one in self.model.items() if not one.removed}
        assert self.kept.setdefault(number, standing) == standing

    @precondition(lambda self: self.kept)
    @rule(who=WHO, at=AT, late=st.booleans())
    def restore(self, who: str, at: int, late: bool) -> None:
        number = sorted(self.kept)[at % len(self.kept)]
        with self.scene.store.write() as session:
            access = self.scene.access(session, who)
            try:
                revision = self.revision - late
                self.revision = versions.restore(session, access, self.map_id, number, revision).revision
            except StaleMap:
                assert late
                return
        assert not late
        wanted = self.kept[number]
        stored = self._stored()
        for key, one in self.model.items():
            one.removed = key not in wanted
            if key in wanted:
                one.stage, one.lane, one.text = wanted[key]
            assert stored[key]["version"] >= one.version
            one.version = stored[key]["version"]

    @invariant()
    def the_map_is_what_they_were_told(self) -> None:
        stored = self._stored()
        assert stored.keys() == self.model.keys()
        for key, one in self.model.items():
            row = stored[key]
            assert (row["stage"], row["lane"], row["text"], row["version"], row["removed"]) == (
                *one.content(),
                one.version,
                one.removed,
            )
        with self.scene.store.read() as session:
            assert queries.map_of(session, self.scene.study_id, self.map_id).revision == self.revision
            for number, notes_then in self.kept.items():
                document = queries.version(session, self.scene.study_id, self.map_id, number).document
                assert {UUID(one["id"]) for one in document["notes"]} == notes_then.keys()

    @invariant()
    def every_cell_counts_from_nought(self) -> None:
        with self.scene.store.read() as session:
            cells: dict[Any, list[int]] = {}
            for row in queries.notes(session, self.scene.study_id, self.map_id):
                cells.setdefault((row.stage_id, row.lane), []).append(row.position)
        assert all(len(set(places)) == len(places) for places in cells.values())

    def _add(self, who: str, given: NewNote) -> tuple[Any, bool]:
        with self.scene.store.write() as session:
            return notes.add(session, self.scene.access(session, who), self.map_id, given)

    def _pick(self, who: str, at: int) -> tuple[UUID, int]:
        note_id = list(self.model)[at % len(self.model)]
        return note_id, self.windows[who].seen.get(note_id, 0)

    def _stored(self) -> dict[UUID, dict[str, Any]]:
        keys = {stage_id: key for key, stage_id in self.scene.stages.items()}
        with self.scene.store.read() as session:
            return {
                row.id: {
                    "stage": keys[row.stage_id],
                    "lane": row.lane,
                    "text": row.text,
                    "version": row.version,
                    "removed": row.removed_at is not None,
                }
                for row in queries.notes(session, self.scene.study_id, self.map_id, removed=True)
            }


def test_two_editors_lose_nothing_and_overwrite_nothing(coded: CodedScene) -> None:
    machine = type("TogetherHere", (Together,), {"scene": coded})
    few = settings(max_examples=8, stateful_step_count=15, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)


def test_of_many_at_the_same_moment_one_wins_and_each_new_note_has_its_place(coded: CodedScene) -> None:
    map_id, note_id = uuid4(), uuid4()
    given = NewNote(id=note_id, stage="recovery", lane="pain", text="起先")
    with coded.store.write() as session:
        access = coded.access(session, "owner")
        maps.create(session, access, NewMap(id=map_id, title="一起画"))
        notes.add(session, access, map_id, given)

    def change(number: int) -> bool:
        with coded.store.write() as session:
            access = coded.access(session, ("owner", "teammate")[number % 2])
            notes.add(session, access, map_id, given.model_copy(update={"id": uuid5(map_id, str(number // 2))}))
            try:
                notes.change(session, access, map_id, note_id, NoteChange(text=f"第{number}人"), 1)
            except StaleMap:
                return False
            return True

    with ThreadPoolExecutor(max_workers=6) as pool:
        won = list(pool.map(change, range(6)))
    assert won.count(True) == 1
    with coded.store.read() as session:
        rows = queries.notes(session, coded.study_id, map_id)
        assert queries.map_of(session, coded.study_id, map_id).revision == 1 + 1 + 1 + 3
    assert next(row.text for row in rows if row.id == note_id) == f"第{won.index(True)}人"
    assert [row.position for row in rows] == [0, 1, 2, 3]
