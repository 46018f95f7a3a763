"""What the phone's diary weighs when it is opened for the first time."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Response, sync_playwright

from app.core import schema
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from scripts.system_packages import find_chromium
from tests.bench.table import Row
from tests.support.browser import FLAGS
from tests.support.program import data_environment
from tests.support.scene import set_scene
from tests.support.server import ServerProcess


def rows(folder: Path) -> Iterator[Row]:
    """Yield bytes and requests of the page with today's form, opened with nothing in the cache."""
    store = Database(f"sqlite:///{folder / 'xinlu.db'}")
    schema.upgrade(store)
    scene = set_scene(store, Keyring(load_or_create_secret(folder / "secret.key")))
    store.close()
    server = ServerProcess(data_environment(folder, None), folder).start()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 375, "height": 812})
        page.goto(scene.links["P01"].url(server.base_url))
        page.wait_for_url("**/d/consent")
        page.locator("input[type=checkbox]").first.check(force=True)
        page.locator("form[action='/d/consent'] button").first.click()
        page.wait_for_url("**/d/today")
        fresh = browser.new_context(storage_state=page.context.storage_state())
        again = fresh.new_page()
        answers: list[Response] = []
        again.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - a bound builtin cannot be wrapped
        again.goto(f"{server.base_url}/d/today", wait_until="networkidle")
        weights = [answer.request.sizes() for answer in answers]
        browser.close()
    server.stop()
    total = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in weights)
    yield Row("phone diary, first open, KB transferred", total / 1000, "<= 40", "headers included")
    yield Row("phone diary, first open, requests", len(answers), "<= 4", "all to the same host")
