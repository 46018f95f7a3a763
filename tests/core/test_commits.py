"""Works that share a commit: each gets its own answer, whatever becomes of the others."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core.commits import GroupCommit
from app.core.db import Database
from tests.support.databases import only_on


@pytest.fixture
def notes(store: Database) -> Iterator[GroupCommit[str, str]]:
    """Writes notes; «bad» is refused by the database's own doing, «wait» holds the writer until the gate opens."""
    with store.write() as session:
        session.execute(text("CREATE TABLE note (words VARCHAR(20) PRIMARY KEY)"))

    def write(session: Session, works: Sequence[str]) -> list[str]:
        for words in works:
            if words == "wait":
                GATE.wait(30)
            session.execute(text("INSERT INTO note VALUES (:words)"), {"words": words})
            if words == "bad":
                raise ValueError(words)
        return [f"{words} is kept" for words in works]

    GATE.clear()
    commits = GroupCommit(store, write)
    yield commits
    GATE.set()
    commits.close()


GATE = threading.Event()


def kept(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT words FROM note")).scalars())


def test_one_bad_work_leaves_no_trace_and_takes_no_other_along(notes: GroupCommit[str, str], engine: Engine) -> None:
    with pytest.raises(ValueError, match="bad"):
        notes.run_all(["one", "bad", "two"])
    assert kept(engine) == {"one", "two"}
    assert notes.run("three") == "three is kept"


# Elsewhere a work is committed by the thread that brings it, and there is no queue to leave.
@only_on("sqlite")
def test_who_goes_away_while_waiting_is_not_served_and_stops_nobody(
    notes: GroupCommit[str, str], engine: Engine
) -> None:
    first = notes.hand_in("wait")
    while not first.running():
        threading.Event().wait(0.01)
    gone, last = notes.hand_in("gone"), notes.hand_in("last")
    assert gone.cancel()
    assert not first.cancel(), "what is being written can no longer be called off"
    GATE.set()
    assert (first.result(30), last.result(30)) == ("wait is kept", "last is kept")
    assert kept(engine) == {"wait", "last"}


def test_what_was_handed_in_before_the_end_is_still_written(notes: GroupCommit[str, str], engine: Engine) -> None:
    assert notes.run_all([f"note {number}" for number in range(70)])[-1] == "note 69 is kept"
    notes.close()
    assert len(kept(engine)) == 70
