"""The page of scenes in a real browser: it fits, is accessible, and a phrase opens onto the words behind it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer


def enter(page: Page, server: DemoServer) -> None:
    page.goto(f"{server.base_url}/studies/{server.demo['study']}/scenes")
    page.fill("#login", server.demo["staff"]["login"])
    page.fill("#password", server.demo["staff"]["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".bar")
    page.wait_for_load_state()


@pytest.mark.parametrize(("screen", "dark"), [("phone", False), ("tablet", True), ("desktop", False), ("phone", True)])
def test_the_page_fits_and_is_accessible(
    demo_server: DemoServer, open_page: OpenPage, screen: Size, dark: bool
) -> None:
    page = open_page(screen, dark=dark)
    enter(page, demo_server)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def test_a_phrase_opens_onto_the_words_behind_it_by_keyboard_and_without_scripts(
    demo_server: DemoServer, open_page: OpenPage
) -> None:
    page = open_page("desktop", scripts=False)
    enter(page, demo_server)
    scene = page.locator("#stage-recovery .pain .scene").first
    phrase = scene.locator(".phrase").inner_text()
    expect(scene.locator("blockquote").first).not_to_be_visible()
    scene.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(scene.locator("blockquote").first).to_be_visible()
    assert phrase in scene.locator("mark").all_inner_texts()
    assert "人" in scene.locator("summary").inner_text()
