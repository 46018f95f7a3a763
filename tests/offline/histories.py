"""Histories of the sync protocol: what may happen, playing it against the real server, and what must hold at its end."""

import base64
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from app.core.crypto import verify
from app.core.sealing import study_key
from app.diary.schemas import Submission
from app.diary.service import digest_of
from app.participants import consents
from app.participants import service as participants
from app.participants.schemas import Enrolment
from app.studies.models import Study
from tests.offline.site import Row, Site, picture, site
from tests.support.scene import SLUG

PLAYER = Path(__file__).with_name("history.js")
MODULES = ("store.js", "sync.js", "keeping.js", "encoding.js")
STAGE = "recovery"
YEAR = 31_536_000
PICTURES = 40

Step = list[Any]


@dataclass(frozen=True)
class History:
    """What happens, in order, to a person with this many phones. ``durable``: on the browser's own IndexedDB."""

    steps: list[Step]
    phones: int
    seed: int
    durable: bool = False


FAULTS = st.sampled_from(
    ["pass", "lose", "cut", "double", "hold", "gateway", "portal", "busy", "forge", "pass", "cut", "hold"]
)
PHOTOS = st.sampled_from([0, 0, 0, 1, 2])
_which = st.integers(0, 1)
_nth = st.integers(0, 3)
_crash = st.one_of(st.none(), st.integers(0, 40))
_bad = st.sampled_from([False, False, False, True])
_STEPS: dict[str, tuple[int, tuple[st.SearchStrategy[Any], ...]]] = {
    "write": (4, (_bad, PHOTOS, st.one_of(st.none(), st.none(), st.integers(0, 6)))),
    "run": (
        6,
        (st.sampled_from([1, 1, 2]), _crash, st.sampled_from([0, 3, 400]), st.booleans(), st.lists(FAULTS, max_size=8)),
    ),
    "correct": (2, (_nth, _bad, st.one_of(st.none(), st.none(), st.integers(0, 6)))),
    "drop": (1, (_nth,)),
    "retry": (1, ()),
    "carry": (1, ()),
    "jump": (2, (st.sampled_from([-5 * YEAR, -1200, 1200, 3 * YEAR]),)),
    "revoke": (1, ()),
    "heal": (1, ()),
    "lend": (1, ()),
    "signOut": (1, ()),
    "oldKey": (1, ()),
}
_step = st.one_of(
    [
        st.tuples(st.just(name), _which, *given).map(list)
        for name, (weight, given) in _STEPS.items()
        for _ in range(weight)
    ]
)


@st.composite
def histories(draw: st.DrawFn, *, durable: bool = False, often: str | None = None) -> History:
    """Draw a history: an entry is written first, and some people leave the study at the end.

    With ``often``, every other round begins with this fault.
    """
    first = ["write", 0, draw(_bad), draw(PHOTOS), None]
    steps = [first, *draw(st.lists(_step, min_size=4, max_size=12))]
    for step in steps:
        if often and step[0] == "run" and draw(st.booleans()):
            step[-1] = [often, *step[-1]]
    if draw(st.sampled_from([False, False, False, True])):
        steps += [["withdraw", 0], ["run", 0, 1, None, 400, True, []]]
    phones = 1 if durable else draw(st.sampled_from([1, 2, 2]))
    return History(steps, phones, draw(st.integers(0, 2**31 - 1)), durable)


@dataclass
class Stage:
    """A running server with a study, and a browser page on it that can play histories."""

    site: Site
    page: Page
    old_key: dict[str, str]
    pictures: list[str]
    met: Counter[str] = field(default_factory=Counter)
    played: int = 0
    acknowledged: int = 0

    def load(self, page: Page, folder: str = "current") -> None:
        """Teach ``page`` to play, with the modules as they stand under ``/static/{folder}``."""
        page.goto(self.site.server.base_url + "/healthz")
        page.evaluate(PLAYER.read_text(encoding="utf-8"), [f"/static/{folder}/{name}" for name in MODULES])

    def play(self, history: History) -> None:
        """Play ``history`` with a person of its own, and check what came of it."""
        person = self._new_person()
        told = self.page.evaluate("(history) => playHistory(history)", self._given(history, person))
        self.played += 1
        self.met.update(step[0] for step in history.steps)
        self.acknowledged += sum(gone["step"] == "run" for gone in told["gone"])
        rows, files = self.site.entries(person[0]), self.site.attachments(person[0])
        check(Outcome(told, rows, files, self.site.scene.keyring.public_key))

    def _new_person(self) -> tuple[UUID, str, str]:
        """Take one more person in, who agreed on a phone; returns their id, code and the token of their link."""
        scene = self.site.scene
        with scene.store.write() as session:
            study = session.get_one(Study, scene.study_id)
            code = f"H{secrets.token_hex(6)}"
            person, link = participants.enrol(session, scene.keyring, "user:test", study, Enrolment(code=code))
            consents.give_consent(session, "user:test", person, ["diary"], version=1, method="person")
            return person.id, code, link.token

    def _given(self, history: History, person: tuple[UUID, str, str]) -> dict[str, Any]:
        scene = self.site.scene
        facts = {
            "person": str(person[0]),
            "study": SLUG,
            "study_id": str(scene.study_id),
            "seal_key": study_key(scene.keyring, scene.study_id).told(),
            "receipt_key": scene.keyring.public_key,
        }
        return {
            "facts": facts,
            "code": person[1],
            "token": person[2],
            "stranger": scene.links["P02"].token,
            "staff": scene.headers["owner"]["Authorization"].removeprefix("Bearer "),
            "old": self.old_key,
            "pictures": self.pictures,
            "stage": STAGE,
            **vars(history),
        }


@dataclass(frozen=True)
class Outcome:
    """What the phones say of a history, and what the server has."""

    told: dict[str, Any]
    rows: dict[str, Row]
    files: dict[str, Row]
    public_key: str

    def digest_of(self, object_id: str) -> str | None:
        """Return the digest of what the server has under this id."""
        found = self.rows.get(object_id, {}).get("digest") or self.files.get(object_id, {}).get("sent_digest")
        return str(found) if found else None


def check(outcome: Outcome) -> None:
    """Hold the outcome against the model."""
    digests: dict[str, set[str]] = {}
    for one in outcome.told["written"]:
        digests.setdefault(one["id"], set()).add(digest_of(Submission.model_validate(one["submission"])))
        for photo in one["photos"]:
            digests[photo] = {sha256(picture(int(photo[-4:], 16) % PICTURES)).hexdigest()}
    nothing_forgotten_without_proof(outcome, digests)
    nothing_but_what_was_written(outcome, digests)
    nothing_doubled(outcome)
    nothing_left_behind(outcome)


def nothing_forgotten_without_proof(outcome: Outcome, digests: dict[str, set[str]]) -> None:
    """Whatever left a phone by itself left it for a receipt that verifies, and is on the server as it was written."""
    for gone in outcome.told["gone"]:
        if gone["step"] != "run":
            continue
        receipts = [one for one in outcome.told["receipts"][gone["phone"]] if one["id"] == gone["id"]]
        good = [one for one in receipts if _verifies(one, outcome.public_key)]
        assert good, f"forgotten without a receipt: {gone}"
        assert good[-1]["digest"] in digests[gone["id"]], "the receipt speaks of what was written"
        assert outcome.digest_of(gone["id"]) == good[-1]["digest"], "an acknowledged object is there"


def nothing_but_what_was_written(outcome: Outcome, digests: dict[str, set[str]]) -> None:
    """Each object on the server is one that was written, an entry with its very answers, a photo with its entry."""
    for object_id in (*outcome.rows, *outcome.files):
        assert outcome.digest_of(object_id) in digests.get(object_id, ()), "an object that nobody wrote"
    for entry_id, row in outcome.rows.items():
        versions = [one["submission"]["answers"] for one in outcome.told["written"] if one["id"] == entry_id]
        assert row["answers"] in versions
    assert all(file["entry_id"] in outcome.rows for file in outcome.files.values())


def nothing_doubled(outcome: Outcome) -> None:
    """A moment that was written down is at most one entry, however often it was sent or put right."""
    moments = {one["id"]: one["moment"] for one in outcome.told["written"]}
    stored = Counter(moments[entry_id] for entry_id in outcome.rows)
    assert all(count == 1 for count in stored.values()), f"written down once, stored more often: {stored}"


def nothing_left_behind(outcome: Outcome) -> None:
    """In the end the queue is empty but for what the server refuses for good; and what is gone is on the server."""
    dropped = {gone["id"] for gone in outcome.told["gone"] if gone["step"] in ("drop", "correct")}
    left = {kept["id"]: kept for phone in outcome.told["left"] for kept in phone}
    bad = {one["id"] for one in outcome.told["written"] if one["bad"]}
    for kept in left.values():
        if outcome.told["withdrawn"] or kept.get("entry") in left:
            continue
        assert kept["state"] == "refused", f"still waiting: {kept}"
        assert kept["id"] in bad or kept["refusal"]["code"] in ("entry_conflict", "seal_lost"), f"refused: {kept}"
    for one in outcome.told["written"]:
        for object_id in (one["id"], *one["photos"]):
            assert outcome.digest_of(object_id) or object_id in left or object_id in dropped, f"lost: {one}"


def _verifies(receipt: dict[str, Any], public_key: str) -> bool:
    message = f"{receipt['id']}|{receipt['digest']}|{receipt['received_at']}"
    return verify(public_key, message.encode(), receipt["signature"])


def play_many(
    stage: Stage, number: int, *, count: int, durable: bool = False, shrink: bool = True, often: str | None = None
) -> None:
    """Play ``count`` histories; the same ``number`` gives the same ones, in a process that has loaded the same modules."""

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
    )
    @given(histories(durable=durable, often=often))
    def play(history: History) -> None:
        stage.play(history)

    play()


@contextmanager
def staged(folder: Path, page: Page) -> Iterator[Stage]:
    """Serve a study from ``folder`` and give the stage on it."""
    with site(folder) as served:
        pictures = [base64.b64encode(picture(number)).decode() for number in range(PICTURES)]
        stage = Stage(served, page, _foreign_key(), pictures)
        stage.load(page)
        yield stage


def _foreign_key() -> dict[str, str]:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"id": "00" * 8, "public": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}
