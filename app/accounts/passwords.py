"""Password hashing with argon2id."""

import base64
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import FieldError, Invalid
from app.web.i18n import mark

SHORTEST = 12
LONGEST = 200
MEMORY_KIB = 47_104

# The first choice of OWASP's password storage sheet: 46 MiB, one pass, one lane.
_hasher = PasswordHasher(time_cost=1, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID)
# Each hash takes 46 MiB while it runs: a burst of sign-ins must not take all memory.
_turns = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the encoded hash of ``password``; Invalid unless it has 12 to 200 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(fields=[FieldError("password", mark("密码要 12 到 200 个字符"), "length")])
    with _turns:
        return _hasher.hash(password)


def matches(encoded: str | None, password: str) -> bool:
    """Return whether ``password`` is that of ``encoded``. Without a hash it takes the same time and is False."""
    if len(password) > LONGEST:
        return False
    with _turns:
        try:
            _hasher.verify(encoded or nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return encoded is not None


def outdated(encoded: str) -> bool:
    """Return whether ``encoded`` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(encoded)


def nobody() -> str:
    """Return a well-formed hash under today's parameters that no password has."""

    def zeros(length: int) -> str:
        return base64.b64encode(bytes(length)).rstrip(b"=").decode()

    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${zeros(_hasher.salt_len)}${zeros(_hasher.hash_len)}"
