"""A throw-away PostgreSQL server for one test run.

Whichever process needs it first starts a keeper (``python -m tests.support.postgres STATE_FILE OWNER_PID``), which
starts the server and ends it when it is told to or when the run's owner is gone, however that came about. PostgreSQL
refuses to run as root, so there its programs run as a system user of their own.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from scripts.system_packages import find_postgres
from tests.support import run

SYSTEM_USER = "postgres"
SUPERUSER = "xinlu"
START_SECONDS = 240.0
GIVEN = "XINLU_TEST_POSTGRES_URL"
# Nothing here outlives the run, so nothing waits for the disk.
SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "timezone": "UTC",
}


def server_address() -> str:
    """Return the address (postgresql://…/postgres) of this run's server, which is started on first use.

    ``XINLU_TEST_POSTGRES_URL`` names a server to use instead; its user must be allowed to create databases.
    """
    if given := os.environ.get(GIVEN):
        return given
    state_file = run.folder() / "postgres.json"
    with run.once("postgres") as mark:
        if mark:
            _start_keeper(state_file)
            mark.touch()
    state = json.loads(state_file.read_text())
    if "error" in state:
        raise RuntimeError(f"PostgreSQL did not start: {state['error']}")
    return str(state["address"])


def stop_server() -> None:
    """End this run's server, if one was started, and wait until it is gone."""
    state_file = run.folder() / "postgres.json"
    if not state_file.exists():
        return
    state = json.loads(state_file.read_text())
    if "error" in state:
        return
    try:
        os.kill(state["keeper"], signal.SIGTERM)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 15
    while state_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _start_keeper(state_file: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres", str(state_file), str(run.owner())],
        cwd=run.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + START_SECONDS
    while not state_file.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            state_file.write_text(json.dumps({"keeper": keeper.pid, "error": "its keeper ended or took too long"}))
            break
        time.sleep(0.05)
    # It is ended by stop_server, from another process; this one only must not warn that it still runs.
    keeper.returncode = 0


def _system_user() -> dict[str, Any]:
    """Return the arguments that make subprocess run a program as PostgreSQL's own user; none unless we are root."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        adder = ["useradd", "--system", SYSTEM_USER] if shutil.which("useradd") else ["adduser", "-S", SYSTEM_USER]
        subprocess.run(adder, check=True, capture_output=True)
        user = pwd.getpwnam(SYSTEM_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Server:
    """The server's process and its folder."""

    def __init__(self) -> None:
        programs = find_postgres()
        if programs is None:
            raise FileNotFoundError("its server programs are not installed")
        self._user = _system_user()
        # TMPDIR may lie where only root can look.
        self.folder = Path(tempfile.mkdtemp(prefix="xinlu-postgres-", dir="/tmp" if self._user else None))  # noqa: S108
        self._environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(self.folder)}
        self._cluster = self.folder / "cluster"
        self._password = secrets.token_hex(16)
        self._port = _free_port()
        self._make_cluster(programs / "initdb")
        options = [word for name, value in SERVER_OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(self._cluster), "-p", str(self._port), *options],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._user,
            )

    @property
    def address(self) -> str:
        return f"postgresql://{SUPERUSER}:{self._password}@127.0.0.1:{self._port}/postgres"

    def _make_cluster(self, initdb: Path) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self._password)
        if self._user:
            for path in (self.folder, password_file):
                os.chown(path, self._user["user"], self._user["group"])
        command = [str(initdb), "-D", str(self._cluster), "-U", SUPERUSER, "-E", "UTF8", "--locale=C", "--no-sync"]
        command += ["-A", "scram-sha-256", f"--pwfile={password_file}"]
        made = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False, **self._user
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb: {made.stderr.strip()[-500:]}")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.address, connect_timeout=5).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "server.log").read_text()[-500:]) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _say(state_file: Path, **state: object) -> None:
    draft = state_file.with_suffix(".draft")
    draft.write_text(json.dumps({"keeper": os.getpid(), **state}))
    draft.replace(state_file)


def keep(state_file: Path, owner: int) -> None:
    """Run a server until SIGTERM comes or ``owner`` is gone; ``state_file`` says where it is, or what went wrong."""
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    try:
        server = Server()
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        _say(state_file, error=str(error))
        return
    try:
        server.wait_until_ready()
        _say(state_file, address=server.address)
        while not told_to_end.wait(0.25) and _alive(owner) and server.process.poll() is None:
            pass
    except RuntimeError as error:
        _say(state_file, error=str(error))
    finally:
        server.stop()
        if told_to_end.is_set():
            state_file.unlink(missing_ok=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
