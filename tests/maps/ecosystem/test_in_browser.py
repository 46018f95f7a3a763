"""Touchpoints and support in a real browser: they fit, are accessible, and are filled in without a pointer or scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer


def enter(page: Page, server: DemoServer, part: str) -> None:
    page.goto(f"{server.base_url}/studies/{server.demo['study']}/{part}")
    page.fill("#login", server.demo["staff"]["login"])
    page.fill("#password", server.demo["staff"]["password"])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".tabs [aria-current]")).to_have_text("触点")
    page.wait_for_load_state()


@pytest.mark.parametrize(("screen", "dark"), [("phone", True), ("desktop", False)])
def test_both_pages_fit_and_are_accessible(
    demo_server: DemoServer, open_page: OpenPage, screen: Size, dark: bool
) -> None:
    page = open_page(screen, dark=dark)
    enter(page, demo_server, "touchpoints?edit=awareness/outdoor_ad")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []
    page.goto(f"{demo_server.base_url}/studies/{demo_server.demo['study']}/support")
    expect(page.locator("#log")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def test_facts_and_support_are_put_down_with_the_keyboard_and_without_scripts(
    demo_server: DemoServer, open_page: OpenPage
) -> None:
    page = open_page("desktop", scripts=False)
    enter(page, demo_server, "touchpoints")
    row = page.locator("#point-booking-online_service")
    row.get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.locator("#customers").fill("400")
    page.locator("#users").fill("100")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("记下了")
    expect(row).to_contain_text("25%")
    page.get_by_role("link", name="给了什么支持").click()
    page.locator("#place").select_option("sharing/social_platform")
    page.locator("#channel").select_option("wechat")
    page.locator("#words").fill("分享时的一句谢谢")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("记下了")
    expect(page.locator("#log")).to_contain_text("分享时的一句谢谢")
