"""What a phone sealed for a study, opened: HPKE (RFC 9180) with a key that only this installation can derive.

An envelope is ``0x01 | key id (8 bytes) | enc (65 bytes) | ciphertext``: base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
AES-256-GCM, no additional data. ``info`` binds it to its study, kind and id, so that one object cannot pass for another.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core.crypto import Keyring
from app.core.errors import Conflict, Invalid

Kind = Literal["entry", "attachment"]

VERSION = 1
KEY_ID_BYTES = 8
ENC_BYTES = 65
TAG_BYTES = 16
HEAD_BYTES = 1 + KEY_ID_BYTES
OVERHEAD = HEAD_BYTES + ENC_BYTES + TAG_BYTES
"""How many bytes an envelope is longer than what it holds."""

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_STUDIES_KEPT = 1024


class SealKeyChanged(Conflict):
    """Sealed with a key that is not the study's; the answer carries the one that is, as ``seal_key``."""

    code = "seal_key_changed"
    title = "研究的加密钥匙换过了"
    remedy = "这条还在手机里。请连上网打开一次日记，手机会用新的钥匙重新封好再发。"


class EnvelopeBroken(Invalid):
    """Cut short, changed on its way, or sealed under another id."""

    code = "envelope_broken"
    title = "收到的内容打不开"
    remedy = "它还在手机里。请打开这一条，再保存一次。"


@dataclass(frozen=True, slots=True)
class StudyKey:
    """A study's sealing key. ``public`` is the uncompressed point; ``id`` the first 8 bytes of its SHA-256."""

    study_id: UUID
    id: bytes
    public: bytes
    private: ec.EllipticCurvePrivateKey = field(repr=False)

    def told(self) -> dict[str, str]:
        """Return what a phone needs for sealing: ``id`` in hex, ``public`` in base64url without padding."""
        return {"id": self.id.hex(), "public": base64.urlsafe_b64encode(self.public).rstrip(b"=").decode()}

    def open(self, envelope: bytes, kind: Kind, object_id: UUID) -> bytes:
        """Return what ``envelope`` holds; SealKeyChanged when another key sealed it, EnvelopeBroken when it cannot be opened."""
        if len(envelope) < OVERHEAD or envelope[0] != VERSION:
            raise EnvelopeBroken()
        if envelope[1:HEAD_BYTES] != self.id:
            error = SealKeyChanged()
            error.members = {"seal_key": self.told()}
            raise error
        try:
            return _SUITE.decrypt(envelope[HEAD_BYTES:], self.private, info=self._info(kind, object_id))
        except (InvalidTag, ValueError):
            raise EnvelopeBroken() from None

    def seal(self, content: bytes, kind: Kind, object_id: UUID) -> bytes:
        """Return ``content`` sealed as a phone would seal it."""
        sealed = _SUITE.encrypt(content, self.private.public_key(), info=self._info(kind, object_id))
        return bytes([VERSION]) + self.id + sealed

    def _info(self, kind: Kind, object_id: UUID) -> bytes:
        return f"xinlu/sync/v1|{self.study_id}|{kind}|{object_id}".encode()


@lru_cache(maxsize=_STUDIES_KEPT)
def study_key(keyring: Keyring, study_id: UUID) -> StudyKey:
    """Return the sealing key of a study: derived from the installation's secret, stored nowhere."""
    scalar = int.from_bytes(keyring.derive(f"seal/{study_id}")) % (_ORDER - 1) + 1
    private = ec.derive_private_key(scalar, ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return StudyKey(study_id, hashlib.sha256(public).digest()[:KEY_ID_BYTES], public, private)
