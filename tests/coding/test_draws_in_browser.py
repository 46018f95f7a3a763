"""Planning draws and settling what differs in a real browser: by keyboard alone, and with nothing for axe to find."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database as Store
from tests.support.browser import OpenPage
from tests.support.coding import CodedScene, coded_scene
from tests.support.databases import ScratchDatabase, only_on
from tests.support.scene import PASSWORD
from tests.support.server import ServerProcess

pytestmark = only_on("sqlite")  # what the pages do is the same on both; services are tested on both


@pytest.fixture
def scene(live_server: ServerProcess, store: Store, database: ScratchDatabase) -> CodedScene:
    """Three statements that two coders see differently."""
    scene = coded_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))
    ids = scene.say(texts=["夜里肿得厉害，有点害怕😣。", "医生打来电话，心里踏实多了。", "走路还是疼，睡不好。"])
    scene.give_draw(ids, 0.5, doubled=True)
    for who in ("first", "second"):
        scene.assign(who, ids)
    for number, one in enumerate(ids):
        scene.save("first", one, -2 + number, scene.mark("疼痛", 0, 4))
        scene.save("second", one, 2, scene.mark("害怕", 2, 6), scene.mark("疼痛", 0, 4))
    return scene


def test_a_plan_and_three_decisions_by_keyboard(
    live_server: ServerProcess, open_page: OpenPage, scene: CodedScene
) -> None:
    _fits(open_page("phone"), live_server.base_url)
    _fits(open_page("tablet", dark=True), live_server.base_url)
    page = open_page("desktop")
    _sign_in(page, live_server.base_url)
    page.goto(f"{live_server.base_url}/studies/implant/draws")
    page.get_by_label("抽百分之几").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("100")
    page.keyboard.press("Enter")  # works it out first; nothing is drawn by a key pressed too early
    expect(page.get_by_role("heading", name="照这个抽的话")).to_be_visible()
    page.wait_for_load_state()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="就按这个抽").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="现在的计划")).to_be_visible()
    page.get_by_role("link", name="有 3 条两个人编得不一样，等着定下来").focus()
    page.keyboard.press("Enter")
    cards = page.locator("#doubles > li")
    expect(cards).to_have_count(3)
    page.wait_for_load_state()
    assert not Axe().run(page).response["violations"]
    cards.first.focus()
    page.keyboard.press("j")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("2")
    expect(cards).to_have_count(2)
    expect(cards.first).to_be_focused()
    page.keyboard.press("Enter")  # opens what can be ticked
    page.keyboard.press("ArrowRight")
    cards.first.focus()
    page.keyboard.press("Enter")
    expect(cards).to_have_count(1)
    cards.first.focus()
    page.keyboard.press("1")
    expect(page.get_by_text("没有要定的。")).to_be_visible()
    page.goto(f"{live_server.base_url}/studies/implant/adjudicate?which=decided")
    expect(cards).to_have_count(3)
    page.wait_for_load_state()
    assert not Axe().run(page).response["violations"]


def _fits(page: Page, base: str) -> None:
    _sign_in(page, base)
    width = page.viewport_size["width"] if page.viewport_size else 0
    for path in ("draws", "adjudicate"):
        page.goto(f"{base}/studies/implant/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.wait_for_load_state()
        assert not Axe().run(page).response["violations"]


def _sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/sign-in")
    page.fill("[name=login]", "owner")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(f"{base}/studies")
