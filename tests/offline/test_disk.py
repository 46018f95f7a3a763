"""A stolen phone tells nothing: no file of the browser's profile holds what was written offline.

The detector is proved first, on texts that are written in the plain, in every place where a browser keeps texts.
"""

import base64
import gzip
import json
import secrets
import threading
import time
from collections.abc import Collection, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from app.participants import consents
from app.participants.models import Participant
from tests.offline.diary import DRAFTS, come_back, join, until, write
from tests.offline.disk import places, shapes
from tests.offline.faults import FaultProxy
from tests.offline.handset import Handset
from tests.offline.site import Site

FLUSH_SECONDS = 90.0
HAN = "痛麻肿酸怕盼累静暖凉慌稳苦甜眠醒"
PLAIN = """async ([small, large, kept, cached]) => {
  const opened = await new Promise((done) => {
    const asked = indexedDB.open("plain", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("texts");
    asked.onsuccess = () => done(asked.result);
  });
  const put = async (key, text) => {
    const written = opened.transaction("texts", "readwrite", { durability: "strict" });
    written.objectStore("texts").put({ text }, key);
    await new Promise((done) => { written.oncomplete = done; });
  };
  await put(1, small);
  await put(2, (large + " ").repeat(9000));
  localStorage.setItem("draft", kept);
  const cache = await caches.open("pages");
  await cache.put("/shell", new Response("<p>" + cached));
  // So much more that the store moves what it has from its log into a packed table.
  for (let key = 3; key < 103; key += 1) {
    const noise = crypto.getRandomValues(new Uint8Array(50000));
    await put(key, Array.from(noise, (byte) => String.fromCharCode(33 + byte % 90)).join(""));
  }
}"""


def canary(name: str) -> str:
    """Return a text that occurs nowhere else, in letters and in Chinese."""
    return f"{name}{secrets.token_hex(6)}" + "".join(secrets.choice(HAN) for _ in range(8))


class Cacheable(BaseHTTPRequestHandler):
    """Answers every address with a page that may be cached for long, gzipped as servers do."""

    text = ""

    def do_GET(self) -> None:
        body = gzip.compress(f"<!doctype html><meta charset=utf-8><textarea></textarea><p>{self.text}".encode())
        self.send_response(200)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Encoding", "gzip"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "max-age=99999"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def careless_site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Cacheable) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def write_in_the_plain(page: Page, site: str) -> dict[str, str]:
    """Keep a canary in each of the browser's stores; return them by the folder of the profile where each must be."""
    texts = {name: canary(name[:2]) for name in ("IndexedDB", "leveldb", "Local Storage", "CacheStorage", "Cache_Data")}
    texts["Sessions"] = canary("form")
    Cacheable.text = texts["Cache_Data"]
    page.goto(site)
    page.locator("textarea").fill(texts["Sessions"])
    page.evaluate(PLAIN, [texts[name] for name in ("IndexedDB", "leveldb", "Local Storage", "CacheStorage")])
    return texts


def wait_for_disk(folder: Path, texts: Collection[str]) -> None:
    """Wait until the browser has written every one of ``texts`` somewhere: it takes its time with most of its files."""
    deadline = time.monotonic() + FLUSH_SECONDS
    while missing := set(texts) - places(folder, texts).keys():
        assert time.monotonic() < deadline, missing
        time.sleep(0.3)


def test_the_detector_finds_what_is_kept_in_the_plain(handset: Handset, careless_site: str) -> None:
    texts = write_in_the_plain(handset.open(), careless_site)
    deadline = time.monotonic() + FLUSH_SECONDS
    while lacking := not_where_it_belongs(handset.folder, texts):
        assert time.monotonic() < deadline, lacking
        time.sleep(0.3)
    handset.kill()
    assert not_where_it_belongs(handset.folder, texts) == []


def not_where_it_belongs(folder: Path, texts: dict[str, str]) -> list[str]:
    """Return the stores whose text is not found in their own folder; the first text must have come into a packed table, too."""
    found = places(folder, texts.values())
    lacking = [name for name, text in texts.items() if not any(name in path for path in found.get(text, ()))]
    packed = any(path.endswith(".ldb") for path in found.get(texts["IndexedDB"], ()))
    return lacking if packed else [*lacking, "packed table"]


def test_the_detector_knows_the_shapes_of_a_text() -> None:
    text = canary("shape")
    raw = f"<{text}>".encode()
    for lead in range(3):
        for content in (raw, f"<{text}>".encode("utf-16-le"), f"<{text}>".encode("utf-16-be")):
            for coded in (base64.b64encode(b"x" * lead + content), base64.urlsafe_b64encode(b"x" * lead + content)):
                assert any(shape in coded for shape in shapes(text))
    for written in (json.dumps(text), json.dumps(text, ensure_ascii=False), quote(text)):
        assert any(shape in written.encode() for shape in shapes(text))
    assert not any(shape in canary("shape").encode() for shape in shapes(text))


class Telltale:
    """Texts that must never be found, and a careless page beside the diary that shows when the browser has written its files."""

    def __init__(self, handset: Handset, site: str) -> None:
        self.handset = handset
        self.site = site
        self.texts: list[str] = []

    def text(self, name: str) -> str:
        """Return one more text that must not be found."""
        self.texts.append(canary(name))
        return self.texts[-1]

    def kill_and_search(self) -> None:
        """Wait until what was typed into a careless page just now is on the disk; kill the browser; look for the texts."""
        told = canary("told")
        page = self.handset.context.new_page()
        page.goto(self.site)
        page.locator("textarea").fill(told)
        page.evaluate("(text) => localStorage.setItem('told', text)", told)
        wait_for_disk(self.handset.folder, [told])
        self.handset.kill()
        assert places(self.handset.folder, [told]), "the detector still sees"
        assert places(self.handset.folder, self.texts) == {}


@pytest.fixture
def telltale(handset: Handset, careless_site: str) -> Telltale:
    return Telltale(handset, careless_site)


def test_nothing_written_offline_can_be_read_from_the_disk(
    handset: Handset, served: Site, network: FaultProxy, telltale: Telltale
) -> None:
    """Sent, saved, half written, refused, put right; the battery dead each time, and the person signed out in the end."""
    diary = network.base_url + "/d"
    page = handset.open()
    link = served.scene.links["P01"].url(network.base_url)
    join(page, link)
    write(page, telltale.text("sent"))
    page.wait_for_url("**/d/entries/*")
    page.goto(f"{diary}/mine")
    network.switch_off()
    page.goto(f"{diary}/today")
    write(page, telltale.text("saved"), photos=[3])
    expect(page.locator(".kept-here h1")).to_be_visible()
    page.goto(f"{diary}/today")
    draft = telltale.text("draft")
    write(page, draft, save=False)
    until(page, DRAFTS)
    telltale.kill_and_search()

    page = handset.open()
    page.goto(f"{diary}/today")
    expect(page.locator("[name='answers.feeling']")).to_have_value(draft)
    page.locator("button[form=entry]").click()
    expect(page.locator(".kept-here h1")).to_be_visible()
    consent(served, given=False)
    network.switch_on()
    come_back(page, link)
    page.goto(f"{diary}/queue")
    page.get_by_role("button", name="现在就发").click()
    expect(page.locator("li[data-state=refused]").filter(has_text=draft[:20])).to_be_visible()
    network.switch_off()
    page.locator("li[data-state=refused]").filter(has_text=draft[:20]).locator("a[href*=correct]").click()
    expect(page.locator("[name='answers.feeling']")).to_have_value(draft)
    write(page, telltale.text("corrected"))
    expect(page.locator(".kept-here h1")).to_be_visible()
    telltale.kill_and_search()

    page = handset.open()
    consent(served, given=True)
    network.worsen({"lose": 1}, seed=1)  # pages come, entries stay: given again, the consent would let all of them go
    network.switch_on()
    come_back(page, link)
    sign_out(page, diary)
    page.goto(f"{diary}/queue")
    telltale.kill_and_search()


def consent(served: Site, *, given: bool) -> None:
    """Let the person give or take back their consent elsewhere: without it, the server refuses what they write."""
    with served.scene.store.write() as session:
        person = session.get_one(Participant, (served.scene.study_id, served.scene.people["P01"]))
        if given:
            consents.give_consent(session, "user:test", person, ["diary"], version=1, method="person")
        else:
            consents.withdraw_purpose(session, "user:test", person, "diary")


def sign_out(page: Page, diary: str) -> None:
    """Let the phone forget whose it is, though entries wait on it."""
    page.goto(f"{diary}/consent")
    leave = page.locator("form[action='/d/leave'] button")
    page.locator("details:has(form[action='/d/leave']) > summary").click()
    leave.click()
    expect(page.locator("form[action='/d/leave'] [role=alert]")).to_be_visible()
    leave.click()
    page.wait_for_url("**/d/leave")
