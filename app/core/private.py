"""Folders and files that hold what people confided: nobody but the service's own user may read them."""

import os
import stat
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> None:
    """Make the folder with mode 0700 unless it is there; one that is there keeps its mode."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file with mode 0600 unless there is one. Where that cannot be, whoever opens it says why."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def open_to_others(path: Path) -> bool:
    """Return whether others than its owner have any permission on ``path``; False if it is not there."""
    return path.exists() and bool(path.stat().st_mode & OTHERS)
