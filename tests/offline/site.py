"""A study on a running server whose database the test can look into: what phones write to."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image
from sqlalchemy import Engine, create_engine, text

from app.core import schema
from app.core.crypto import Keyring, load_or_create_secret, verify
from app.core.db import Database
from app.diary import attachment_queries, queries
from app.participants import consents
from app.participants.models import Participant
from tests.support.program import data_environment
from tests.support.scene import Scene, set_scene
from tests.support.server import ServerProcess

Row = dict[str, Any]


@dataclass
class Site:
    """A running server on SQLite with the scene; P02 has agreed on a phone already."""

    server: ServerProcess
    scene: Scene
    engine: Engine

    def entries(self, person: UUID) -> dict[str, Row]:
        """Return id, digest and answers of each entry of ``person``, by id."""
        found = self._rows("SELECT id, digest, answers FROM entry WHERE participant_id = :person", person)
        return {one["id"]: {**one, "answers": json.loads(one["answers"])} for one in found}

    def attachments(self, person: UUID) -> dict[str, Row]:
        """Return entry, kind and digest as sent of each attachment of ``person``, and its content as kept, by id."""
        query = (
            "SELECT id, entry_id, kind, sent_digest, content FROM attachment JOIN attachment_content "
            "ON attachment_id = attachment.id WHERE participant_id = :person"
        )
        return {one["id"]: {**one, "entry_id": str(UUID(one["entry_id"]))} for one in self._rows(query, person)}

    def receipts_that_verify(self, person: UUID) -> set[str]:
        """Return the ids of the objects of ``person`` whose receipt bears the installation's signature."""
        given: list[tuple[UUID, str, str, str]] = []
        with self.scene.store.read() as session:
            for one in self.entries(person):
                receipt = queries.receipt(session, self.scene.study_id, UUID(one), 1)
                given.append((receipt.id, receipt.digest, receipt.received_at, receipt.signature))
            files = attachment_queries.of_person(session, self.scene.study_id, person)
            given += [(file.id, file.sent_digest, file.received_at.isoformat(), file.signature) for file in files]
        key = self.scene.keyring.public_key
        return {str(one[0]) for one in given if verify(key, "|".join(map(str, one[:3])).encode(), one[3])}

    def _rows(self, query: str, person: UUID) -> list[Row]:
        with self.engine.connect() as connection:
            found = connection.execute(text(query), {"person": person.hex}).mappings()
            return [{**one, "id": str(UUID(one["id"]))} for one in found]


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Serve a study from ``folder``."""
    store = Database(f"sqlite:///{folder / 'xinlu.db'}")
    schema.upgrade(store)
    scene = set_scene(store, Keyring(load_or_create_secret(folder / "secret.key")))
    with store.write() as session:
        person = session.get_one(Participant, (scene.study_id, scene.people["P02"]))
        consents.give_consent(session, "user:test", person, ["diary"], version=1, method="person")
    server = ServerProcess(data_environment(folder, None), folder).start()
    engine = create_engine(f"sqlite:///{folder / 'xinlu.db'}")
    try:
        yield Site(server, scene, engine)
    finally:
        engine.dispose()
        server.close()
        store.close()


def picture(number: int, size: tuple[int, int] = (3, 2)) -> bytes:
    """Return a PNG file, another one for each number below 40."""
    file = io.BytesIO()
    Image.new("RGB", size, colour_of(number)).save(file, "PNG")
    return file.getvalue()


def colour_of(number: int) -> tuple[int, int, int]:
    """Return the colour of the picture."""
    return number * 6, 255 - number * 6, number
