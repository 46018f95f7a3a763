"""The page of a statement in a real browser: readable on a phone and a desk, without a mouse and without colour."""

from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.core.crypto import keyring_of
from app.core.db import Database as Store
from app.core.settings import Settings
from tests.support.browser import OpenPage, Size
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG, Scene, set_scene
from tests.support.server import ServerProcess

MIXED = "虽然护士很耐心，但是夜里肿得厉害😢，一个人有点害怕。要是早点告诉我就好了！今天终于不疼了👨‍👩‍👧"
RISKY = "高烧不退，我真的不想活了。"
LONG = "夜里又肿又疼睡不着，不过护士打来电话很耐心，心里踏实多了😊。等了两个小时没人理，真是“贴心”的服务！" * 39


@pytest.fixture
def scene(store: Store, settings: Settings) -> Scene:
    return set_scene(store, keyring_of(settings))


def write(page: Page, base_url: str, scene: Scene, text: str) -> str:
    """Hand in an entry and return the address of its statement's page."""
    headers, api = scene.headers["owner"], f"{base_url}/api/v1"
    entry_id = uuid4()
    stored = page.request.put(f"{api}/entries/{entry_id}", data=scene.entry(text), headers=headers)
    assert stored.status == 201, stored.text()
    entry = page.request.get(f"{api}/studies/{SLUG}/entries/{entry_id}", headers=headers).json()
    return f"{base_url}/studies/{SLUG}/statements/{entry['statements'][0]['id']}"


def enter(page: Page, base_url: str) -> None:
    page.goto(base_url + "/sign-in")
    page.fill("#login", "owner")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies")


@only_on("sqlite")  # what a page looks like does not depend on the database
@pytest.mark.parametrize(("screen", "dark"), [("phone", False), ("tablet", True), ("desktop", False), ("phone", True)])
def test_the_page_fits_and_is_accessible(
    scene: Scene, live_server: ServerProcess, open_page: OpenPage, screen: Size, dark: bool
) -> None:
    page = open_page(screen, dark=dark)
    addresses = {text: write(page, live_server.base_url, scene, text) for text in (MIXED, RISKY, LONG[:2000])}
    enter(page, live_server.base_url)
    width = page.evaluate("innerWidth")
    for text, address in addresses.items():
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.querySelector('blockquote').textContent") == text
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.wait_for_load_state()
        assert Axe().run(page).response["violations"] == []


@only_on("sqlite")
def test_words_lead_to_their_reason_by_keyboard_and_differ_without_colour(
    scene: Scene, live_server: ServerProcess, open_page: OpenPage
) -> None:
    page = open_page("desktop", scripts=False)
    address = write(page, live_server.base_url, scene, MIXED)
    enter(page, live_server.base_url)
    page.goto(f"{live_server.base_url}/studies/{SLUG}/quotes?key=recovery")
    page.get_by_role("link", name="为什么是这个分数").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(address)
    styles = {
        side: page.locator(f"blockquote mark.{side}").first.evaluate("one => getComputedStyle(one).textDecorationStyle")
        for side in ("low", "high")
    }
    assert styles == {"low": "dashed", "high": "solid"}
    word = page.locator("blockquote mark a").first
    word.focus()
    page.keyboard.press("Enter")
    said = word.text_content()
    assert said
    assert page.locator("li:target").locator(".of").text_content() == said
    page.locator("li:target .of a").focus()
    page.keyboard.press("Enter")
    assert said in (page.locator("mark:target").text_content() or "")
