"""The map in a browser: two people at once, the keyboard alone, a lost network, one sheet of paper, and every screen."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from app.core import clock
from app.maps.board import maps
from app.maps.board.models import LANES, MapNote
from app.maps.board.schemas import NewMap
from tests.coding.coding_site import CodingSite, coding_site
from tests.support.browser import OpenPage
from tests.support.scene import SLUG
from tests.support.server import DemoServer

pytestmark = pytest.mark.browser

LONG = "夜里疼得睡不着，按铃没有人来，第二天去前台问，前台说要等医生回来再说。" * 5
"""175 characters and more; a note may have 200."""
PAGES = re.compile(rb"/Type\s*/Page[^s]")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodingSite]:
    with coding_site(tmp_path_factory.mktemp("map")) as served:
        yield served


def make(site: CodingSite, page: Page) -> str:
    """Make an empty map by the page's own form and return its id; ``page`` has signed in."""
    page.goto(f"{site.server.base_url}/studies/{SLUG}/maps")
    page.get_by_label("名字").last.fill(f"地图 {uuid4().hex[:6]}")
    page.get_by_label("现状的地图先自动排好便签").uncheck()
    page.get_by_role("button", name="画这张地图").click()
    expect(page.locator("#board.scripted")).to_be_visible()
    return page.url.split("map=")[1].split("&")[0]


def opened(site: CodingSite, page: Page, map_id: str) -> Page:
    page.goto(f"{site.server.base_url}/studies/{SLUG}/map?map={map_id}")
    expect(page.locator("#board.scripted")).to_be_visible()
    return page


def cell(page: Page, key: str) -> Locator:
    return page.locator(f'.cell[data-cell="{key}"]')


def write(page: Page, key: str, words: str) -> None:
    """Write a new note into a cell and wait until it is kept."""
    cell(page, key).focus()
    page.keyboard.press("n")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    saved(page)


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")


def stored(site: CodingSite, map_id: str) -> list[tuple[str, str]]:
    """Return lane and text of every note that stands, as the database has them."""
    query = select(MapNote).where(MapNote.removed_at.is_(None)).order_by(MapNote.lane, MapNote.position)
    with site.scene.store.read() as session:
        return [(one.lane, one.text) for one in session.scalars(query) if str(one.map_id) == map_id]


def test_two_people_edit_at_once_and_nothing_is_lost(site: CodingSite, open_page: OpenPage) -> None:
    first, second = open_page("desktop"), open_page("desktop")
    site.enter(first, "owner")
    site.enter(second, "teammate")
    map_id = make(site, first)
    write(first, "recovery/pain", "夜里疼")
    opened(site, second, map_id)
    # Each adds to the same cell: both stay.
    write(first, "recovery/pain", "冰袋不会敷")
    write(second, "recovery/pain", "药吃完了")
    # Both write the same note, which neither has seen changed.
    for page in (first, second):
        cell(page, "recovery/pain").locator(".note").first.focus()
        page.keyboard.press("Enter")
    for page, more in ((first, "没人问"), (second, "睡不着")):
        page.keyboard.type(more)
        page.keyboard.press("Enter")
        if page is first:
            saved(first)
    clash = second.locator("#clash")
    expect(clash).to_be_visible()
    expect(clash.locator("#clash-theirs")).to_have_text("夜里疼没人问")
    expect(clash.locator("#clash-mine")).to_have_text("夜里疼睡不着")
    assert ("pain", "夜里疼没人问") in stored(site, map_id)
    expect(clash.locator("#clash-merged")).to_have_value("夜里疼没人问；睡不着")
    clash.get_by_role("button", name="存合成的这条").click()
    saved(second)
    # One moves the note, the other writes it anew: both hold, and nobody is asked.
    opened(site, first, map_id)
    opened(site, second, map_id)
    cell(first, "recovery/pain").locator(".note").first.focus()
    first.keyboard.press("Alt+ArrowLeft")
    saved(first)
    cell(second, "recovery/pain").locator(".note").first.focus()
    second.keyboard.press("Enter")
    second.keyboard.type("觉")
    second.keyboard.press("Enter")
    saved(second)
    expect(cell(second, "treatment/pain").locator(".note")).to_have_text(re.compile("夜里疼没人问；睡不着觉"))
    texts = [text for _, text in stored(site, map_id)]
    assert sorted(texts) == sorted(["夜里疼没人问；睡不着觉", "冰袋不会敷", "药吃完了"])


def test_by_keyboard_alone_through_a_lost_network(site: CodingSite, open_page: OpenPage, troubles: list[str]) -> None:
    page = open_page("desktop")
    site.enter(page, "owner")
    map_id = make(site, page)
    page.locator(".board .scroll").focus()
    for _ in range(200):
        if page.evaluate("document.activeElement.matches('.cell')"):
            break
        page.keyboard.press("Tab")
    expect(cell(page, "awareness/action")).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(cell(page, "consideration/pain")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("价格说不清")
    page.keyboard.press("Escape")
    saved(page)
    note = cell(page, "consideration/pain").locator(".note")
    expect(note).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    saved(page)
    assert stored(site, map_id) == [("delight", "价格说不清")]
    page.keyboard.press("Delete")
    saved(page)
    assert stored(site, map_id) == []
    expect(page.locator("#toast")).to_contain_text("拿掉了“价格说不清”")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    assert stored(site, map_id) == [("pain", "价格说不清")]
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.keyboard.type("，加了钱")
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_have_attribute("data-state", "offline")
    expect(page.locator("#saved")).to_contain_text("没有网络，1 处还没存下")
    page.context.set_offline(False)
    saved(page)
    assert stored(site, map_id) == [("pain", "价格说不清，加了钱")]
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    troubles[:] = [one for one in troubles if "ERR_INTERNET_DISCONNECTED" not in one]


def test_the_demo_and_a_map_of_long_words_fit_one_sheet_and_every_screen(
    site: CodingSite, demo_server: DemoServer, open_page: OpenPage
) -> None:
    page = open_page("desktop")
    page.goto(f"{demo_server.base_url}/studies/{demo_server.demo['study']}/map")
    page.fill("#login", demo_server.demo["staff"]["login"])
    page.fill("#password", demo_server.demo["staff"]["password"])
    page.keyboard.press("Enter")
    expect(page.locator("#board.scripted")).to_be_visible()
    assert sheets(page) == 1
    # The names of the stages on the curve stand over their columns.
    middle = page.locator(".chart-wide text").filter(has_text=re.compile("^恢复$")).bounding_box()
    column = page.locator('.stage[data-stage="recovery"]').bounding_box()
    assert middle is not None
    assert column is not None
    assert abs(middle["x"] + middle["width"] / 2 - column["x"] - column["width"] / 2) < 8
    map_id = long_map(site)
    for size, dark in (("phone", False), ("tablet", True), ("desktop", True)):
        page = open_page(size, dark=dark)  # type: ignore[arg-type]
        site.enter(page, "owner")
        opened(site, page, map_id)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.wait_for_load_state()
        assert Axe().run(page).response["violations"] == []
    assert sheets(page) == 1
    page.locator('.cell[data-cell="recovery/pain"] .note').first.focus()
    page.keyboard.press("o")
    expect(page.locator("#panel #says-" + str(page.locator("#panel section").get_attribute("id"))[5:])).to_be_visible()
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def sheets(page: Page) -> int:
    """Return on how many sheets of A3 a page is printed."""
    return len(PAGES.findall(page.pdf(format="A3", landscape=True, print_background=True)))


def long_map(site: CodingSite) -> str:
    """Make a map whose every cell holds four long notes, and return its id."""
    map_id = uuid4()
    now = clock.now()
    common = {
        "study_id": site.scene.study_id,
        "map_id": map_id,
        "text": LONG,
        "origin": "team",
        "updated_by": "user:test",
    }
    with site.scene.store.write() as session:
        maps.create(session, site.scene.access(session, "owner"), NewMap(id=map_id, title="字很多的地图" * 8))
        session.add_all(
            MapNote(**common, stage_id=stage_id, lane=lane, position=at, created_at=now, updated_at=now)
            for stage_id in site.scene.stages.values()
            for lane in LANES
            for at in range(4)
        )
    return str(map_id)
