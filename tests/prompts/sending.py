"""A sender in a process of its own: python -m tests.prompts.sending NAME MOMENT FILE KIND STOP.

It writes each message as a line into FILE, which stands for what people get. With STOP it halts there, in the middle of
its second batch, says so, and waits to be killed; without, it works until nothing is left, its dead colleagues' included.
"""

import os
import sys
import time
from datetime import datetime
from pathlib import Path

from app import registry  # noqa: F401 - every model
from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from app.jobs import presence
from app.prompts import ledger, ledger_queries
from app.prompts.ledger_queries import DuePrompt
from app.prompts.tasks import living

BATCH = 10
IDLE = 100


def send(due: DuePrompt, file: Path) -> None:
    """Hand one message over: a line, written at once."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{due.id}\n".encode())
    os.close(descriptor)


def say(word: str) -> None:
    """Tell whoever started this process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Sender:
    """Claims, begins, sends and marks, a batch at a time."""

    def __init__(self, name: str, now: datetime, file: Path, kind: str, stop: str) -> None:
        self.name, self.now, self.file, self.stop = name, now, file, stop
        self.repeatable = kind == "repeatable"
        self.store = Database(Settings.from_environment().database_address)
        self.batches = 0

    def work(self) -> None:
        """Work until nothing has been left to do for a while."""
        with self.store.write() as session:
            presence.claim(session, self.name)
        idle = 0
        while idle < IDLE:
            with self.store.write() as session:
                ledger.release_stale(session, living(session), self.now)
                dues = ledger.claim_due(session, self.now, self.name, BATCH)
            if dues:
                self.batches += 1
                self.deliver(dues)
            with self.store.read() as session:
                left = ledger_queries.orphaned(session, {}) or ledger_queries.next_due(session) is not None
            idle = 0 if dues else idle + 1
            if not left:
                return
            time.sleep(0.02)

    def deliver(self, dues: list[DuePrompt]) -> None:
        """Deliver one batch."""
        self.halt("claimed")
        with self.store.write() as session:
            mine = ledger.begin_sending_all(session, dues, self.name, "file", repeatable=self.repeatable)
        self.halt("begun")
        for due in dues:
            if due.id in mine:
                send(due, self.file)
        self.halt("sent")
        with self.store.write() as session:
            ledger.mark_all_sent(session, dues, self.name, self.now)

    def halt(self, where: str) -> None:
        """Wait to be killed if this is where."""
        if self.stop == where and self.batches == 2:
            say("halted")
            time.sleep(600)


def main() -> None:
    """Send what is due at the moment that the arguments name."""
    name, moment, file, kind, stop = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    with clock.frozen_at(now):
        Sender(name, now, Path(file), kind, stop).work()
    say("done")


if __name__ == "__main__":
    main()
