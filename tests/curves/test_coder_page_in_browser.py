"""The page of a study's coder, in a browser: it follows the job, shows both curves at every size, and everyone can use it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer

pytestmark = pytest.mark.browser


def signed_in(server: DemoServer, page: Page) -> str:
    """Sign in and return the address of the coder's page."""
    page.goto(f"{server.base_url}/sign-in")
    page.fill("input[name=login]", server.demo["staff"]["login"])
    page.fill("input[name=password]", server.demo["staff"]["password"])
    page.locator("main form button").last.click()
    page.wait_for_url("**/studies")
    return f"{server.base_url}/studies/{server.demo['study']}/settings/coder"


def assert_usable(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its window"
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def test_a_trial_is_followed_compared_and_declined(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop")
    address = signed_in(demo_server, page)
    page.goto(address)
    assert_usable(page)
    page.get_by_role("radio", name="lexicon").check()
    page.get_by_role("button", name="试编，先看看").click()
    expect(page.get_by_role("group", name="两条曲线")).to_be_visible(timeout=120_000)
    expect(page.locator("svg.chart-wide, svg.chart-medium").locator("visible=true")).to_have_count(1)
    expect(page.get_by_role("table")).to_contain_text("恢复")
    assert_usable(page)
    sizes: tuple[tuple[Size, bool], ...] = (("phone", False), ("phone", True), ("tablet", False), ("desktop", True))
    for size, dark in sizes:
        other = open_page(size, dark=dark)
        other.goto(signed_in(demo_server, other))
        expect(other.get_by_role("group", name="两条曲线")).to_be_visible()
        assert_usable(other)
    page.get_by_role("button", name="不采用").click()
    expect(page.get_by_role("heading", name="试编：lexicon")).to_have_count(0)
    expect(page.get_by_text("现在的编码器").locator("..")).to_contain_text("default")
    page.get_by_text("以前的重新编码").click()
    expect(page.get_by_text("没有采用").first).to_be_visible()
