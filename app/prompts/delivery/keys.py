"""Keys of the delivery, derived from the installation's secret: nothing further is kept."""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.core.crypto import Keyring

# The order of the group of P-256 (FIPS 186-5): a private key lies between 1 and one less.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NONCE = 12
CODE_DIGITS = 6


class AddressUnreadable(Exception):
    """A sealed address that this installation's secret does not open."""


@lru_cache(maxsize=4)
def vapid_key(keyring: Keyring) -> ec.EllipticCurvePrivateKey:
    """Return the key by which push services know this installation (RFC 8292)."""
    scalar = int.from_bytes(keyring.derive("vapid")) % (ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def vapid_public(keyring: Keyring) -> str:
    """Return the public point that browsers subscribe with: uncompressed, base64url without padding."""
    point = vapid_key(keyring).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def vapid_pems(keyring: Keyring) -> tuple[bytes, bytes]:
    """Return the private and the public key as PEM."""
    key = vapid_key(keyring)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def seal_address(keyring: Keyring, study_id: UUID, address: str) -> bytes:
    """Return ``address`` encrypted for this study: 12 bytes of nonce, then AES-256-GCM."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(keyring.derive("contact")).encrypt(nonce, address.encode(), study_id.bytes)


def open_address(keyring: Keyring, study_id: UUID, sealed: bytes) -> str:
    """Return the address in ``sealed``; AddressUnreadable under another secret or study."""
    try:
        return AESGCM(keyring.derive("contact")).decrypt(sealed[:NONCE], sealed[NONCE:], study_id.bytes).decode()
    except InvalidTag:
        raise AddressUnreadable from None


def address_mark(keyring: Keyring, study_id: UUID, address: str) -> str:
    """Return by what an address is told from others without being opened: hex of an HMAC-SHA256."""
    return hmac.new(keyring.derive("contact-mark"), study_id.bytes + address.encode(), hashlib.sha256).hexdigest()


def confirmation_code(keyring: Keyring, contact_id: UUID) -> str:
    """Return the six digits that show that an address is read by the person."""
    digest = hmac.new(keyring.derive("contact-code"), contact_id.bytes, hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
