"""``xinlu export``: entries with the times of the prompts they answer, and the ledger of prompts, as files."""

import csv
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.core.clock import frozen_at
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.diary.desk import EntryDesk, Work
from app.diary.schemas import Submission
from app.diary.service import Handed, Writer
from app.exchange import exporting
from app.studies import queries as studies
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.prompts import add_prompt
from tests.support.scene import SLUG, Scene, set_scene

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)


@pytest.fixture
def scene(database: ScratchDatabase, store: Database, cheap_passwords: None) -> Scene:
    """P01 answered one prompt; P02 wrote unasked, and words that a spreadsheet would run."""
    keyring = Keyring(load_or_create_secret(database.data_dir / "secret.key"))
    scene = set_scene(store, keyring)
    desk = EntryDesk(store, keyring)
    answer = uuid4()
    with frozen_at(NOW):
        written = [scene.entry(recorded_at="2026-03-13T22:10:00+08:00"), scene.entry("=1+1", participant="P02")]
        for entry_id, body in zip((answer, uuid4()), written, strict=True):
            handed = Handed(entry_id, Submission.model_validate(body), Writer("user:test"))
            desk.submit_together([Work(scene.study_id, handed)])
    desk.close()
    add_prompt(store, scene.study_id, scene.people["P01"], "2026-03-13", opened=2, answered=129, entry=answer)
    add_prompt(store, scene.study_id, scene.people["P02"], "2026-03-13")
    return scene


def exported(database: ScratchDatabase, path: Path, *options: str) -> str:
    said = xinlu("export", SLUG, *options, "-o", str(path), env=database.env).stdout
    assert str(path) in said
    return path.read_text(encoding="utf-8")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_entries_carry_the_times_of_the_prompt_that_they_answer(
    scene: Scene, database: ScratchDatabase, tmp_path: Path
) -> None:
    rows = table(exported(database, tmp_path / "entries.csv"))
    first, second = sorted(rows, key=lambda row: row["participant"])
    assert (first["participant"], first["stage"], first["day"], first["recall_lag"]) == ("P01", "recovery", "3", "1800")
    assert first["answers.feeling"] == "夜里肿得厉害，一个人有点害怕。"
    assert (first["answers.mood"], first["answers.mark"]) == ("3", "valley")
    planned = datetime(2026, 3, 13, 12, tzinfo=UTC)
    for name, minutes in (("planned", 0), ("sent", 1), ("opened", 3), ("answered", 130)):
        assert datetime.fromisoformat(first[f"prompt_{name}_at"]) == planned + timedelta(minutes=minutes)
    assert first["prompt_late"] == "False"
    assert {name: second[name] for name in second if name.startswith("prompt")} == dict.fromkeys(
        (name for name in second if name.startswith("prompt")), ""
    )
    assert second["answers.feeling"] == "'=1+1"


def test_json_holds_the_same_as_the_table(scene: Scene, database: ScratchDatabase, tmp_path: Path) -> None:
    for what in ("prompts", "entries"):
        rows = json.loads(exported(database, tmp_path / f"{what}.json", "--what", what, "--format", "json"))
        sheet = table(exported(database, tmp_path / f"{what}.csv", "--what", what))
        assert [list(row) for row in rows] == [list(row) for row in sheet]
        assert [row["id"] for row in rows] == [row["id"] for row in sheet]
        assert len(rows) == 2
    assert {row["outcome"] for row in table((tmp_path / "prompts.csv").read_text(encoding="utf-8"))} == {
        "answered",
        "missed",
    }


def test_many_entries_are_read_in_batches_none_twice(
    scene: Scene, store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.read() as session:
        protocol = studies.protocol(session, scene.study_id)
    monkeypatch.setattr(exporting, "BATCH", 1)
    n = exporting.write_entries(store, protocol, tmp_path / "all.json", exporting.Format.JSON)
    rows = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert n == len(rows) == len({row["id"] for row in rows}) == 2


@only_on("sqlite")  # files and words do not depend on the database
def test_a_file_is_private_new_and_of_a_known_study(scene: Scene, database: ScratchDatabase, tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    exported(database, path, "--what", "prompts", "--format", "json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = xinlu("export", SLUG, "--what", "prompts", "-o", str(path), env=database.env, check=False)
    assert (again.returncode, "写不了这个文件" in again.stderr) == (1, True)
    unknown = xinlu("export", "none", "-o", str(tmp_path / "x.csv"), env=database.env, check=False)
    assert (unknown.returncode, "没有叫 none 的研究" in unknown.stderr) == (1, True)
    assert not (tmp_path / "x.csv").exists()


@only_on("sqlite")
def test_an_empty_study_exports_an_empty_table(
    database: ScratchDatabase, store: Database, cheap_passwords: None, tmp_path: Path
) -> None:
    set_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))
    assert json.loads(exported(database, tmp_path / "none.json", "--format", "json")) == []
    assert table(exported(database, tmp_path / "none.csv")) == []
