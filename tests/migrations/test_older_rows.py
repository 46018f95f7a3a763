"""What stood before a migration stands after it, down and up again: no table that is made anew takes others' rows along."""

import subprocess
import sys

from sqlalchemy import Engine, inspect, text
from starlette.testclient import TestClient

from app.core.crypto import Keyring
from app.core.db import Database
from tests.support import run
from tests.support.databases import ScratchDatabase
from tests.support.program import environment
from tests.support.scene import set_scene

BEFORE_CODING = "0007"


def counted(engine: Engine, tables: list[str]) -> dict[str, int]:
    with engine.connect() as connection:
        return {one: connection.scalar(text(f'SELECT count(*) FROM "{one}"')) or 0 for one in tables}


def alembic(database: ScratchDatabase, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *words],
        cwd=run.ROOT,
        env=environment(database.env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_every_row_survives_the_way_down_and_up(
    client: TestClient, store: Database, database: ScratchDatabase, engine: Engine
) -> None:
    keyring: Keyring = client.app.state.keyring  # type: ignore[attr-defined]
    scene = set_scene(store, keyring)
    answer = client.put(
        f"/api/v1/entries/{'0198c2f4-6d1e-7a3b-9c55-2f7d8e401a6b'}",
        json=scene.entry(),
        headers=scene.headers["owner"],
    )
    assert answer.status_code == 201, answer.text
    alembic(database, "downgrade", BEFORE_CODING)
    tables = [one for one in inspect(engine).get_table_names() if one != "alembic_version"]
    before = counted(engine, tables)
    assert before["statement"] == before["machine_coding"] == 1
    alembic(database, "upgrade", "head")
    assert counted(engine, tables) == before
