"""What the phone's diary weighs when it is opened for the first time, counted on the wire: its service worker too."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from scripts.system_packages import find_chromium
from tests.bench.table import Row
from tests.offline.diary import join, open_whole
from tests.offline.faults import FaultProxy
from tests.offline.site import site
from tests.support.browser import FLAGS


def rows(folder: Path) -> Iterator[Row]:
    """Yield bytes and requests of the page with today's form, opened with nothing in the cache."""
    with site(folder) as served, FaultProxy(served.server.port) as network, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 375, "height": 812})
        join(page, served.scene.links["P01"].url(network.base_url))
        fresh = browser.new_context(storage_state=page.context.storage_state())
        page.context.close()
        passed = open_whole(fresh.new_page(), network)
        browser.close()
    weights = ", ".join(f"{one.path.rpartition('/')[2]} {one.size / 1000:.1f}" for one in passed)
    yield Row("phone diary, first open, KB transferred", sum(one.size for one in passed) / 1000, "<= 40", weights)
    yield Row(
        "phone diary, first open, requests", len(passed), "<= 4", "all to the same host, the service worker's too"
    )
