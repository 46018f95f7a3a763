"""Take the pictures of README.md and docs/, of a demo study in a temporary folder: ``make screenshots``.

``ARGS="study phone-today"`` takes only these; the others stay as they are.
"""

import base64
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from app.core import clock
from app.core.ids import uuid7
from scripts.palette_png import indexed_png
from scripts.system_packages import find_chromium
from tests.support.browser import FLAGS
from tests.support.program import data_environment
from tests.support.server import DemoServer

IMAGES = Path(__file__).parents[1] / "docs" / "images"
DAY = 3
# An image's pixels, as the browser itself decodes them: nothing else here can read a PNG.
PIXELS = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = canvas.getImageData(0, 0, image.width, image.height).data;
  const parts = [];
  for (let at = 0; at < pixels.length; at += 32768) {
    parts.push(String.fromCharCode(...pixels.subarray(at, at + 32768)));
  }
  return [image.width, image.height, btoa(parts.join(""))];
}"""
KEPT_SHELL = """async () => {
  const cache = await caches.open("xinlu-shell-1");
  const parts = ["/d/today", document.querySelector("script[data-later]").dataset.later];
  return (await Promise.all(parts.map((part) => cache.match(part)))).every(Boolean);
}"""
PATIENCE_SECONDS = 60
TRANSCRIPT = Path(__file__).parents[1] / "tests" / "interviews" / "fixtures" / "dental_implant.txt"
FELT = "夜里肿得厉害，一个人坐到两点。想发消息问问医生，又怕打扰人家。"


class Album:
    """Opens the demo's pages and keeps the pictures that were asked for."""

    def __init__(self, browser: Browser, server: DemoServer, wanted: Sequence[str]) -> None:
        self.browser = browser
        self.server = server
        self.demo: dict[str, Any] = server.demo
        self.wanted = frozenset(wanted)
        self.taken: dict[str, int] = {}
        self._decoder = browser.new_page()

    def page(self, width: int, height: int, *, scale: float, phone: bool = False) -> Page:
        """Return a page of this size in a context of its own."""
        context = self.browser.new_context(
            base_url=self.server.base_url,
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            is_mobile=phone,
            has_touch=phone,
            color_scheme="light",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        return context.new_page()

    def keep(self, name: str, page: Page, within: str | None = None) -> None:
        """Keep what the page shows, or one element of it, as ``name``.png."""
        if self.wanted and name not in self.wanted:
            return
        if within:
            png = page.locator(within).first.screenshot(animations="disabled", caret="hide")
        else:
            png = page.screenshot(animations="disabled", caret="hide")
        width, height, pixels = self._decoder.evaluate(PIXELS, base64.b64encode(png).decode())
        raw = np.frombuffer(base64.b64decode(pixels), dtype=np.uint8).reshape(height, width, 4)
        self.taken[name] = (IMAGES / f"{name}.png").write_bytes(indexed_png(raw[:, :, :3]))

    def call(self, page: Page, method: str, path: str, body: dict[str, Any]) -> Any:
        """Return what the API answers to the demo's key."""
        headers = {"Authorization": f"Bearer {self.demo['api_key']}"}
        answer = page.request.fetch(f"/api/v1{path}", method=method, headers=headers, data=body)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.text()[:300]}")
        return answer.json()


def workbench(album: Album) -> None:
    """Keep what researchers see."""
    page = album.page(1280, 860, scale=1.25)
    study = f"/studies/{album.demo['study']}"
    page.goto("/sign-in")
    album.keep("sign-in", page)
    sign_in(album, page)
    page.goto(f"{study}?by=day")
    album.keep("curve", page, "section.hero")
    page.set_viewport_size({"width": 1280, "height": 1060})
    for name, path in (
        ("study", study),
        ("quotes", f"{study}/quotes?by=day&key=2"),
        ("new-study", "/studies/new"),
        ("settings-journey", f"{study}/settings/journey"),
        ("settings-form", f"{study}/settings/form"),
        ("participants", f"{study}/participants"),
        ("new-participant", f"{study}/participants/new"),
        ("keys", "/account/keys"),
    ):
        page.goto(path)
        album.keep(name, page)
    page.context.close()


def maps(album: Album) -> None:
    """Keep what a team draws from the curve: two groups, the map, touchpoints, support, insights, the report."""
    page = album.page(1280, 1060, scale=1)
    study = f"/studies/{album.demo['study']}"
    sign_in(album, page)
    for name, path in (
        ("compare", "/compare"),
        ("insights", "/insights"),
        ("report", "/report"),
    ):
        page.goto(study + path)
        album.keep(name, page)
    page.goto(f"{study}/support")
    album.keep("support", page, "section")
    page.set_viewport_size({"width": 1280, "height": 1300})
    page.goto(f"{study}/map")
    album.keep("map", page)
    page.context.close()


def sign_in(album: Album, page: Page) -> None:
    """Sign in as the demo's owner."""
    page.goto("/sign-in")
    page.fill("[name=login]", album.demo["staff"]["login"])
    page.fill("[name=password]", album.demo["staff"]["password"])
    page.locator("form[action='/sign-in'] button").click()
    page.wait_for_url("**/studies")


def coding(album: Album) -> None:
    """Keep what coders see: a transcript on its way in, the codebook, the draws, and words being coded."""
    page = album.page(1280, 860, scale=1.25)
    study = f"/studies/{album.demo['study']}"
    sign_in(album, page)
    page.goto(f"{study}/interviews/import")
    page.get_by_label("文字稿", exact=True).set_input_files(TRANSCRIPT)
    page.locator("form[enctype] button").click()
    page.get_by_label("参与者编号").fill("I01")
    page.get_by_label("名单里还没有这个人").check()
    page.get_by_label("我担保有签好的纸质同意书").check()
    page.get_by_role("button", name="导入这").click()
    page.get_by_text("导入好了").wait_for()
    album.keep("interview", page)
    for name, path in (("codebook", "/codebook"), ("draws", "/draws")):
        page.goto(study + path)
        album.keep(name, page)
    page.goto(f"{study}/coding")
    page.locator("main form button").first.click()
    page.locator("#reading li[aria-current] .said:focus").wait_for()
    for keys in (("1", "v", "a", "Enter"), ("4", "v", "s"), ("2",)):
        for key in keys:
            page.keyboard.press(key)
    page.locator("#saved[data-state=saved]").wait_for()
    album.keep("coding", page)
    page.context.close()


def phone(album: Album) -> None:
    """Keep what somebody sees who had surgery three days ago and writes for the first time."""
    page = album.page(375, 812, scale=2, phone=True)
    page.goto("/d")
    album.keep("phone-open", page)
    page.goto(newcomer(album, page)["link"]["url"])
    page.wait_for_url("**/d/consent")
    album.keep("phone-consent", page)
    page.locator("[name=purposes]").first.check(force=True)
    page.locator("#boxes").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#boxes').scrollIntoView()")
    album.keep("phone-purposes", page)
    page.locator("form[action='/d/consent'] button").click()
    page.wait_for_url("**/d/today")
    album.keep("phone-today", page)
    write(page)
    page.evaluate("scrollTo(0, 260)")
    album.keep("phone-written", page)
    page.locator(".save button").click()
    page.wait_for_url("**/d/entries/*")
    album.keep("phone-saved", page)
    page.context.close()


def offline(album: Album) -> None:
    """Keep what somebody sees who writes without a network, is signed out meanwhile, and leaves the study."""
    page = album.page(375, 812, scale=2, phone=True)
    who = newcomer(album, page)
    agree(page, who["link"]["url"])
    page.locator("h1").dispatch_event("pointerdown")
    until(page, KEPT_SHELL)
    page.context.set_offline(True)
    page.goto("/d/today")
    write(page)
    page.locator(".save button").click()
    page.locator(".kept-here").wait_for()
    album.keep("phone-kept", page)
    page.goto("/d/queue")
    page.locator("li[data-state=waiting]").wait_for()
    album.keep("phone-queue", page)
    people = f"/studies/{album.demo['study']}/participants/{who['participant']['code']}"
    link = album.call(page, "POST", f"{people}/link", {})
    page.context.set_offline(False)
    page.locator(".notice a[href='/d'], a.button[href='/d']").first.wait_for()
    album.keep("phone-heal", page)
    page.goto("about:blank")
    page.goto(link["url"])
    page.wait_for_url("**/d/today")
    until(page, "() => document.querySelector('[data-unsent]').hidden")
    page.context.set_offline(True)
    page.goto("/d/today")
    write(page)
    page.locator(".save button").click()
    page.locator(".kept-here").wait_for()
    page.goto("/d/queue")
    album.call(page, "POST", f"{people}/withdraw", {})
    page.context.set_offline(False)
    page.locator("li[data-state=refused]").wait_for()
    album.keep("phone-refused", page)
    page.context.close()


def newcomer(album: Album, page: Page) -> Any:
    """Take in somebody who had surgery three days ago; returns what the API says of them, their link too."""
    anchor = (clock.now() - timedelta(days=DAY)).date().isoformat()
    return album.call(page, "POST", f"/studies/{album.demo['study']}/participants", {"anchor_on": anchor})


def agree(page: Page, link: str) -> None:
    """Open a link and agree to what is required."""
    page.goto(link)
    page.wait_for_url("**/d/consent")
    page.locator("[name=purposes]").first.check(force=True)
    page.locator("form[action='/d/consent'] button").click()
    page.wait_for_url("**/d/today")


def write(page: Page) -> None:
    """Fill today's form in, once its scripts are ready."""
    until(page, "() => !document.querySelector('form#entry').hasAttribute('data-once')")
    page.locator("input[name='answers.mood'][value='3']").check(force=True)
    page.fill("[name='answers.feeling']", FELT)
    page.locator("input[name='answers.mark'][value='valley']").check(force=True)
    page.locator("[name='answers.feeling']").blur()


def until(page: Page, script: str) -> None:
    """Wait until ``script``, which may be asynchronous, says yes."""
    deadline = clock.now() + timedelta(seconds=PATIENCE_SECONDS)
    while not page.evaluate(script):
        if clock.now() > deadline:
            raise TimeoutError(script)
        page.wait_for_timeout(100)


def own_pages(album: Album) -> None:
    """Keep what somebody sees of their own who has written for months."""
    page = album.page(375, 812, scale=2, phone=True)
    agree(page, album.demo["participant_link"])
    for name in ("mine", "readers", "messages", "takeaway", "reminders"):
        page.goto(f"/d/{name}")
        album.keep(f"phone-{name}", page)
    page.goto(f"/d/p/{uuid7()}")
    album.keep("phone-tapped", page)
    page.context.close()


PARTS: Sequence[Callable[[Album], None]] = (workbench, maps, coding, phone, offline, own_pages)


def main(wanted: Sequence[str]) -> None:
    """Take the pictures ``wanted``, or all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="xinlu-pictures-") as folder:
        server = DemoServer(data_environment(Path(folder), None), Path(folder))
        server.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
                album = Album(browser, server, wanted)
                for part in PARTS:
                    part(album)
                browser.close()
        finally:
            server.close()
    for name, size in album.taken.items():
        print(f"docs/images/{name}.png  {size / 1024:.0f} KB")
    if unknown := album.wanted - album.taken.keys():
        raise SystemExit(f"there is no picture {', '.join(sorted(unknown))}")


if __name__ == "__main__":
    main(sys.argv[1:])
