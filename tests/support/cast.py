"""The scene on an application in the test's own process: who calls what, in a word."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.accounts import passwords
from tests.support.scene import SLUG, Scene, set_scene


@dataclass
class Cast(Scene):
    """The scene, and a client to act with."""

    client: TestClient = None  # type: ignore[assignment]
    app: FastAPI = None  # type: ignore[assignment]

    def put(
        self, body: dict[str, Any], entry_id: UUID | None = None, *, who: str = "owner", if_match: str | None = None
    ) -> Response:
        """Hand an entry in over the API."""
        extra = {"If-Match": if_match} if if_match else {}
        return self.client.put(f"/api/v1/entries/{entry_id or uuid4()}", json=body, headers=self.headers[who] | extra)

    def get(self, path: str, *, who: str = "owner", **headers: str) -> Response:
        """Read something of the study over the API."""
        return self.client.get(f"/api/v1/studies/{SLUG}{path}", headers=self.headers[who] | headers)


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs nothing: what it costs is tested with the passwords themselves."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def cast(app: FastAPI, client: TestClient, cheap_passwords: None) -> Cast:
    """The cast, on both kinds of database."""
    scene = set_scene(app.state.database, app.state.keyring)
    return Cast(**vars(scene), client=client, app=app)
