"""The command line as its users run it: words instead of tracebacks, exit codes that scripts can trust."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.accounts.queries import actor_of_key
from app.accounts.service import recognise
from app.core import clock
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.diary import queries as diary_queries
from app.participants.queries import invite_by_hash
from app.statements import cells
from tests.support import run
from tests.support.databases import Kind, ScratchDatabase, only_on
from tests.support.program import COMMAND, environment, xinlu
from tests.support.scene import SLUG, Scene, set_scene

HEADER = "participant_code,occurred_at,stage,mood,text"
ROWS = 8000


@pytest.fixture
def scene(database: ScratchDatabase, store: Database, cheap_passwords: None) -> Scene:
    return set_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def cells_hold(scene: Scene) -> None:
    with scene.store.read() as session:
        assert cells.stored(session, scene.study_id) == cells.text_deltas(session, scene.study_id)
        moods = cells.stored(session, scene.study_id, sources=("mood",))
        assert moods == diary_queries.mood_deltas(session, scene.study_id)


@only_on("sqlite")  # what is said and returned does not depend on the database
def test_an_import_says_what_it_did_and_fails_for_refused_rows(
    scene: Scene, database: ScratchDatabase, tmp_path: Path
) -> None:
    sheet, refused = tmp_path / "日记.csv", tmp_path / "refused.csv"
    sheet.write_text(
        f"{HEADER},心得\nP01,2026-03-13 21:40,恢复,3,还是肿,x\nN1,2026-03-13 21:40,复恢,3,肿,x\n", encoding="gb18030"
    )
    arguments = ("import", "entries", str(sheet), "--study", SLUG, "--errors", str(refused))
    mixed = xinlu(*arguments, env=database.env, check=False)
    assert mixed.returncode == 1
    assert "第 3 行：stage：研究里没有这个阶段" in mixed.stderr
    assert "新存 1，早已有 0，没存 1" in mixed.stdout
    assert "没有用到的列：心得" in mixed.stdout
    assert "肿" not in mixed.stderr, "nothing that somebody wrote"

    refused.write_text(refused.read_text(encoding="utf-8").replace("复恢", "恢复"), encoding="utf-8")
    mended = xinlu("import", "entries", str(refused), "--study", SLUG, env={**database.env, "LC_ALL": "en_US.UTF-8"})
    assert "Paper consent recorded for 1" in mended.stdout, "in English where the shell speaks it"

    wrong = xinlu("import", "entries", str(sheet), "--study", "nowhere", env=database.env, check=False)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("xinlu: ")
    assert "Traceback" not in wrong.stderr


def test_an_import_that_is_killed_goes_on_where_it_was(
    scene: Scene, database: ScratchDatabase, engine: Engine, tmp_path: Path
) -> None:
    sheet = tmp_path / "entries.csv"
    lines = [
        f"N{number % 40:02d},2026-03-{number % 28 + 1:02d}T10:{number % 60:02d}:00+08:00,恢复,{number % 9 + 1},第{number}条：肿"
        for number in range(ROWS)
    ]
    sheet.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    command = ("import", "entries", str(sheet), "--study", SLUG)
    with (tmp_path / "said").open("wb") as said:
        first = subprocess.Popen(
            [*COMMAND, *command], cwd=run.ROOT, env=environment(database.env), stdout=said, stderr=said
        )
        deadline = time.monotonic() + 60
        while first.poll() is None and time.monotonic() < deadline:
            with suppress(OperationalError):
                if count(engine, "entry"):
                    break
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.wait()
    before = count(engine, "entry")
    assert 0 < before < ROWS, (tmp_path / "said").read_text(encoding="utf-8")
    cells_hold(scene)

    again = xinlu(*command, env=database.env)
    assert f"新存 {ROWS - before}，早已有 {before}，没存 0" in again.stdout
    assert count(engine, "entry") == count(engine, "receipt") == count(engine, "statement") == ROWS
    assert count(engine, "participant WHERE code LIKE 'N%%'") == 40
    cells_hold(scene)


def test_the_demo_is_loaded_once_and_always_lets_one_in(
    database: ScratchDatabase, store: Database, engine: Engine
) -> None:
    env = {**database.env, "PORT": "8123"}
    first = xinlu("demo", "--json", env=env)
    access = json.loads(first.stdout)
    assert list(access) == ["base_url", "study", "staff", "api_key", "participant_link", "participants", "stages"]
    assert access["base_url"] == "http://127.0.0.1:8123"
    assert access["stages"] == ["awareness", "consideration", "booking", "visit", "treatment", "recovery", "sharing"]
    assert [one["code"] for one in access["participants"]] == [f"P{number:02d}" for number in range(1, 25)]
    assert count(engine, "entry") == 292
    lets_in(access, store, database)
    assert (database.data_dir / "demo.json").stat().st_mode & 0o077 == 0

    with engine.begin() as connection:
        connection.execute(text("UPDATE api_key SET revoked_at = created_at"))
    again = json.loads(xinlu("demo", "--json", env=env).stdout)
    lets_in(again, store, database)
    assert again.pop("api_key") != access.pop("api_key"), "what no longer works is renewed"
    assert again == access, "and everything else stays"
    assert (count(engine, "entry"), count(engine, "participant")) == (292, 24)
    assert count(engine, "audit_event WHERE action = 'entries.imported'") == 1, "the second time, nothing is tried"

    (database.data_dir / "demo.json").unlink()
    said = xinlu("demo", env={**env, "XINLU_BASE_URL": "https://diary.example"}).stdout
    words = said.split()
    kept = json.loads((database.data_dir / "demo.json").read_text())
    for shown in ("https://diary.example/studies/demo-dental-implant", kept["password"], kept["api_key"], "curl"):
        assert shown in words
    assert f"https://diary.example/d#{kept['token']}" in words
    assert "█" in said
    assert count(engine, "entry") == 292


def lets_in(access: dict[str, object], store: Database, database: ScratchDatabase) -> None:
    keyring = Keyring(load_or_create_secret(database.data_dir / "secret.key"))
    staff = access["staff"]
    assert isinstance(staff, dict)
    with store.read() as session:
        recognise(session, staff["login"], staff["password"])
        actor = actor_of_key(session, keyring.token_hash(str(access["api_key"])), clock.now())
        assert actor is not None
        assert actor.may("admin")
        token = str(access["participant_link"]).partition("#")[2]
        found = invite_by_hash(session, keyring.token_hash(token))
        assert found is not None
        assert found[0].revoked_at is None


def test_recoding_by_command_and_a_doctor_who_finds_what_was_changed_behind_the_programs_back(
    scene: Scene, database: ScratchDatabase, engine: Engine, tmp_path: Path
) -> None:
    sheet = tmp_path / "entries.csv"
    sheet.write_text(f"{HEADER}\nP01,2026-03-13T21:40,恢复,3,还是肿\n", encoding="utf-8")
    xinlu("import", "entries", str(sheet), "--study", SLUG, env=database.env)
    xinlu("recode", "--study", SLUG, "--coder", "lexicon", env=database.env)
    assert count(engine, "statement WHERE model_version LIKE 'lexicon%%'") == 1
    assert count(engine, "study WHERE coder = 'lexicon'") == 1
    wait_for_seal(database, engine)
    healthy = xinlu("doctor", env={**database.env, "XINLU_SECRET": ""})
    assert "fail" not in healthy.stdout
    assert "secret" in healthy.stdout.lower()
    assert (database.data_dir / "secret.key").read_text() not in healthy.stdout

    with engine.begin() as connection:
        connection.execute(text("UPDATE curve_cell SET n = n + 1 WHERE axis = 'stage' AND source = 'diary'"))
        connection.execute(text("UPDATE audit_event SET action = 'entry.edit' WHERE action = 'entry.create'"))
    hurt = xinlu("doctor", env=database.env, check=False)
    assert hurt.returncode == 1
    failed = [line for line in hurt.stdout.splitlines() if line.startswith("fail")]
    assert any("操作日志" in line for line in failed)
    assert any(SLUG in line and "文字" in line for line in failed)
    assert len(failed) == 2


def wait_for_seal(database: ScratchDatabase, engine: Engine) -> None:
    """Let a worker seal what waits, as it does beside every server. Recoding may have sealed all of it already."""
    if not count(engine, "audit_event WHERE seal_seq IS NULL"):
        return
    with (database.data_dir / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [*COMMAND, "worker"], cwd=run.ROOT, env=environment(database.env), stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 60
            while count(engine, "audit_event WHERE seal_seq IS NULL") and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            worker.send_signal(signal.SIGTERM)
            ended = worker.wait(90)
    assert ended == 0, (database.data_dir / "worker.log").read_text()
    assert count(engine, "audit_event WHERE seal_seq IS NULL") == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrating_twice_changes_nothing_and_serving_waits_for_it(
    kind: Kind, empty_database: Callable[[Kind], ScratchDatabase]
) -> None:
    env = empty_database(kind).env
    refused = xinlu("serve", "--port", "1", env=env, check=False)
    assert refused.returncode == 1
    assert "xinlu migrate" in refused.stderr
    assert "Traceback" not in refused.stderr
    unfit = xinlu("doctor", env=env, check=False)
    assert unfit.returncode == 1
    assert "xinlu migrate" in unfit.stdout
    assert xinlu("migrate", env=env).stdout.startswith("empty -> ")
    assert "nothing to do" in xinlu("migrate", env=env).stdout


@only_on("sqlite")  # nothing of this depends on the database
def test_an_administrator_gets_a_password_that_was_never_an_argument(
    database: ScratchDatabase, store: Database
) -> None:
    made = xinlu("admin", "create", "Chief", "--password-stdin", env=database.env, stdin="a-long-enough-password\n")
    assert "chief" in made.stdout
    with store.read() as session:
        recognise(session, "chief", "a-long-enough-password")
    refused = xinlu("admin", "create", "other", "--password-stdin", env=database.env, stdin="too-short", check=False)
    assert refused.returncode == 1
    assert "12" in refused.stderr
    assert "too-short" not in refused.stderr


def test_a_wrong_setting_is_one_line_and_another_exit_code(tmp_path: Path) -> None:
    answer = xinlu("migrate", env={"XINLU_DATA_DIR": str(tmp_path), "XINLU_PORT": "none"}, check=False)
    assert answer.returncode == 2
    assert "XINLU_PORT" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_an_absent_database_is_one_line(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}"
    answer = xinlu("migrate", env={"XINLU_DATA_DIR": str(tmp_path), "XINLU_DATABASE_URL": address}, check=False)
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert not any(tmp_path.iterdir())
