"""The rows that need a server: durable entries and an unchanged curve, beside the same server's empty endpoint."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from app.core import schema
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.statements import cells
from tests.bench import load
from tests.bench.table import Row
from tests.support.program import data_environment, environment
from tests.support.scene import SLUG, Scene, set_scene
from tests.support.server import _free_port as free_port

ROUNDS = 3
CLIENTS = 32
ENTRIES = 1500
READS = 3000
SENTENCES = (
    "麻药劲过了，半边脸肿着，夜里疼醒两回。",
    "给诊所打电话没人接，就一个人坐着等天亮。",
    "今天不疼了，能喝粥了，心里踏实多了。",
    "复查说长得不错，医生很耐心，谢谢他。",
)


def rows(folder: Path) -> Iterator[Row]:
    """Yield the rows, measured in turns: empty, entries, curve, and again."""
    store = Database(f"sqlite:///{folder / 'xinlu.db'}")
    schema.upgrade(store)
    scene = set_scene(store, Keyring(load_or_create_secret(folder / "secret.key")))
    for number in range(3, 33):
        scene.add_patient(f"P{number:02d}")
    with serving(folder) as port:
        head = scene.headers["owner"]
        etag = _etag(port, head)
        empty, entries, curve = [], [], []
        _measure(port, scene, 200)
        for _ in range(ROUNDS):
            empty.append(load.run(port, [load.request("GET", "/empty", {})] * READS, clients=CLIENTS))
            etag = _etag(port, head)
            read = load.request("GET", f"/api/v1/studies/{SLUG}/curve.json", {**head, "If-None-Match": etag})
            curve.append(load.run(port, [read] * READS, clients=CLIENTS))
            entries.append(_measure(port, scene, ENTRIES))
    yardstick = load.middle_of(empty)
    middle = load.middle_of(entries)
    lost = sum(sum(one.statuses.values()) - one.statuses.get(201, 0) for one in entries) + _lost(store, scene)
    store.close()
    rate = middle.per_second / yardstick.per_second
    tail = middle.quantile(0.99) / middle.quantile(0.5)
    yield Row(
        "durable entry, 32 clients, of the empty endpoint",
        rate,
        ">= 0.30",
        f"{middle.per_second:.0f}/s of {yardstick.per_second:.0f}/s",
    )
    yield Row("durable entry, p99 of median", tail, "<= 10", f"median {middle.quantile(0.5) * 1000:.1f} ms")
    yield Row("durable entries lost or refused", lost, "0", f"{(ROUNDS * ENTRIES) + 200} sent, cells recounted")
    unchanged = load.middle_of(curve)
    assert set(unchanged.statuses) == {304}, unchanged.statuses
    yield Row(
        "curve unchanged (304), of the empty endpoint",
        unchanged.per_second / yardstick.per_second,
        ">= 0.60",
        f"{unchanged.per_second:.0f}/s of {yardstick.per_second:.0f}/s",
    )


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve the data in ``folder`` with the empty endpoint, for the length of the block."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", str(port)],
        env=environment(data_environment(folder, None)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not _up(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _up(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _etag(port: int, headers: dict[str, str]) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/api/v1/studies/{SLUG}/curve.json", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["ETag"] or ""


def _measure(port: int, scene: Scene, entries: int) -> load.Outcome:
    prepared = []
    for number in range(entries):
        body = scene.entry(
            participant=f"P{number % 32 + 1:02d}",
            stage=("visit", "treatment", "recovery")[number % 3],
            answers={"feeling": SENTENCES[number % 4], "mood": number % 9 + 1, "effort": number % 7 + 1},
        )
        path = f"/api/v1/entries/{uuid4()}"
        prepared.append(load.request("PUT", path, scene.headers["owner"], json.dumps(body).encode()))
    return load.run(port, prepared, clients=CLIENTS)


def _lost(store: Database, scene: Scene) -> int:
    with store.read() as session:
        stored = session.execute(text("SELECT count(*) FROM entry")).scalar_one()
        assert cells.stored(session, scene.study_id) == cells.text_deltas(session, scene.study_id)
    return ROUNDS * ENTRIES + 200 - int(stored)
