"""The examples of docs/programs.md do what they say."""

import json
import re
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from starlette.testclient import TestClient

from app.core.crypto import Keyring
from app.core.db import Database
from tests.support.run import ROOT
from tests.support.scene import SLUG, Scene, set_scene

PAGE = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    """Return the one example in ``language``."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def sent() -> dict[str, Any]:
    """Return the entry of the example, for the study of the scene."""
    (entry,) = re.findall(r"<<'END'\n(.*?)\nEND", PAGE, re.DOTALL)
    return {**json.loads(entry), "study": SLUG}


@pytest.fixture
def verifier() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(example("python"), "programs.md", "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.fixture
def scene(client: TestClient, store: Database) -> Scene:
    keyring: Keyring = client.app.state.keyring  # type: ignore[attr-defined]
    return set_scene(store, keyring)


def test_the_entry_is_stored_and_its_receipt_verifies(
    client: TestClient, scene: Scene, verifier: dict[str, Any]
) -> None:
    address = "/api/v1/entries/0198c2f4-6d1e-7a3b-9c55-2f7d8e401a6b"
    answer = client.put(address, json=sent(), headers=scene.headers["owner"])
    assert answer.status_code == 201, answer.text
    receipt, key = answer.json(), client.get("/api/v1/receipt-key").json()["public_key"]

    verifier["verify"](receipt, key)
    assert verifier["digest"](sent()) == receipt["digest"]
    with pytest.raises(InvalidSignature):
        verifier["verify"]({**receipt, "digest": "0" * 64}, key)


def test_the_digest_knows_every_optional_field(client: TestClient, scene: Scene, verifier: dict[str, Any]) -> None:
    entry = {
        **sent(),
        "recorded_at": "2025-03-20T15:30:00.250Z",
        "form_version": 1,
        "touchpoint": None,
        "prompt": str(UUID(int=7)),
    }
    address = "/api/v1/entries/0198c2f4-6d1e-7a3b-9c55-2f7d8e401a6c"
    answer = client.put(address, json=entry, headers=scene.headers["owner"])
    assert answer.status_code == 201, answer.text
    assert verifier["digest"](entry) == answer.json()["digest"]
