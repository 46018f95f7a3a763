"""The program as its users start it: the ``xinlu`` command in a process of its own, with an environment of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support import run

COMMAND = (sys.executable, "-c", "import sys; from app.cli import main; sys.argv[0] = 'xinlu'; sys.exit(main())")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with ``given`` in place of every setting of the application."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XINLU_") and name != "PORT"}
    return {**kept, "PYTHONUNBUFFERED": "1", **given}


def xinlu(
    *arguments: str, env: Mapping[str, str], stdin: str | None = None, timeout: float = 300, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run ``xinlu ARGUMENTS`` to its end and return what it printed; with ``check``, fail unless it exits with 0."""
    finished = subprocess.run(
        [*COMMAND, *arguments],
        cwd=run.ROOT,
        env=environment(env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and finished.returncode != 0:
        said = (finished.stdout + finished.stderr)[-3000:]
        raise AssertionError(f"xinlu {' '.join(arguments)} ended with {finished.returncode}:\n{said}")
    return finished


def data_environment(data_dir: Path, address: str | None) -> dict[str, str]:
    """Return the settings for data in ``data_dir`` and, unless None, the database at ``address``."""
    return {"XINLU_DATA_DIR": str(data_dir), **({"XINLU_DATABASE_URL": address} if address else {})}
