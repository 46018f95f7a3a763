"""One folder that all processes of one test run share, and what each part of the machine must have for it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.system_packages import NEEDS

ROOT = Path(__file__).parents[2]
IN_CI = os.environ.get("CI") == "true"
FOLDER = "XINLU_TEST_RUN"
OWNER = "XINLU_TEST_RUN_OWNER"


def begin() -> None:
    """Make the folder; called once, by the process that the others are started from and inherit it from."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="xinlu-tests-")
    os.environ[OWNER] = str(os.getpid())


def end() -> None:
    """Remove the folder."""
    shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)
    os.environ.pop(OWNER)


def folder() -> Path:
    """Return the folder of this run."""
    return Path(os.environ[FOLDER])


def owner() -> int:
    """Return the id of the process that began the run."""
    return int(os.environ[OWNER])


@contextmanager
def once(name: str) -> Iterator[Path | None]:
    """Let one process of the run do what is called ``name``: it gets a mark to write when done, the others None.

    Who comes while it is being done waits. Without the mark, the next one tries again.
    """
    mark = folder() / f"{name}.done"
    with (folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield None if mark.exists() else mark


def require(*names: str) -> None:
    """Skip the test if the machine lacks one of these programs (keys of NEEDS); in CI, fail it."""
    for name in names:
        if NEEDS[name].find() is None:
            reason = NEEDS[name].reason()
            if IN_CI:
                pytest.fail(reason)
            pytest.skip(reason)
