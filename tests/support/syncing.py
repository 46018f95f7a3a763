"""A phone whose scripts send what they sealed: made from public keys only, as a browser would."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from httpx2 import Response
from starlette.testclient import TestClient

from app.core.crypto import verify
from app.core.sealing import study_key
from tests.support.cast import Cast
from tests.support.phone import Phone
from tests.support.scene import DAY_THREE, SLUG

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
FIELDS = (
    "study",
    "participant",
    "stage",
    "touchpoint",
    "occurred_at",
    "recorded_at",
    "form_version",
    "answers",
    "wave",
)


@dataclass
class SyncingPhone:
    """One person's phone; ``headers`` are what its scripts send along."""

    client: TestClient
    study_id: UUID
    person: UUID
    seal_key: dict[str, str]
    receipt_key: str
    headers: dict[str, str] = field(default_factory=lambda: {"X-Xinlu-Sync": "1"})

    def entry(self, text: str = "夜里疼醒了两回。", **changes: Any) -> dict[str, Any]:
        """Return an entry as this phone writes it."""
        written = {
            "study": SLUG,
            "participant": str(self.person),
            "stage": "recovery",
            "occurred_at": DAY_THREE,
            "recorded_at": DAY_THREE,
            "form_version": 1,
            "answers": {"feeling": text, "mood": 3},
        }
        return {**written, **changes}

    def seal(self, kind: str, object_id: UUID, content: bytes) -> bytes:
        """Return the envelope of ``content``."""
        point = base64.urlsafe_b64decode(self.seal_key["public"] + "=")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        info = f"xinlu/sync/v1|{self.study_id}|{kind}|{object_id}".encode()
        return b"\x01" + hashlib.sha256(point).digest()[:8] + SUITE.encrypt(content, public, info=info)

    def put(self, kind: str, object_id: UUID, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Send an envelope."""
        where = {"entry": "entries", "attachment": "attachments"}[kind]
        sent = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
        return self.client.put(
            f"/d/sync/{where}/{object_id}", content=body, headers={**sent, **self.headers, **(headers or {})}
        )

    def send(
        self, entry: dict[str, Any], entry_id: UUID | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Seal and send an entry."""
        entry_id = entry_id or uuid4()
        return self.put("entry", entry_id, self.seal("entry", entry_id, json.dumps(entry).encode()), headers)

    def attach(
        self, entry_id: UUID, kind: str, media_type: str, content: bytes, attachment_id: UUID | None = None, **said: Any
    ) -> Response:
        """Seal and send a photo or a voice note of an entry."""
        attachment_id = attachment_id or uuid4()
        plain = self.parcel(entry_id, kind, media_type, content, **said)
        return self.put("attachment", attachment_id, self.seal("attachment", attachment_id, plain))

    def parcel(self, entry_id: UUID, kind: str, media_type: str, content: bytes, **said: Any) -> bytes:
        """Return what is sealed of a file: the length of what is said of it, that, and its bytes."""
        head = {
            "entry": str(entry_id),
            "participant": str(self.person),
            "kind": kind,
            "media_type": media_type,
            "recorded_at": DAY_THREE,
        }
        told = json.dumps({**head, **said}).encode()
        return len(told).to_bytes(4) + told + content

    def proves(self, receipt: dict[str, Any], digest: str) -> bool:
        """Return whether ``receipt`` lets the phone forget what ``digest`` is of."""
        said = f"{receipt['id']}|{digest}|{receipt['received_at']}".encode()
        return bool(receipt["digest"] == digest and verify(self.receipt_key, said, receipt["signature"]))


def digest(entry: dict[str, Any]) -> str:
    """Return the digest of an entry, computed as the phone computes it."""
    content: dict[str, Any] = dict.fromkeys(FIELDS) | entry
    for name in ("occurred_at", "recorded_at"):
        if content[name]:
            at = datetime.fromisoformat(content[name])
            offset = at.utcoffset() or timedelta(0)
            content[name] = [at.astimezone(UTC).isoformat(), offset // timedelta(minutes=1)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def syncing_phone(cast: Cast, code: str = "P01", *, agree: bool = True) -> SyncingPhone:
    """Return the phone of the person ``code``, opened, and agreed unless told otherwise; it has cookies of its own."""
    client = TestClient(cast.app, follow_redirects=False)
    phone = Phone(client)
    assert phone.open(cast.links[code].token).status_code == 303
    if agree:
        assert phone.agree("diary").status_code == 303
    key = study_key(cast.keyring, cast.study_id).told()
    return SyncingPhone(client, cast.study_id, cast.people[code], key, cast.keyring.public_key)
