"""Web push (RFC 8030, 8291, 8292): encrypted for one browser, handed to its push service, shown once by its topic."""

import hashlib
import json
import math
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict, Field, field_validator
from webpush import WebPush, WebPushSubscription  # type: ignore[import-untyped]

from app.core import clock
from app.core.crypto import Keyring
from app.core.settings import Settings, listed
from app.prompts.channels import SENT, Message, Outcome
from app.prompts.delivery.hosts import AddressForbidden, check_host
from app.prompts.delivery.keys import vapid_pems

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ATTEMPTS = 2
LONGEST_TTL = 28 * 86_400
TOKEN_SECONDS = 12 * 3600
POINT_BYTES = 65
AUTH_BYTES = 16
TOPIC_LENGTH = 32
GONE = frozenset({404, 410})
BUSY = frozenset({408, 425, 429})


class Subscription(BaseModel):
    """What a browser gives to be pushed to: the address at its push service, and its keys."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    endpoint: str = Field(min_length=12, max_length=1000, pattern=r"^https?://\S+$")
    p256dh: str = Field(min_length=80, max_length=100)
    auth: str = Field(min_length=20, max_length=30)

    @field_validator("p256dh")
    @classmethod
    def _is_point(cls, value: str) -> str:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(value, POINT_BYTES))
        return value

    @field_validator("auth")
    @classmethod
    def _is_secret(cls, value: str) -> str:
        _decoded(value, AUTH_BYTES)
        return value


class WebPushChannel:
    """Sends to one browser's subscription, as its JSON."""

    name = "webpush"
    repeatable = True

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._settings = settings
        self._keys = vapid_pems(keyring)
        host = urlsplit(settings.public_address).hostname or "localhost"
        self._subject = settings.vapid_subject or settings.smtp_from or f"postmaster@{host}"

    def send(self, address: str, message: Message) -> Outcome:
        """Hand ``message`` to the push service of the subscription ``address``."""
        subscription = Subscription.model_validate_json(address)
        try:
            check_host(self._settings, subscription.endpoint, listed(self._settings.push_hosts))
            return self._hand_over(subscription.endpoint, *self._sealed(subscription, message))
        except AddressForbidden as error:
            return Outcome("gone", str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout, OSError):
            return Outcome("unreached", "unreachable")

    def _hand_over(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        # A line that breaks off after the request leaves open whether it was taken: the topic makes one of the two.
        for _attempt in range(ATTEMPTS):
            try:
                # Never led on: what the push service is, the browser has said.
                answer = httpx.post(endpoint, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                raise
            except httpx.TransportError:
                continue
            return _outcome(answer)
        return Outcome("uncertain", "broken_off")

    def _sealed(self, subscription: Subscription, message: Message) -> tuple[bytes, Mapping[str, str]]:
        left = (message.expires_at - clock.now()).total_seconds()
        pusher = WebPush(*self._keys, subscriber=self._subject, ttl=_ttl(left), expiration=TOKEN_SECONDS)
        keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        given = WebPushSubscription.model_validate({"endpoint": subscription.endpoint, "keys": keys})
        sealed = pusher.get(json.dumps(_shown(message), ensure_ascii=False), given)
        headers = {**sealed.headers, "topic": topic_of(message), "urgency": "normal"}
        return sealed.encrypted, {name: str(value) for name, value in headers.items()}


def topic_of(message: Message) -> str:
    """Return the name under which a push service and a browser replace a message by its repetition: 32 characters."""
    return hashlib.sha256(b"xinlu/topic/" + message.key.bytes).hexdigest()[:TOPIC_LENGTH]


def _shown(message: Message) -> dict[str, str]:
    return {"title": message.title, "body": message.words, "url": message.url, "tag": topic_of(message)}


def _ttl(seconds: float) -> int:
    return max(0, min(LONGEST_TTL, int(seconds)))


def _outcome(answer: httpx.Response) -> Outcome:
    status = answer.status_code
    if answer.is_success:
        return SENT
    if status in GONE:
        return Outcome("gone", f"http_{status}")
    if status in BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Outcome("later", f"http_{status}", wait_of(answer))
    return Outcome("refused", f"http_{status}")


def wait_of(answer: httpx.Response) -> float | None:
    """Return the seconds that the answer asks to wait (Retry-After: a number or a date); None if it names none."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        moment: datetime = parsedate_to_datetime(given)
        return max(0.0, (moment - clock.now()).total_seconds())
    except (ValueError, TypeError):
        return None


def _decoded(value: str, length: int) -> bytes:
    raw = urlsafe_b64decode(value + "=" * math.ceil(-len(value) % 4))
    if len(raw) != length:
        raise ValueError(f"use {length} bytes in base64url")
    return raw
