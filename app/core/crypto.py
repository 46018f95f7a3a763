"""Keys derived from the one installation secret: token hashes, receipt and seal signatures.

The raw secret is used for nothing but derivation (HKDF-SHA256), so that one purpose never lends its key to another.
"""

import base64
import hashlib
import hmac
import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.private import private_folder
from app.core.settings import Settings

SECRET_BYTES = 32


class Keyring:
    """The installation's keys."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"The installation secret needs at least {SECRET_BYTES} bytes; see docs/deployment.md.")
        self._secret = secret

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of ``purpose``."""
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"xinlu/{purpose}".encode()).derive(
            self._secret
        )

    @cached_property
    def _token_key(self) -> bytes:
        return self.derive("token")

    @cached_property
    def _signing_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.derive("signature"))

    def token_hash(self, token: str) -> str:
        """Return the hex HMAC-SHA256 under which a token is stored and looked up."""
        return hmac.new(self._token_key, token.encode(), hashlib.sha256).hexdigest()

    def sign(self, message: bytes) -> str:
        """Return the Ed25519 signature of ``message`` in base64url without padding."""
        return _encode(self._signing_key.sign(message))

    @cached_property
    def public_key(self) -> str:
        """The Ed25519 public key (raw, base64url without padding) that verifies receipts and seals."""
        return _encode(self._signing_key.public_key().public_bytes_raw())


def verify(public_key: str, message: bytes, signature: str) -> bool:
    """Return whether ``signature`` is that of ``message`` under ``public_key`` (both base64url)."""
    try:
        Ed25519PublicKey.from_public_bytes(_decode(public_key)).verify(_decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def keyring_of(settings: Settings) -> Keyring:
    """Return the keys of the installation that ``settings`` describe."""
    secret = settings.secret.encode() if settings.secret else load_or_create_secret(settings.data_dir / "secret.key")
    return Keyring(secret)


def load_or_create_secret(path: Path) -> bytes:
    """Return the secret in ``path``, made on first use with mode 0600; two processes starting at once agree on one."""
    private_folder(path.parent)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(SECRET_BYTES + 16), encoding="ascii")
    try:
        # link() fails when the name exists: the first process wins and the others read its secret.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip().encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
