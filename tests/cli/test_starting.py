"""A command pays for what it needs, and for no more of the program."""

import subprocess
import sys

import pytest

from tests.support import run
from tests.support.program import COMMAND, environment


def imported(*arguments: str) -> set[str]:
    """Return the names of the modules that ``xinlu ARGUMENTS`` imports."""
    line = [sys.executable, "-X", "importtime", *COMMAND[1:], *arguments]
    told = subprocess.run(line, cwd=run.ROOT, env=environment({}), capture_output=True, text=True, check=True).stderr
    return {one.rpartition("|")[2].strip() for one in told.splitlines() if one.startswith("import time:")}


@pytest.mark.parametrize(
    ("arguments", "needed", "spared"),
    [
        (["version"], "importlib.metadata", {"sqlalchemy", "fastapi", "numpy"}),
        (["admin", "create", "--help"], "app.accounts.service", {"fastapi", "numpy", "app.exchange", "app.studies"}),
        (["import", "entries", "--help"], "app.exchange.entries", {"scipy.special", "app.maps", "app.coding.models"}),
    ],
)
def test_a_command_imports_what_it_needs(arguments: list[str], needed: str, spared: set[str]) -> None:
    modules = imported(*arguments)
    assert needed in modules
    assert not spared & modules


def test_serving_leaves_the_distributions_until_somebody_asks_for_an_interval() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, app.main; print('scipy.special' in sys.modules)"],
        cwd=run.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"


def test_an_unknown_command_is_refused_with_the_nearest() -> None:
    said = subprocess.run(
        [*COMMAND, "versio"], cwd=run.ROOT, env=environment({}), capture_output=True, text=True, check=False
    )
    assert said.returncode == 2
    assert "Did you mean 'version'?" in said.stderr
