"""What was acknowledged survives the server's sudden death, once and whole."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, text

from app.core.crypto import Keyring, load_or_create_secret, verify
from app.core.db import Database
from app.diary import queries as diary_queries
from app.statements import cells
from tests.support.databases import ScratchDatabase
from tests.support.scene import Scene, set_scene
from tests.support.server import ServerProcess

CLIENTS = 16
SUBMISSIONS = 500
KILL_AFTER = 150

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@dataclass
class Sending:
    """Phones that send entries until they are acknowledged or the server is gone."""

    base_url: str
    headers: dict[str, str]
    acknowledged: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    reached: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, waiting: dict[UUID, dict[str, Any]]) -> None:
        """Send everything that waits, from CLIENTS clients at once."""
        shares = [dict(list(waiting.items())[number::CLIENTS]) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            for _ in pool.map(self._send_share, shares):
                pass

    def _send_share(self, share: dict[UUID, dict[str, Any]]) -> None:
        with httpx.Client(base_url=self.base_url, headers=self.headers, timeout=120) as client:
            for entry_id, body in share.items():
                try:
                    answer = client.put(f"/api/v1/entries/{entry_id}", json=body)
                except httpx.TransportError:
                    return
                assert answer.status_code in (200, 201), answer.text
                with self.lock:
                    self.acknowledged[entry_id] = answer.json()
                    if len(self.acknowledged) >= KILL_AFTER:
                        self.reached.set()


def entries_of(scene: Scene) -> dict[UUID, dict[str, Any]]:
    stages = ("visit", "treatment", "recovery")
    return {
        uuid4(): scene.entry(
            f"第{number}条：肿了又消，心里七上八下。",
            participant=f"P0{number % 2 + 1}",
            stage=stages[number % 3],
            answers={"feeling": f"第{number}条：肿了又消", "worry": "会不会感染？", "mood": number % 9 + 1},
        )
        for number in range(SUBMISSIONS)
    }


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)))


def each_is_whole_and_once(engine: Engine, store: Database, scene: Scene) -> int:
    """Every entry that is there has both its statements, their codings, its receipt and its line in the log."""
    stored = rows(engine, "SELECT count(*), count(DISTINCT id) FROM entry")[0]
    assert stored[0] == stored[1]
    for query in (
        "SELECT count(*) FROM receipt",
        "SELECT count(*) FROM audit_event WHERE action = 'entry.create'",
        "SELECT count(*) FROM (SELECT source_id FROM statement GROUP BY source_id HAVING count(*) = 2) AS whole",
    ):
        assert rows(engine, query)[0][0] == stored[0], query
    assert rows(engine, "SELECT count(*) FROM machine_coding")[0][0] == 2 * stored[0]
    with store.read() as session:
        assert cells.stored(session, scene.study_id) == cells.text_deltas(session, scene.study_id)
        moods = cells.stored(session, scene.study_id, sources=("mood",))
        assert moods == diary_queries.mood_deltas(session, scene.study_id)
    return int(stored[0])


def test_no_acknowledged_entry_is_lost_to_a_kill(
    database: ScratchDatabase, store: Database, engine: Engine, start_server: Callable[..., ServerProcess]
) -> None:
    keyring = Keyring(load_or_create_secret(database.data_dir / "secret.key"))
    scene = set_scene(store, keyring)
    waiting = entries_of(scene)
    server = start_server()
    sending = Sending(server.base_url, scene.headers["owner"])
    sender = threading.Thread(target=sending.send, args=(waiting,))
    sender.start()
    assert sending.reached.wait(120)
    server.kill()
    sender.join()
    before = dict(sending.acknowledged)
    assert KILL_AFTER <= len(before) < SUBMISSIONS, "the kill came in the middle"

    server.start()
    assert each_is_whole_and_once(engine, store, scene) >= len(before)
    stored = {UUID(str(row[0])) for row in rows(engine, "SELECT id FROM entry")}
    assert before.keys() <= stored
    for receipt in before.values():
        signed = f"{receipt['id']}|{receipt['digest']}|{receipt['received_at']}".encode()
        assert verify(keyring.public_key, signed, receipt["signature"])

    sending.send(waiting)
    assert sending.acknowledged.keys() == waiting.keys()
    assert {entry_id: sending.acknowledged[entry_id] for entry_id in before} == before, "the same receipts as before"
    assert each_is_whole_and_once(engine, store, scene) == SUBMISSIONS
