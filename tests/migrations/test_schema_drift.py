"""The migrations and the models say the same, on both kinds of database."""

import subprocess
import sys

from tests.support import run
from tests.support.databases import ScratchDatabase
from tests.support.program import environment


def test_migrations_make_what_the_models_say(database: ScratchDatabase) -> None:
    compared = subprocess.run(
        [sys.executable, "-m", "alembic", "check"],
        cwd=run.ROOT,
        env=environment(database.env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert compared.returncode == 0, compared.stdout + compared.stderr[-3000:]
    assert "No new upgrade operations detected" in compared.stdout
