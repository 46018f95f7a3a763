"""The phone's own cryptography and reckoning in a real browser, against the server's libraries and published vectors."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from app.core.crypto import Keyring
from app.core.sealing import EnvelopeBroken, study_key
from app.diary.schemas import Submission
from app.diary.service import digest_of
from tests.support.server import DemoServer

STUDY = UUID("018f3c1e-0000-7000-8000-0000000000aa")
ORDER = 2**252 + 27742317777372353535851937790883648493
# RFC 8032, section 7.1: public key, message, signature.
VECTORS = {
    "empty": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "one byte": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "two bytes": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "sha(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}

in_browser = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


@pytest.fixture(scope="module")
def modules(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """A page of the diary, from which its modules can be imported: ``import("/static/0/name.js")``."""
    page = browser.new_page()
    page.goto(f"{demo_server.base_url}/d")
    yield page
    page.close()


def b64(raw: bytes) -> str:
    """Return base64 as the page's atob reads it."""
    return base64.b64encode(raw).decode()


def day(year: int) -> datetime:
    """Return the first of January as hypothesis wants its bounds: without a zone."""
    return datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None)


answers = st.dictionaries(
    st.text(min_size=1, max_size=6),
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.none(),
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4),
    ),
    max_size=6,
)
moments = st.builds(
    lambda at, offset, millis: at.replace(microsecond=millis * 1000, tzinfo=timezone(timedelta(minutes=offset))),
    st.datetimes(day(1991), day(2090)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 999),
)
submissions = st.fixed_dictionaries(
    {
        "study": st.text("abcdefgh-0123456789", min_size=1, max_size=20),
        "participant": st.uuids().map(str),
        "stage": st.text(min_size=1, max_size=10),
        "occurred_at": moments.map(lambda at: at.isoformat(timespec="milliseconds")),
        "recorded_at": moments.map(lambda at: at.isoformat(timespec="milliseconds")),
        "form_version": st.integers(1, 999_999),
        "answers": answers,
    },
    optional={"touchpoint": st.text(max_size=9), "prompt": st.uuids().map(str), "wave": st.text(max_size=9)},
)


@in_browser
@given(batch=st.lists(submissions, min_size=1, max_size=5))
def test_the_phone_reckons_the_same_digest_as_the_server(modules: Page, batch: list[dict[str, Any]]) -> None:
    found = modules.evaluate(
        """async (batch) => {
            const { entryDigest } = await import("/static/0/receipts.js");
            const sent = batch.map((text) => JSON.stringify(JSON.parse(text)));
            return Promise.all(sent.map(async (text) => [text, await entryDigest(JSON.parse(text))]));
        }""",
        [json.dumps(one) for one in batch],
    )
    for text, digest in found:
        assert digest == digest_of(Submission.model_validate(json.loads(text))), text


@pytest.mark.parametrize("plain", [b"", b"x", "夜里疼醒😀".encode() * 400], ids=["empty", "byte", "long"])
@pytest.mark.parametrize("kind", ["entry", "attachment"])
def test_the_server_opens_what_the_phone_seals(modules: Page, kind: Any, plain: bytes) -> None:
    key, object_id = study_key(Keyring(b"k" * 32), STUDY), uuid4()
    sealed = modules.evaluate(
        """async ([key, study, kind, id, plain]) => {
            const { seal, sealInfo } = await import("/static/0/seal.js");
            const { toBase64url } = await import("/static/0/encoding.js");
            const bytes = Uint8Array.from(atob(plain), (one) => one.charCodeAt(0));
            return toBase64url(await seal(key, sealInfo(study, kind, id), bytes));
        }""",
        [key.told(), str(STUDY), kind, str(object_id), b64(plain)],
    )
    envelope = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    assert key.open(envelope, kind, object_id) == plain
    assert len(plain) < 16 or plain not in envelope
    with pytest.raises(EnvelopeBroken):
        key.open(envelope, kind, uuid4())


def verified(page: Page, public: bytes, message: bytes, signature: bytes) -> bool:
    """Return what the phone's own Ed25519, the one for browsers without it, says."""
    result: bool = page.evaluate(
        """async (parts) => {
            const { verifyEd25519 } = await import("/static/0/ed25519.js");
            return verifyEd25519(...parts.map((part) => Uint8Array.from(atob(part), (one) => one.charCodeAt(0))));
        }""",
        [b64(public), b64(message), b64(signature)],
    )
    return result


@pytest.mark.parametrize("name", VECTORS)
def test_published_signatures_verify_and_no_changed_one_does(modules: Page, name: str) -> None:
    public, message, signature = (bytes.fromhex(part) for part in VECTORS[name])
    assert verified(modules, public, message, signature)
    for at in (0, 17, 31, 32, 50, 63):
        changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not verified(modules, public, message, changed), at
    assert not verified(modules, public, message + b"\0", signature)
    assert not verified(
        modules, bytes.fromhex(VECTORS["two bytes" if name == "empty" else "empty"][0]), message, signature
    )
    # The same signature with s + L: accepted by careless verifiers.
    larger = int.from_bytes(signature[32:], "little") + ORDER
    assert not verified(modules, public, message, signature[:32] + larger.to_bytes(32, "little"))
    assert not verified(modules, b"\xff" * 32, message, signature)


@settings(in_browser, max_examples=25)
@given(secret=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
def test_signatures_of_the_servers_library_verify(modules: Page, secret: bytes, message: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes_raw()
    assert verified(modules, public, message, private.sign(message))
    assert not verified(modules, public, message + b"x", private.sign(message))


@pytest.mark.parametrize("native", [True, False], ids=["native", "fallback"])
def test_a_receipt_proves_one_id_one_digest_and_one_installation(modules: Page, native: bool) -> None:
    keyring, object_id, at = Keyring(b"k" * 32), str(uuid4()), datetime.now(UTC).isoformat()
    digest = "a" * 64
    receipt = {"id": object_id, "digest": digest, "received_at": at, "version": 1}
    receipt["signature"] = keyring.sign(f"{object_id}|{digest}|{at}".encode())

    def proof(changes: dict[str, Any], expected: str | None = digest, key: str = keyring.public_key) -> bool:
        result: bool = modules.evaluate(
            """async ([native, receipt, id, digest, key]) => {
                const { isProof } = await import("/static/0/receipts.js");
                const importKey = crypto.subtle.importKey;
                if (!native) crypto.subtle.importKey = () => Promise.reject(new DOMException("", "NotSupportedError"));
                try { return await isProof(receipt, id, digest, key); } finally { crypto.subtle.importKey = importKey; }
            }""",
            [native, {**receipt, **changes}, object_id, expected, key],
        )
        return result

    assert proof({})
    assert proof({}, expected=None)
    assert not proof({}, expected="b" * 64)
    assert not proof({"digest": "b" * 64}, expected="b" * 64)
    assert not proof({"id": str(uuid4())})
    assert not proof({"received_at": "2030-01-01T00:00:00+00:00"})
    assert not proof({"signature": "AAAA"})
    assert not proof({"signature": "*"})
    assert not proof({}, key=Keyring(b"j" * 32).public_key)


@settings(in_browser, max_examples=60)
@given(
    at=st.datetimes(day(1995), day(2037)),
    zone=st.sampled_from(
        ["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
    ),
)
def test_clock_hands_of_a_zone_are_the_servers(modules: Page, at: datetime, zone: str) -> None:
    moment = at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(zone))
    written, back = modules.evaluate(
        """async ([millis, zone, local]) => {
            const { isoInZone, momentOf } = await import("/static/0/moments.js");
            return [isoInZone(millis, zone), isoInZone(momentOf(local, zone), zone)];
        }""",
        [round(moment.timestamp() * 1000), zone, local.strftime("%Y-%m-%dT%H:%M")],
    )
    assert written == local.isoformat(timespec="milliseconds")
    # The hour that comes twice in autumn may be either, the one that never comes is moved: both are told with their offset.
    assert abs(datetime.fromisoformat(back) - local) < timedelta(hours=1, minutes=1)
