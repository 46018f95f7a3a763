"""QDPX out and in again: the same bytes, every code in its place, whatever characters people write."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text

from app.accounts.actors import StaffActor
from app.coding.models import Code, Excerpt, HumanCoding, Memo
from app.core import clock
from app.core.clock import frozen_at
from app.core.db import Database
from app.diary.desk import EntryDesk, Work
from app.diary.models import Entry
from app.diary.schemas import Submission
from app.diary.service import Handed, Writer
from app.exchange.refi.exporting import write_project
from app.exchange.refi.importing import import_project, understand
from app.exchange.refi.people import Sight
from app.exchange.refi.storing import Stored
from app.interviews import staging
from app.interviews.models import Interview, Turn
from app.statements import cells
from app.statements.models import CurveCell, MachineCoding, Statement
from app.studies import queries as studies
from app.studies import service as study_service
from app.studies.models import Study
from app.studies.schemas import StudyIn
from tests.support.coding import CodedScene, coded
from tests.support.refi_rules import broken_rules

__all__ = ["coded"]

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
RARE = "𠮷野家\u20bb7的𪚥面，\ue5e5㐂😣👩‍👩‍👧 “全角”  \u3000缩进"
CR_LF = "第一行\r\n第二行😀\r\n\r\n疼得睡不着"


def exported(scene: CodedScene, study_id: UUID | None = None, sight: Sight | None = None) -> bytes:
    """Return the project of a study; what it breaks of the standard's rules fails the test."""
    out = io.BytesIO()
    with scene.store.read() as session:
        write_project(session, study_id or scene.study_id, out, sight or Sight(), lambda _seen: None)
    assert broken_rules(out.getvalue()) == []
    return out.getvalue()


def empty_study(scene: CodedScene, title: str = "种植牙恢复日记") -> UUID:
    """Return a further study of the same template, with nobody in it."""
    with scene.store.write() as session:
        owner = StaffActor(scene.user_ids["owner"], "owner", "Owner", is_admin=False)
        given = StudyIn(title=title, slug=f"copy-{uuid4().hex[:8]}", template="dental_implant")
        return study_service.create_study(session, owner, given).id


def take_in(scene: CodedScene, study_id: UUID, packed: bytes, **options: Any) -> Stored:
    """Import a project, as `xinlu import qdpx` does."""
    with scene.store.write() as session:
        study = session.get_one(Study, study_id)
        intake = understand(io.BytesIO(packed), studies.protocol(session, study_id), **options)
        return import_project(session, "cli", study, intake)


def write_diary(scene: CodedScene, words: Sequence[str]) -> None:
    """Let P01 write an entry for each of ``words``, with a mood."""
    desk = EntryDesk(scene.store, scene.keyring)
    with frozen_at(NOW):
        for place, said in enumerate(words):
            body = scene.entry(said, occurred_at=f"2026-03-1{place % 8}T21:40:00+08:00")
            handed = Handed(uuid4(), Submission.model_validate(body), Writer("user:test"))
            desk.submit_together([Work(scene.study_id, handed)])
    desk.close()


def interview(scene: CodedScene, words: Sequence[str]) -> list[UUID]:
    """Add an interview with P02, its answers confirmed at a stage; returns the statements."""
    with scene.store.write() as session:
        talk = Interview(
            study_id=scene.study_id,
            participant_id=scene.people["P02"],
            kind="interview",
            title="第一次访谈",
            held_at=NOW,
            state="ready",
            origin={"format": "text", "file": "访谈一.txt"},
            created_by="user:test",
            created_at=NOW,
        )
        session.add(talk)
        session.flush()
        for place, said in enumerate(words):
            role = "interviewer" if place % 2 == 0 else "respondent"
            session.add(
                Turn(
                    study_id=scene.study_id,
                    interview_id=talk.id,
                    participant_id=scene.people["P02"],
                    position=place,
                    speaker="访谈者" if place % 2 == 0 else "受访者",
                    role=role,
                    origin="transcript",
                    text=said,
                    start_ms=place * 1000,
                )
            )
        session.flush()
        turns = session.scalars(select(Turn).where(Turn.role == "respondent").order_by(Turn.position)).all()
        choices = [staging.Choice(turn.id, turn.version, scene.stages["treatment"], None) for turn in turns]
        staging.confirm(session, "user:test", scene.study_id, choices)
        ids = {
            row.source_id: row.id for row in session.scalars(select(Statement).where(Statement.source == "interview"))
        }
        return [ids[turn.id] for turn in turns]


def add_memo(scene: CodedScene, about: str, about_id: UUID | None, words: str, person: UUID | None = None) -> None:
    with scene.store.write() as session:
        now = clock.now()
        session.add(
            Memo(
                study_id=scene.study_id,
                participant_id=person,
                about=about,
                about_id=about_id,
                text=words,
                by=f"user:{scene.user_ids['owner']}",
                created_at=now,
                updated_at=now,
            )
        )


@pytest.fixture
def rich(cheap_passwords: None, coded: CodedScene) -> CodedScene:
    """Diaries, an interview, codes with all they may hold, blind double codings, an agreed value, memos, a retired code."""
    scene = coded
    write_diary(scene, [RARE, CR_LF, "今天好多了。"])
    answers = interview(scene, ["您当时怎么想？", "有点怕😀，" + RARE, "后来呢？", "慢慢就好了。"])
    scene.add_patient("P03", 画像="探索期", 年龄="45–60")
    with scene.store.read() as session:
        written = session.scalars(
            select(Statement).where(Statement.source == "diary").order_by(Statement.occurred_at)
        ).all()
    ids = [one.id for one in written]
    # Past the diary, which takes CR out: as programs and imports may have stored it.
    windows = scene.say(texts=(CR_LF,), participant="P02")[0]
    words = scene.mark("疼痛", CR_LF.index("第二行"), len(CR_LF), "从第二行起\n都是疼")
    scene.save("owner", windows, -2, words, scene.mark("害怕", 3, 5), scene.mark("害怕", 4, 6))
    scene.give_draw(ids, 0.25, doubled=True)
    scene.give_draw(answers, 0.125)
    for who in ("first", "second"):
        scene.assign(who, ids)
    for who, score in (("first", -2), ("second", -1)):
        for one in ids:
            scene.save(who, one, score, scene.mark("疼痛", 0, 2), memo="想了想", emotions=["焦虑", "疼痛不适"])
    scene.save("owner", ids[0], -2, coder="consensus")
    scene.save("owner", answers[0], 1, scene.mark("害怕", 2, 4), scene.mark("安心", 0, 6))
    add_memo(scene, "study", None, "整个研究的想法")
    add_memo(scene, "statement", ids[0], "这句话很典型：\n“𠮷”", written[0].participant_id)
    add_memo(scene, "code", scene.codes["害怕"], "害怕和焦虑怎么分？")
    add_memo(scene, "participant", scene.people["P01"], "P01 一个人住", scene.people["P01"])
    with scene.store.write() as session:
        code = session.get_one(Code, (scene.study_id, scene.codes["疼痛"]))
        code.description, code.memo, code.shortcut = "身上疼\n\n[xinlu]\n也算", "和“疼痛不适”分开", "t"
        code.examples = ["夜里疼醒", "一碰就疼"]
        retired = session.get_one(Code, (scene.study_id, scene.codes["安心"]))
        retired.retired_at = clock.now()
    return scene


def rows(store: Database, study_id: UUID, model: type[Any], *columns: str) -> list[tuple[Any, ...]]:
    with store.read() as session:
        found = session.scalars(select(model).where(model.study_id == study_id)).all()
        return sorted(tuple(getattr(row, name) for name in columns) for row in found)


def test_the_same_study_is_the_same_file(rich: CodedScene) -> None:
    first, second = exported(rich), exported(rich)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_project_comes_back_as_it_was(rich: CodedScene) -> None:
    packed = exported(rich)
    copy = empty_study(rich)
    take_in(rich, copy, packed)
    assert exported(rich, copy) == packed
    store, here = rich.store, rich.study_id
    for model, columns in (
        (Entry, ("id", "mood", "effort", "mark", "day", "occurred_at", "occurred_offset", "received_at", "version")),
        (Statement, ("id", "stage_id", "day", "role", "source", "source_id", "human_micro", "weight_micro")),
        (HumanCoding, ("statement_id", "coder_id", "sentiment", "blind", "done_at", "version", "memo")),
        (MachineCoding, ("statement_id", "model_version", "sentiment_micro", "confidence", "coded_at")),
        (Turn, ("id", "position", "speaker", "role", "text", "start_ms", "confirmed_by", "confirmed_at")),
        (Memo, ("id", "about", "about_id", "text", "version", "created_at")),
    ):
        was, is_now = rows(store, here, model, *columns), rows(store, copy, model, *columns)
        assert was
        assert len(was) == len(is_now)
        if model is Statement:  # the copy's stages are its own
            was, is_now = ([row[:1] + row[2:] for row in found] for found in (was, is_now))
        assert was == is_now, model


def test_line_ends_become_lf_and_codes_stay_on_their_words(rich: CodedScene) -> None:
    copy = empty_study(rich)
    take_in(rich, copy, exported(rich))
    with rich.store.read() as session:
        here = session.scalars(select(Statement.text).where(Statement.study_id == rich.study_id)).all()
        found = session.scalars(select(Excerpt).where(Excerpt.study_id == copy)).all()
        texts = {one.id: one.text for one in session.scalars(select(Statement).where(Statement.study_id == copy))}
    assert CR_LF in here
    assert not any("\r" in one for one in texts.values())
    marked = {texts[one.statement_id][one.start : one.end] for one in found}
    assert {"第二行😀\n\n疼得睡不着", "\n", "\n第"} <= marked


def test_cells_of_the_copy_are_those_of_a_recount(rich: CodedScene) -> None:
    copy = empty_study(rich)
    take_in(rich, copy, exported(rich))
    with rich.store.read() as session:
        counted, stored = cells.text_deltas(session, copy), cells.stored(session, copy)
        assert {key: list(sums) for key, sums in counted.items()} == {key: list(sums) for key, sums in stored.items()}
        coded_cells = session.scalars(select(CurveCell).where(CurveCell.study_id == copy, CurveCell.coded > 0)).all()
        moods = session.scalars(select(CurveCell).where(CurveCell.study_id == copy, CurveCell.source == "mood")).all()
        assert coded_cells
        assert sum(cell.n for cell in moods if cell.axis == "stage") == 3


def test_importing_again_changes_nothing(rich: CodedScene, engine: Engine) -> None:
    packed = exported(rich)
    copy = empty_study(rich)
    assert take_in(rich, copy, packed).anything
    before = dump(engine)
    again = take_in(rich, copy, packed)
    assert (again.anything, dict(again.left_out)) == (False, {})
    assert dump(engine) == before
    assert not take_in(rich, rich.study_id, packed).anything
    assert dump(engine) == before


def dump(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has."""
    with engine.connect() as connection:
        tables = ("participant", "entry", "statement", "excerpt", "human_coding", "memo", "code", "audit_event", "draw")
        return {one: connection.execute(text(f'SELECT count(*) FROM "{one}"')).scalar_one() for one in tables}
