"""``xinlu serve`` in a process of its own, on a free loopback port."""

import json
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

import pytest

from tests.support import run
from tests.support.databases import ScratchDatabase
from tests.support.program import COMMAND, data_environment, environment, xinlu

START_SECONDS = 240.0
STOP_SECONDS = 120


class ServerProcess:
    """A server that can be stopped, killed and started again on the same port and data."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.port = _free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.env = env
        self.log = folder / f"serve-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id; only while it runs."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def start(self) -> Self:
        """Start it and wait until ``/healthz`` answers 200."""
        assert self._process is None, "the server runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(self.port)],
                cwd=run.ROOT,
                env=environment(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the server did not start:\n{self.said()[-3000:]}")
            time.sleep(0.05)
        return self

    def stop(self) -> int:
        """Ask it to end (SIGTERM), wait, and return its exit code."""
        process = self._take()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not end on SIGTERM:\n{self.said()[-3000:]}") from None

    def kill(self) -> None:
        """End it without warning (SIGKILL)."""
        process = self._take()
        process.kill()
        process.wait()

    def close(self) -> None:
        """Stop it if it runs."""
        if self._process is not None:
            self.stop()

    def said(self) -> str:
        """Return what it has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _take(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server does not run"
        process, self._process = self._process, None
        return process

    def _healthy(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


class DemoServer(ServerProcess):
    """A server with the demo study; ``demo`` is what ``xinlu demo --json`` said of it."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        super().__init__(env, folder)
        self.env = {**env, "XINLU_BASE_URL": self.base_url}
        self.demo: dict[str, Any] = json.loads(xinlu("demo", "--json", env=self.env).stdout)


@pytest.fixture
def start_server(database: ScratchDatabase, tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts servers on ``database``; keyword arguments are further settings (``XINLU_CODER="lexicon"``)."""
    with ExitStack() as started:

        def start(**settings: str) -> ServerProcess:
            server = ServerProcess({**database.env, **settings}, tmp_path)
            started.callback(server.close)
            return server.start()

        yield start


@pytest.fixture
def live_server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A running server on a fresh, empty ``database``."""
    return start_server()


@pytest.fixture(scope="session")
def demo_server() -> Iterator[DemoServer]:
    """A running server with the demo study (SQLite), shared by one process's tests: look, add, take nothing away."""
    yield from untouched_demo()


def untouched_demo() -> Iterator[DemoServer]:
    """Yield such a server that nobody has used yet, for tests of what a newcomer finds."""
    with tempfile.TemporaryDirectory(prefix="demo-", dir=run.folder()) as folder:
        server = DemoServer(data_environment(Path(folder), None), Path(folder))
        server.start()
        yield server
        server.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
