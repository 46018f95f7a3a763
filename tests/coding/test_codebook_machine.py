"""Any history of a codebook, played beside a model: no circle, no excerpt lost, every count right."""

from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as play
from sqlalchemy import delete, select

from app.coding import codebook
from app.coding.codebook_book import snapshot
from app.coding.codebook_queries import codes_of, snapshot_of, version_of
from app.coding.codebook_schemas import MOST_DEPTH, NewCode
from app.coding.models import Code, CodebookVersion, Excerpt, HumanCoding
from app.core.errors import AppError
from tests.support.coding import CodedScene

CODERS = ("owner", "teammate")
NAMES = st.sampled_from(["痛点", "需求", "支持", "😀", "𠮷"])
PLACES = st.integers(0, 5)


class CodebookMachine(RuleBasedStateMachine):
    """Codes with excerpts on them; ``parents`` and ``marks`` are what should be."""

    codes = Bundle("codes")
    retired = Bundle("retired")

    def __init__(self, scene: CodedScene, statements: list[UUID]) -> None:
        super().__init__()
        self.scene = scene
        self.statements = statements
        self.parents: dict[UUID, UUID | None] = {}
        self.live: set[UUID] = set()
        self.marks: dict[tuple[UUID, str], set[tuple[UUID, int, int]]] = {}
        self.version = 0

    @initialize()
    def begin(self) -> None:
        with self.scene.store.write() as session:
            for model in (Excerpt, HumanCoding, CodebookVersion):
                session.execute(delete(model))
            session.execute(Code.__table__.update().values(parent_id=None))  # type: ignore[attr-defined]
            session.execute(delete(Code))

    def act(self, change: Any, *given: Any, **named: Any) -> Any:
        """Change the codebook; None where a rule refuses it, and then nothing may have changed."""
        try:
            with self.scene.store.write() as session:
                done = change(session, "user:test", self.scene.study_id, *given, **named, version=self.version)
                self.version = version_of(session, self.scene.study_id)
                return done
        except AppError:
            return None

    @rule(target=codes, name=NAMES)
    def add(self, name: str) -> Any:
        return self.added(name, None)

    @rule(target=codes, name=NAMES, parent=codes)
    def add_under(self, name: str, parent: UUID) -> Any:
        return self.added(name, parent)

    def added(self, name: str, parent: UUID | None) -> Any:
        code = self.act(codebook.add_code, NewCode(name=name, parent_id=parent))
        if code is None:
            return multiple()
        assert parent is None or parent in self.live
        self.parents[code.id] = parent
        self.live.add(code.id)
        return code.id

    @rule(code=codes, start=PLACES, length=st.integers(1, 3), statement=st.integers(0, 2), who=st.sampled_from(CODERS))
    def mark(self, code: UUID, start: int, length: int, statement: int, who: str) -> None:
        if code not in self.live:
            return
        key = (self.statements[statement], who)
        wanted = self.marks.get(key, set()) | {(code, start, start + length)}
        with self.scene.store.read() as session:
            own = self.scene.coder(who).id
            ids = {
                (one.code_id, one.start, one.end): str(one.id)
                for one in session.scalars(select(Excerpt).where(Excerpt.coder_id == own))
                if one.statement_id == key[0]
            }
        said = [
            {"id": ids.get(one, str(uuid4())), "code": str(one[0]), "start": one[1], "end": one[2], "memo": ""}
            for one in wanted
        ]
        self.scene.save(who, key[0], 0, *said)
        self.marks[key] = wanted

    @rule(code=codes, parent=st.none() | codes, place=st.none() | st.integers(0, 4))
    def move(self, code: UUID, parent: UUID | None, place: int | None) -> None:
        if self.act(codebook.move_code, code, parent_id=parent, place=place) is not None:
            assert parent not in self.inside(code)
            self.parents[code] = parent

    @rule(target=retired, source=codes, into=codes)
    def merge(self, source: UUID, into: UUID) -> Any:
        moved = self.act(codebook.merge_codes, [source], into)
        if moved is None:
            return multiple()
        assert into not in self.inside(source)
        count = sum(code == source for marks in self.marks.values() for code, _, _ in marks)
        left = {
            key: {(into if one[0] == source else one[0], *one[1:]) for one in marks}
            for key, marks in self.marks.items()
        }
        folded = sum(map(len, self.marks.values())) - sum(map(len, left.values()))
        assert (moved.excerpts, moved.folded) == (count, folded)
        self.marks = left
        self.live.discard(source)
        for child, parent in self.parents.items():
            if parent == source and child in self.live:
                self.parents[child] = into
        return source

    @rule(target=codes, code=codes, name=NAMES, data=st.data())
    def split(self, code: UUID, name: str, data: st.DataObject) -> Any:
        with self.scene.store.read() as session:
            marked = session.scalars(select(Excerpt).where(Excerpt.code_id == code).order_by(Excerpt.id)).all()
        if not marked:
            return multiple()
        chosen = data.draw(st.lists(st.sampled_from(marked), unique_by=lambda one: one.id, min_size=1))
        part = codebook.Part(NewCode(name=name), [one.id for one in chosen])
        done = self.act(codebook.split_code, code, [part])
        if done is None:
            return multiple()
        (new,), moved = done
        assert (moved.excerpts, moved.folded) == (len(chosen), 0)
        whose = {self.scene.coder(who).id: who for who in CODERS}
        for one in chosen:
            marks = self.marks[one.statement_id, whose[one.coder_id]]
            marks.remove((code, one.start, one.end))
            marks.add((new.id, one.start, one.end))
        self.parents[new.id] = None
        self.live.add(new.id)
        return new.id

    @rule(target=retired, code=codes)
    def retire(self, code: UUID) -> Any:
        gone = self.act(codebook.retire_code, code)
        if gone is None:
            return multiple()
        assert {one.id for one in gone} == self.inside(code)
        self.live -= {one.id for one in gone}
        return multiple(*(one.id for one in gone))

    @rule(target=codes, code=consumes(retired))
    def restore(self, code: UUID) -> Any:
        back = self.act(codebook.restore_code, code)
        if back is None:
            return multiple()
        if self.parents[code] not in self.live:
            self.parents[code] = None
        self.live.add(code)
        return code

    def inside(self, code: UUID) -> set[UUID]:
        """The code and all in use under it."""
        found = {code}
        while more := {one for one in self.live - found if self.parents[one] in found}:
            found |= more
        return found

    @invariant()
    def stands_as_the_model_says(self) -> None:
        with self.scene.store.read() as session:
            facts = codes_of(session, self.scene.study_id)
            rows = session.scalars(select(Excerpt)).all()
            whose = {self.scene.coder(who).id: who for who in CODERS}
            stored = snapshot_of(session, self.scene.study_id, self.version)
            everything = session.scalars(select(Code)).all()
        assert {code.id: code.parent_id for code in facts} == {one: self.parents[one] for one in self.live}
        assert all(code.depth < MOST_DEPTH for code in facts)
        siblings = [(code.parent_id, code.name.casefold()) for code in facts]
        letters = [code.shortcut for code in facts if code.shortcut]
        assert (len(set(siblings)), len(set(letters))) == (len(siblings), len(letters))
        marks: dict[tuple[UUID, str], set[tuple[UUID, int, int]]] = {}
        for one in rows:
            marks.setdefault((one.statement_id, whose[one.coder_id]), set()).add((one.code_id, one.start, one.end))
        assert marks == {key: wanted for key, wanted in self.marks.items() if wanted}
        assert sum(map(len, marks.values())) == len(rows)
        used = {code.id: code.uses for code in facts}
        assert used == {
            one: sum(one == code for wanted in marks.values() for code, _, _ in wanted) for one in self.live
        }
        if self.version:
            by_id = {str(code.id): snapshot(code) for code in everything}
            assert {code["id"]: code for code in stored or ()} == by_id


def test_any_history_keeps_the_codebook_whole_and_loses_no_excerpt(coded: CodedScene) -> None:
    statements = coded.say()
    for who in CODERS:
        coded.coder(who)
    limits = settings(
        max_examples=10,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    machine: Any = lambda: CodebookMachine(coded, statements)  # noqa: E731
    play(machine, settings=limits)
