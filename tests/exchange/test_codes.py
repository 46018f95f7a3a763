"""Statements out to people who code, their codes back in, and the calibration that the study may choose then."""

import csv
import random
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.accounts.actors import StaffActor
from app.audit.models import AuditEvent
from app.coding.coders import consensus_of
from app.coding.schemas import CodingIn
from app.coding.service import save_coding
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.statements import cells, service
from app.statements.cells import Place
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies.access import open_study
from app.studies.coders import get_coder
from app.studies.models import CoderAdaptation, Stage, Study
from nlp.adapted import Adaptation, AdaptedCoder
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.scene import SLUG, Scene, set_scene

TEXTS = (
    "伤口很疼，整夜睡不着",
    "护士特别耐心，安心多了",
    "今天能吃软的东西了，高兴",
    "没有人告诉我要等多久",
    "和昨天差不多",
)
PEOPLE = 12


@pytest.fixture
def scene(database: ScratchDatabase, store: Database, cheap_passwords: None) -> Scene:
    return set_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))


@pytest.fixture
def spoken(scene: Scene) -> Scene:
    """The scene, where twelve people have said ten things each."""
    for number in range(PEOPLE - 2):
        scene.add_patient(f"Q{number:02d}")
    coder = get_coder("default")
    moment = datetime(2026, 3, 13, tzinfo=UTC)
    with scene.store.write() as session:
        stages = session.scalars(
            select(Stage.id).where(Stage.study_id == scene.study_id).order_by(Stage.position)
        ).all()
        utterances = []
        for person, participant_id in enumerate(scene.people.values()):
            said = [("feeling", f"{TEXTS[(person + number) % 5]}（{person}·{number}）") for number in range(10)]
            utterances += [
                Utterance("diary", uuid4(), Place(participant_id, stages[at % 3], None, None, at), moment, (one,))
                for at, one in enumerate(service.code(coder, said))
            ]
        service.record(session, scene.study_id, coder.version, utterances)
    return scene


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_codes(path: Path, rows: Sequence[tuple[object, str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["statement", "coder", "sentiment"])
        writer.writerows(rows)
    return path


def human_codes(scene: Scene, of: Callable[[float], float]) -> list[tuple[object, str, object]]:
    """Two coders' codes of every statement, from what the machine says of it."""
    rng = random.Random(1)
    with scene.store.read() as session:
        said = session.execute(select(Statement.id, Statement.sentiment_micro).order_by(Statement.id)).all()
    return [
        (one.id, coder, max(-2.0, min(2.0, round(2 * of(one.sentiment_micro / 1e6) + rng.gauss(0, 0.1), 2))))
        for one in said
        for coder in ("甲", "乙")
    ]


@only_on("sqlite")  # what a sheet holds does not depend on the database
def test_a_sheet_is_drawn_alike_with_its_probability_and_without_scores(
    spoken: Scene, database: ScratchDatabase, tmp_path: Path
) -> None:
    first, again, other, more = (tmp_path / f"{name}.csv" for name in ("first", "again", "other", "more"))
    command = ("coder", "sheet", "--study", SLUG, "--sample", "30")
    said = xinlu(*command, "--seed", "7", "-o", str(first), env=database.env)
    xinlu(*command, "--seed", "7", "-o", str(again), env=database.env)
    xinlu(*command, "-o", str(other), env=database.env)
    xinlu("coder", "sheet", "--study", SLUG, "--sample", "500", "-o", str(more), env=database.env)
    assert "抽出 30 条表述" in said.stdout
    rows = rows_of(first)
    assert list(rows[0]) == ["statement", "probability", "stage", "role", "text", "coder", "sentiment"]
    assert {row["probability"] for row in rows} == {"0.25"}
    assert {row["sentiment"] for row in rows} == {""}
    assert len({row["statement"] for row in rows}) == 30
    assert rows == rows_of(again)
    assert rows != rows_of(other)
    assert (len(rows_of(more)), rows_of(more)[0]["probability"]) == (120, "1")
    assert first.stat().st_mode & 0o077 == 0
    with spoken.store.read() as session:
        details = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "statements.drawn")).all()
    assert {"drawn": 30, "of": 120, "seed": 7} in details
    taken = xinlu(*command, "-o", str(first), env=database.env, check=False)
    assert taken.returncode == 1
    assert "写不了这个文件" in taken.stderr


def test_codes_teach_the_coder_and_the_study_may_choose_it(
    spoken: Scene, database: ScratchDatabase, tmp_path: Path
) -> None:
    codes = write_codes(tmp_path / "codes.csv", human_codes(spoken, lambda score: 0.3 + 0.4 * score))
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(codes), env=database.env).stdout
    assert "人工编码：120 条表述，12 位参与者" in said
    before, after, gain = map(float, re.findall(r"从 ([\d.]+) 降到 ([\d.]+)，少 ([\d.]+)", said)[0])
    assert after < before
    assert gain == pytest.approx(before - after, abs=0.0011)
    with spoken.store.read() as session:
        [kept] = session.scalars(select(CoderAdaptation))
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "coder.adapted"))
    assert (kept.base, kept.base_version) == ("default", get_coder("default").version)
    assert kept.report["statements"] == 120
    assert kept.report["adapted_error"] < kept.report["base_error"]
    assert kept.version in said
    assert event.detail is not None
    assert event.detail["codes"] == 120
    xinlu("coder", "adapt", "--study", SLUG, "--codes", str(codes), env=database.env)
    with spoken.store.read() as session:
        [same] = session.scalars(select(CoderAdaptation))
    assert (same.id, same.version) == (kept.id, kept.version)

    xinlu("recode", "--study", SLUG, "--coder", "adapted", env=database.env)
    adapted = AdaptedCoder(get_coder("default"), Adaptation.of_parameters(kept.parameters))
    with spoken.store.read() as session:
        study = session.get_one(Study, spoken.study_id)
        assert (study.coder, study.coder_version) == ("adapted", adapted.version)
        rows = session.execute(select(Statement.text, Statement.sentiment_micro, Statement.model_version)).all()
        assert {row.model_version for row in rows} == {adapted.version}
        assert [row.sentiment_micro / 1e6 for row in rows] == [
            coding.sentiment for coding in adapted.code([row.text for row in rows])
        ]
        assert cells.stored(session, spoken.study_id) == cells.text_deltas(session, spoken.study_id)
    assert f"ok    {SLUG} / adapted: {adapted.version}" in xinlu("doctor", env=database.env).stdout

    refitted = write_codes(tmp_path / "more.csv", human_codes(spoken, lambda score: 0.3 + 0.4 * score)[:100])
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(refitted), env=database.env, check=False).stdout
    assert f"编码器 default（{get_coder('default').version}）" in said, "fitted to the base, never to an adaptation"


@only_on("sqlite")  # which codes are taken does not depend on the database
def test_the_studys_own_codings_teach_as_a_sheet_of_them_does(
    spoken: Scene, database: ScratchDatabase, tmp_path: Path
) -> None:
    with spoken.store.write() as session:
        owner, teammate = (
            open_study(session, StaffActor(spoken.user_ids[who], who, who.title(), is_admin=False), SLUG)
            for who in ("owner", "teammate")
        )
        agreed = consensus_of(session, spoken.study_id)
        rows: list[tuple[object, str, object]] = []
        for number, one in enumerate(session.scalars(select(Statement).order_by(Statement.id)).all()[::3]):
            said = round(2 * (0.3 + 0.4 * one.sentiment_micro / 1e6))
            begun = CodingIn(sentiment=-2, done=False)
            save_coding(session, teammate, one.id, begun if number % 2 else CodingIn(sentiment=said, done=True), 0)
            save_coding(session, owner, one.id, CodingIn(sentiment=said if number % 5 else 2, done=True), 0)
            rows += [(one.id, "owner", said)] if number % 2 else [(one.id, "owner", said), (one.id, "mate", said)]
            if number % 5 == 0:
                save_coding(session, owner, one.id, CodingIn(sentiment=said, done=True), 0, coder=agreed)
    own = xinlu("coder", "adapt", "--study", SLUG, env=database.env).stdout
    assert "人工编码：40 条表述，12 位参与者" in own
    assert "选用" in own
    sheet = write_codes(tmp_path / "same.csv", rows)
    assert xinlu("coder", "adapt", "--study", SLUG, "--codes", str(sheet), env=database.env).stdout == own


@only_on("sqlite")  # the fit does not depend on the database
def test_nothing_is_changed_where_nothing_is_learnt(spoken: Scene, database: ScratchDatabase, tmp_path: Path) -> None:
    few = write_codes(tmp_path / "few.csv", human_codes(spoken, lambda score: 0.5)[:20])
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(few), env=database.env).stdout
    assert "编码太少" in said
    right = write_codes(tmp_path / "right.csv", human_codes(spoken, lambda score: score))
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(right), env=database.env).stdout
    assert "没有更准" in said
    refused = xinlu("recode", "--study", SLUG, "--coder", "adapted", env=database.env, check=False)
    assert refused.returncode == 1
    assert "还没有可用的校准" in refused.stderr


@only_on("sqlite")  # reading a sheet does not depend on the database
def test_every_bad_row_is_named_and_nothing_is_stored(spoken: Scene, database: ScratchDatabase, tmp_path: Path) -> None:
    good = human_codes(spoken, lambda score: score)
    [first, *_] = good
    rows = [
        first,
        (first[0], "甲", 1),
        (uuid4(), "甲", 1),
        ("not-an-id", "甲", 1),
        (good[2][0], "甲", 3),
        (good[4][0], "甲", "好"),
        (good[6][0], "", 1),
        (good[8][0], "甲", ""),
        (good[10][0], "甲", "−1"),
    ]
    sheet = write_codes(tmp_path / "bad.csv", rows)
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(sheet), env=database.env, check=False)
    assert said.returncode == 1
    assert "有 6 行不对" in said.stderr
    named = re.findall(r"第 (\d+) 行: (.*)", said.stderr)
    assert [number for number, _ in named] == ["3", "4", "5", "6", "7", "8"]
    assert "已经给这条表述打过分了" in named[0][1]
    assert "没有这条表述" in named[1][1]
    assert "-2 到 2" in named[3][1]
    assert "是谁编的" in named[5][1]
    with spoken.store.read() as session:
        assert session.scalars(select(CoderAdaptation)).all() == []

    sheet.write_text("statement,sentiment\n", encoding="utf-8")
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(sheet), env=database.env, check=False)
    assert "缺少这些列：coder" in said.stderr
    said = xinlu("coder", "adapt", "--study", "nowhere", "--codes", str(sheet), env=database.env, check=False)
    assert "没有叫 nowhere 的研究" in said.stderr


def test_an_edited_statement_is_no_longer_coded(spoken: Scene, database: ScratchDatabase, tmp_path: Path) -> None:
    [first, *_] = human_codes(spoken, lambda score: score)
    statement_id = first[0]
    assert isinstance(statement_id, UUID)
    with spoken.store.write() as session:
        session.get_one(Statement, (spoken.study_id, statement_id)).retracted_at = datetime(2026, 3, 14, tzinfo=UTC)
    sheet = write_codes(tmp_path / "codes.csv", [first])
    said = xinlu("coder", "adapt", "--study", SLUG, "--codes", str(sheet), env=database.env, check=False)
    assert "第 2 行: 研究里没有这条表述，或者它已经被改过了" in said.stderr
