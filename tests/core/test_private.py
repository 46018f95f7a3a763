"""What holds diaries is its owner's alone, whatever the umask of whoever starts the program."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.settings import Settings


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_database_and_its_log_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "xinlu.db"
    database = Database(f"sqlite:///{path}")
    try:
        with database.write() as session:
            session.execute(text("CREATE TABLE diary (words TEXT)"))
        modes = {one.name: mode(one) for one in path.parent.iterdir()}
    finally:
        database.close()
    assert mode(path.parent) == 0o700
    assert modes == {"xinlu.db": 0o600, "xinlu.db-wal": 0o600, "xinlu.db-shm": 0o600}


def test_a_folder_that_the_secret_comes_to_first_is_private_too(tmp_path: Path) -> None:
    keyring_of(Settings(data_dir=tmp_path / "data"))
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "secret.key") == 0o600


def test_what_the_operator_made_keeps_the_permissions_that_they_gave_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "xinlu.db"
    path.parent.mkdir()
    path.touch()
    for one, given in ((path.parent, 0o750), (path, 0o640)):
        one.chmod(given)
    Database(f"sqlite:///{path}").close()
    assert (mode(path.parent), mode(path)) == (0o750, 0o640)
