"""A server that dies while phones send: what was acknowledged is there, and sent again it is still there once."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.core.sealing import study_key
from tests.support.databases import ScratchDatabase
from tests.support.phone import Phone
from tests.support.scene import Scene, set_scene
from tests.support.server import ServerProcess
from tests.support.syncing import SyncingPhone

ENTRIES = 12
KILL_AFTER = 8

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def phone_of(scene: Scene, line: httpx.Client) -> SyncingPhone:
    client = cast(TestClient, line)
    phone = Phone(client)
    assert phone.open(scene.links["P01"].token).status_code == 303
    assert phone.agree("diary").status_code == 303
    key = study_key(scene.keyring, scene.study_id).told()
    return SyncingPhone(client, scene.study_id, scene.people["P01"], key, scene.keyring.public_key)


def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200 + number, 900), "teal").save(out, "JPEG")
    return out.getvalue()


def sealed_of(phone: SyncingPhone) -> dict[UUID, list[tuple[str, UUID, bytes]]]:
    """Return what the phone holds: per entry the entry and then its photo, sealed once and for all."""
    held = {}
    for number in range(ENTRIES):
        entry_id, photo_id = uuid4(), uuid4()
        entry = phone.seal("entry", entry_id, json.dumps(phone.entry(f"第{number}条：疼了一阵")).encode())
        photo = phone.seal("attachment", photo_id, phone.parcel(entry_id, "photo", "image/jpeg", picture(number)))
        held[entry_id] = [("entry", entry_id, entry), ("attachment", photo_id, photo)]
    return held


def send(
    phone: SyncingPhone,
    held: dict[UUID, list[tuple[str, UUID, bytes]]],
    enough: threading.Event,
    dead: threading.Event | None = None,
) -> dict[UUID, dict[str, Any]]:
    """Send each entry and then its photo, several at once, until all is done or the server is gone.

    With ``dead``, the last photo goes when that is told: however late a kill comes, something is left to send.
    """
    acknowledged: dict[UUID, dict[str, Any]] = {}
    last = list(held.values())[-1][-1][1]

    def one_after_the_other(objects: list[tuple[str, UUID, bytes]]) -> None:
        for kind, object_id, body in objects:
            if dead is not None and object_id == last:
                assert dead.wait(120)
            try:
                answer = phone.put(kind, object_id, body)
            except httpx.TransportError:
                return
            assert answer.status_code in (200, 201), answer.text
            acknowledged[object_id] = answer.json()
            if len(acknowledged) >= KILL_AFTER:
                enough.set()

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(one_after_the_other, held.values()):
            pass
    enough.set()
    return acknowledged


def test_what_phones_were_told_is_stored_survives_and_is_there_once(
    live_server: ServerProcess, database: ScratchDatabase, store: Database, engine: Engine
) -> None:
    keyring = Keyring(load_or_create_secret(database.data_dir / "secret.key"))
    scene = set_scene(store, keyring)
    enough, dead = threading.Event(), threading.Event()
    with httpx.Client(base_url=live_server.base_url, timeout=120) as line, ThreadPoolExecutor(1) as pool:
        phone = phone_of(scene, line)
        held = sealed_of(phone)
        sending = pool.submit(send, phone, held, enough, dead)
        assert enough.wait(120)
        live_server.kill()
        dead.set()
        before = sending.result()
    assert KILL_AFTER <= len(before) < 2 * ENTRIES
    live_server.start()
    with httpx.Client(base_url=live_server.base_url, timeout=120) as line:
        after = send(phone_of(scene, line), held, threading.Event())
    assert len(after) == 2 * ENTRIES
    assert {object_id: after[object_id] for object_id in before} == before
    with engine.connect() as connection:
        for table in ("entry", "receipt", "attachment", "attachment_content"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == ENTRIES
        log = "SELECT count(*) FROM audit_event WHERE action = 'attachment.create'"
        assert connection.execute(text(log)).scalar_one() == ENTRIES
