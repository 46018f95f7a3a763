"""Several senders on one ledger, killed in the middle: what people get is what they ought to, once."""

import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import Database
from app.prompts import planner
from app.prompts.models import Prompt
from tests.prompts import world
from tests.prompts.oracle import Life
from tests.support import run
from tests.support.databases import ScratchDatabase
from tests.support.program import environment

PEOPLE = 120
EVENING = world.BEGIN + timedelta(days=1, hours=12, minutes=5)
"""Five past eight in Shanghai, on everybody's first day after surgery."""


def start(database: ScratchDatabase, name: str, file: Path, kind: str, stop: str = "-") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "tests.prompts.sending",
            name,
            EVENING.isoformat(),
            str(file),
            kind,
            stop,
        ],
        cwd=run.ROOT,
        env=environment(database.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(90)
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture
def due(store: Database) -> set[UUID]:
    """The ids of the prompts that are due this evening, one for each person."""
    study_id = world.make_study(store)
    lives = [
        Life(uuid4(), f"P{n}", world.BEGIN, date(2026, 9, 20), [(world.BEGIN, "Asia/Shanghai")]) for n in range(PEOPLE)
    ]
    world.enrol(store, study_id, lives, world.BEGIN)
    with clock.frozen_at(world.BEGIN), store.write() as session:
        assert planner.plan_newcomers(session, study_id, world.BEGIN, PEOPLE) == PEOPLE
    with store.read() as session:
        tonight = select(Prompt.id).where(Prompt.planned_at <= EVENING, Prompt.expires_at > EVENING)
        return set(session.scalars(tonight))


@pytest.mark.parametrize("kind", ["repeatable", "unrepeatable"])
def test_killed_senders_change_nothing_in_what_is_sent(
    database: ScratchDatabase, store: Database, due: set[UUID], kind: str, tmp_path: Path
) -> None:
    assert len(due) == PEOPLE
    file = tmp_path / "sent"
    victims = {where: start(database, where, file, kind, where) for where in ("claimed", "begun", "sent")}
    for victim in victims.values():
        assert said(victim) == "halted\n"
        end(victim)
    survivors = [start(database, name, file, kind) for name in ("first", "second")]
    for survivor in survivors:
        assert said(survivor) == "done\n"
        end(survivor)
    lines = Counter(UUID(line) for line in file.read_text().split())
    with store.read() as session:
        states = dict(
            session.execute(select(Prompt.state, func.count()).where(Prompt.id.in_(due)).group_by(Prompt.state)).all()
        )
    if kind == "repeatable":
        # By key everyone got one message; the batch that was out but not yet marked was handed over again under its key.
        assert set(lines) == due
        assert Counter(lines.values()) == {1: PEOPLE - 10, 2: 10}
        assert states == {"sent": PEOPLE}
    else:
        # At most once: those that were begun and never marked are told as uncertain, and nobody is asked twice.
        assert set(lines.values()) == {1}
        assert len(lines) == PEOPLE - 10
        assert states == {"sent": PEOPLE - 20, "uncertain": 20}
