"""The diary as a person uses it on a phone: opened by a link, written in, looked through; and what the page itself knows."""

import re
import time
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from tests.offline.faults import FaultProxy, Passage
from tests.offline.site import picture

PATIENCE_SECONDS = 60.0
SHELL = "async () => Boolean(await (await caches.open('xinlu-shell-1')).match('/d/today'))"
WHOLE = """async () => {
  const later = document.querySelector("script[data-later]")?.dataset.later;
  const cache = await caches.open("xinlu-shell-1");
  const parts = ["/d/today", ...(later ? [later] : [])];
  return (await Promise.all(parts.map((part) => cache.match(part)))).every(Boolean);
}"""
"""Whether everything is kept that a visit without a network needs: what is fetched once somebody begins to write, too."""
QUEUE = """() => new Promise((done) => {
  const asked = indexedDB.open("xinlu");
  asked.onsuccess = () => {
    const database = asked.result;
    const found = database.transaction("objects").objectStore("objects").getAll();
    found.onsuccess = () => { database.close(); done(found.result); };
  };
})"""

DRAFTS = QUEUE.replace('"objects"', '"drafts"')
"""The drafts that the phone keeps, of which there is one for each page that stands open."""


def join(page: Page, link: str) -> None:
    """Open a personal link, agree to what is required, and wait until the phone could do without a network."""
    page.goto(link)
    page.wait_for_url("**/d/consent")
    page.locator("input[name=purposes]").first.check(force=True)
    page.locator("form[action='/d/consent'] button").first.click()
    page.wait_for_url("**/d/today")
    page.locator("h1").dispatch_event("pointerdown")
    until(page, WHOLE)


def come_back(page: Page, link: str) -> None:
    """Open the link again: a browser that died soon after it was signed in may have lost its cookie, as on real phones."""
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_url(re.compile("/d/(today|consent)$"))


def until(page: Page, script: str) -> None:
    """Wait until the asynchronous ``script`` returns something: neither false nor empty."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(script):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(50)


def write(page: Page, words: str, *, mood: int = 3, photos: Sequence[int] = (), save: bool = True) -> None:
    """Fill in the form that stands open on ``page``, with the numbered pictures, and save it."""
    # The page's scripts mark the form when it is theirs; what is typed before may still go the plain way.
    expect(page.locator("form#entry:not([data-once])")).to_be_attached()
    page.locator(f"input[name='answers.mood'][value='{mood}']").check(force=True)
    page.locator("[name='answers.feeling']").fill(words)
    if photos:
        files: list[FilePayload] = [
            {"name": f"{number}.png", "mimeType": "image/png", "buffer": picture(number, (640, 480))}
            for number in photos
        ]
        page.locator("input[name=photo]").set_input_files(files)
        expect(page.locator(".captured > li")).to_have_count(len(photos))
    if save:
        page.locator("button[form=entry]").click()


def waiting(page: Page) -> list[dict[str, Any]]:
    """Return what the phone still keeps: the outer facts of each object."""
    found: list[dict[str, Any]] = page.evaluate(QUEUE)
    return found


def open_whole(page: Page, network: FaultProxy) -> list[Passage]:
    """Open today's form, wait until its frame would open without a network, and return what went over the wire for it."""
    network.passages.clear()
    page.goto(network.base_url + "/d/today", wait_until="networkidle")
    until(page, SHELL)
    page.wait_for_load_state("networkidle")
    return list(network.passages)
