"""The diary opens on one bar of signal, and the second time on none: counted on the wire, where nothing escapes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.offline.diary import join, open_whole
from tests.offline.faults import FaultProxy
from tests.offline.site import Site
from tests.support.browser import SIZES

MOST_BYTES = 40 * 1024
MOST_REQUESTS = 4


@pytest.fixture
def phone(browser: Browser, served: Site, network: FaultProxy) -> Iterator[Page]:
    """A phone that is signed in and has nothing of the diary in its cache."""
    first = phone_context(browser)
    join(first.new_page(), served.scene.links["P01"].url(network.base_url))
    state = first.storage_state()
    first.close()
    fresh = phone_context(browser, state)
    yield fresh.new_page()
    fresh.close()


def phone_context(browser: Browser, state: StorageState | None = None) -> BrowserContext:
    """Return a phone, with the cookies of ``state``."""
    width, height = SIZES["phone"]
    return browser.new_context(
        viewport={"width": width, "height": height}, is_mobile=True, has_touch=True, locale="zh-CN", storage_state=state
    )


def test_the_first_open_is_small_to_the_last_byte(phone: Page, network: FaultProxy) -> None:
    passed = open_whole(phone, network)
    assert len(passed) <= MOST_REQUESTS, [one.path for one in passed]
    assert sum(one.size for one in passed) <= MOST_BYTES, [(one.path, one.size) for one in passed]


def test_the_second_open_needs_no_network(phone: Page, network: FaultProxy) -> None:
    open_whole(phone, network)
    network.switch_off()
    network.passages.clear()
    phone.goto(network.base_url + "/d/today")
    expect(phone.locator("form#entry")).to_be_visible()
    expect(phone.locator("input[name='answers.mood']")).to_have_count(9)
    assert phone.evaluate("getComputedStyle(document.body).fontSize") == "17px", "it has its style"
    assert {one.fault for one in network.passages} <= {"off"}
