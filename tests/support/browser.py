"""The system's Chromium, driven as a person would use it."""

from collections.abc import Iterator
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from scripts.system_packages import find_chromium
from tests.support import run
from tests.support.loopback import is_loopback

Size = Literal["phone", "tablet", "desktop"]
SIZES: dict[Size, tuple[int, int]] = {"phone": (375, 812), "tablet": (768, 1024), "desktop": (1440, 900)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
PATIENCE_MS = 30_000
"""On a machine that does much else, a page takes its time; only a test that fails waits so long."""
START_MS = 180_000
"""A browser that starts, too."""
# What a page loads for itself; the others are what the person, or the page's script, asks for and must handle.
PARTS = frozenset({"stylesheet", "script", "image", "font", "manifest", "media"})


class OpenPage(Protocol):
    """Opens a page in a browser context (cookies, cache) of its own."""

    def __call__(
        self,
        size: Size = "phone",
        *,
        dark: bool = False,
        scripts: bool = True,
        locale: str = "zh-CN",
        reduced_motion: bool = True,
    ) -> Page: ...


def pytest_configure() -> None:
    """Let every ``expect`` be patient, whichever module of a process is the first to start a browser, and how."""
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium. It ends with the module: while it runs, asyncio.run does not work in this process."""
    run.require("chromium", "chinese-font")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, timeout=START_MS)
        yield chromium
        chromium.close()


@pytest.fixture
def troubles() -> list[str]:
    """What went wrong in the pages of this test, in words: script errors, broken parts, requests to other hosts.

    The test fails at its end unless this is empty; a test that provokes one looks at it here and clears it.
    """
    return []


@pytest.fixture
def open_page(browser: Browser, troubles: list[str]) -> Iterator[OpenPage]:
    """Opens pages: ``page = open_page("desktop", dark=True)``; fails the test on anything in ``troubles``."""
    contexts: list[BrowserContext] = []

    def open_page(
        size: Size = "phone",
        *,
        dark: bool = False,
        scripts: bool = True,
        locale: str = "zh-CN",
        reduced_motion: bool = True,
    ) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=2 if size == "phone" else 1,
            has_touch=size != "desktop",
            is_mobile=size == "phone",
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale=locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce" if reduced_motion else "no-preference",
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        _watch(page, troubles)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles, "the pages had troubles:\n" + "\n".join(troubles)


def _watch(page: Page, troubles: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        # A refused request is told by its response, and may be what the test is about.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            troubles.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and not is_loopback(address.hostname):
            troubles.append(f"request to another host: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type in PARTS:
            troubles.append(f"{response.status} for {response.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
    page.on("request", on_request)
    page.on("response", on_response)
