"""Workers in processes of their own, to be killed."""

import signal
import subprocess
import sys
from typing import Self

from tests.support import run
from tests.support.databases import ScratchDatabase
from tests.support.program import environment


class WorkerProcess:
    """A worker that knows the tasks of ``modules``."""

    def __init__(self, database: ScratchDatabase, name: str, *modules: str) -> None:
        self._env = environment({**database.env, "XINLU_WORKER_NAME": name})
        self._command = [sys.executable, "-W", "error", "-m", "tests.jobs.working", *modules]
        self._log = database.data_dir / f"worker-{name}.log"
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The process's id; only while it runs."""
        assert self._process is not None, "the worker does not run"
        return self._process.pid

    def start(self) -> Self:
        """Start it and wait until it works."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command, cwd=run.ROOT, env=self._env, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", self.said()
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        return self._end(signal.SIGTERM)

    def said(self) -> str:
        """Return what it wrote to its log."""
        return self._log.read_text()

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(90)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code
