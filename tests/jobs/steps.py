"""Tasks that leave a trace on disk, for tests of what runs, how often and where."""

import os
from pathlib import Path

from app.core.errors import Conflict
from app.jobs.context import JobContext
from app.jobs.declare import task

SECRET = "伤口还在疼"


class Trace:
    """A file that the steps of all processes note themselves in, and a gate that says how many may."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.gate = self.path.with_suffix(".gate")

    def note(self, line: str) -> None:
        """Append a line in one write, so that lines of several processes do not mix."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{line}\n".encode())
        os.close(handle)

    def notes(self) -> list[str]:
        """Return what was noted so far."""
        return self.path.read_text(encoding="utf-8").split("\n")[:-1] if self.path.exists() else []

    def open_for(self, steps: int) -> None:
        """Let so many steps pass, counted from the first; without a word of it, all pass."""
        self.gate.with_suffix(".new").write_text(str(steps))
        self.gate.with_suffix(".new").replace(self.gate)

    def passes(self, number: int) -> bool:
        """Return whether the step ``number``, counted from 0, may pass."""
        return not self.gate.exists() or number < int(self.gate.read_text())


@task("test.count")
def count(context: JobContext, *, trace: str, upto: int) -> None:
    """Note each number below ``upto`` with the process that came to it."""
    kept = Trace(trace)

    def one(number: int) -> int:
        while not kept.passes(number):
            context.worker.pause(0.01)
        kept.note(f"{context.job_id} {number} {os.getpid()}")
        with context.database.write() as session:
            context.report(session, number + 1, upto)
        return number

    for number in range(upto):
        if context.step("count", one, number) != number:
            raise AssertionError("a kept result came back as another")


@task("test.flaky")
def flaky(context: JobContext, *, trace: str, failures: int) -> None:
    """Fail so many times, then succeed."""
    kept = Trace(trace)

    def one() -> None:
        kept.note("tried")
        if len(kept.notes()) <= failures:
            raise ConnectionError(SECRET)

    context.step("try", one)


@task("test.refuse")
def refuse(context: JobContext, *, trace: str) -> None:
    """Decide against it: nothing to try again."""

    def one() -> None:
        Trace(trace).note("refused")
        raise Conflict(SECRET)

    context.step("refuse", one)


@task("test.break")
def break_down(_context: JobContext) -> None:
    """Fail outside any step."""
    raise RuntimeError(SECRET)
