"""Identifiers and secrets that people and programs hold."""

import os
import secrets
import threading
import time
from uuid import UUID

# No 0/O, 1/I/L, U/V: a code is read aloud over the phone and typed with a sore hand.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
CODE_LENGTH = 10

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def uuid7() -> UUID:
    """Return a time-ordered UUID (RFC 9562, version 7).

    Ids made in one process within one millisecond keep their order: the 12 bits of ``rand_a`` count up (method 1 of the RFC).
    """
    global _last_ms, _counter  # noqa: PLW0603 - ids are ordered within the process
    with _lock:
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds > _last_ms:
            _last_ms, _counter = milliseconds, secrets.randbits(10)
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter = _last_ms + 1, 0
        stamp, count = _last_ms, _counter
    tail = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=stamp << 80 | 0x7 << 76 | count << 64 | 0b10 << 62 | tail)


def token() -> str:
    """Return an unguessable token of 192 bits, safe in a URL fragment."""
    return secrets.token_urlsafe(24)


def short_code() -> str:
    """Return a code of 10 letters and digits (48 bits) that can be typed where scripts do not run."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def normalise_code(text: str) -> str:
    """Return what a person typed as a short code without spaces and dashes, in capitals."""
    return "".join(character for character in text.upper() if character.isalnum())
