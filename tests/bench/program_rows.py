"""The program as a whole: import, start, memory."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.core import schema
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from tests.bench.table import Row
from tests.support.program import COMMAND, data_environment, environment
from tests.support.scene import SLUG, set_scene
from tests.support.server import ServerProcess


def rows(folder: Path, *, imported: int) -> Iterator[Row]:
    """Yield rows of import speed, start and resident memory."""
    store = Database(f"sqlite:///{folder / 'xinlu.db'}")
    schema.upgrade(store)
    set_scene(store, Keyring(load_or_create_secret(folder / "secret.key")))
    store.close()
    env = data_environment(folder, None)
    yield _import_row(folder, env, imported)
    bare = _seconds([sys.executable, "-c", "import fastapi, sqlalchemy, numpy, uvicorn"], env)
    server = ServerProcess(env, folder)
    began = time.perf_counter()
    server.start()
    started = time.perf_counter() - began
    resident = _resident_mb(server.pid)
    server.stop()
    yield Row(
        "serve to first answer, seconds",
        started,
        "<= 3",
        f"{started / bare:.1f} x importing its libraries ({bare:.1f} s)",
    )
    yield Row("resident memory of serve, MB", resident, "<= 250", "after its start, jobs inside")


def _import_row(folder: Path, env: dict[str, str], imported: int) -> Row:
    sheet = folder / "entries.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["participant_code", "occurred_at", "stage", "mood_self_report", "effort", "text"])
        for n in range(imported):
            moment = f"2026-03-{n % 20 + 1:02d}T{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}+08:00"
            stage = ("visit", "treatment", "recovery")[n % 3]
            writer.writerow(
                [f"P{n % 2 + 1:02d}", moment, stage, n % 9 + 1, n % 7 + 1, f"第{n}条，夜里肿得厉害，不知道正不正常"]
            )
    idle = _seconds([*COMMAND, "version"], env)
    took = _seconds([*COMMAND, "import", "entries", str(sheet), "--study", SLUG], env)
    rate = imported / max(took - idle, 0.001)
    return Row("import of entries, rows/s", rate, ">= 5000", f"{imported:,} rows in {took:.1f} s, coded and durable")


def _seconds(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment(env), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
