"""Two groups side by side, in a browser: at every size, with a keyboard, and for everyone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer

pytestmark = pytest.mark.browser


def signed_in(server: DemoServer, page: Page) -> str:
    """Sign in and return the address of the study."""
    page.goto(f"{server.base_url}/sign-in")
    page.fill("input[name=login]", server.demo["staff"]["login"])
    page.fill("input[name=password]", server.demo["staff"]["password"])
    page.locator("main form button").last.click()
    page.wait_for_url("**/studies")
    return f"{server.base_url}/studies/{server.demo['study']}"


def assert_usable(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its window"
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def test_two_groups_are_chosen_compared_and_their_rows_reached(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop", scripts=True)
    page.goto(signed_in(demo_server, page))
    page.get_by_role("link", name="两组放在一起比").click()
    expect(page.locator("svg.chart-wide")).to_be_visible()
    assert_usable(page)
    page.get_by_label("先看").select_option("all")
    page.get_by_label("和它比").select_option("source:self_report")
    page.get_by_role("button", name="比一比").click()
    expect(page.get_by_label("和它比")).to_have_value("source:self_report")
    assert "a=all" in page.url
    expect(page.locator("p.say")).to_contain_text("刻度相同，问的不是一回事")
    spot = page.locator("svg.chart-wide a.chart-link").first
    expect(spot).to_have_accessible_name(re.compile("^知晓 · 所有人 .* · 自己选的心情 .* · 差 "))
    spot.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr#at-0")).to_be_in_viewport()


def test_it_can_be_used_at_every_size_and_in_the_dark(demo_server: DemoServer, open_page: OpenPage) -> None:
    sizes: tuple[tuple[Size, bool], ...] = (("phone", False), ("tablet", True), ("desktop", True))
    for size, dark in sizes:
        page = open_page(size, dark=dark)
        address = signed_in(demo_server, page)
        for query in ("/compare?by=day", "?by=day", "/quotes?key=recovery"):
            page.goto(address + query)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert_usable(page)
