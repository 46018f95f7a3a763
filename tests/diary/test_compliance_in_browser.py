"""The grid in a real browser: it fits, is accessible, and can be walked by keyboard."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.core import clock
from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.settings import Settings
from tests.support.browser import OpenPage, Size
from tests.support.databases import ScratchDatabase, only_on
from tests.support.prompts import add_prompt
from tests.support.scene import PASSWORD, SLUG, Scene, set_scene
from tests.support.server import ServerProcess

PAGE = f"/studies/{SLUG}/compliance"
DAYS = 12


@pytest.fixture
def place(database: ScratchDatabase, start_server: Callable[..., ServerProcess]) -> Iterator[tuple[str, Scene]]:
    """A served study of four people, asked every evening for twelve days."""
    settings = Settings(data_dir=database.data_dir, database_url=database.address)
    store = Database(database.address)
    scene = set_scene(store, keyring_of(settings))
    scene.add_patient("HOSP-2026-00017-left")
    scene.add_patient("P09")
    today = clock.now().date()
    for number, person in enumerate(scene.people.values()):
        for day in range(DAYS):
            on = today - timedelta(days=DAYS - 3 - day)
            _ask(scene, person, on, today, number)
    yield start_server().base_url, scene
    store.close()


def _ask(scene: Scene, person: UUID, on: date, today: date, number: int) -> None:
    if on > today:
        add_prompt(scene.store, scene.study_id, person, on.isoformat(), "planned")
    elif number != 1 and on.day % 4:
        add_prompt(scene.store, scene.study_id, person, on.isoformat(), answered=20)
    else:
        state = "skipped" if on.day % 8 == 0 else "sent"
        add_prompt(scene.store, scene.study_id, person, on.isoformat(), state)


def enter(page: Page, base: str, address: str = PAGE) -> None:
    page.goto(base + address)
    page.fill("#login", "owner")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".bar")
    page.wait_for_load_state()  # with its scripts


@only_on("sqlite")  # pages look the same on both kinds
@pytest.mark.parametrize(
    ("screen", "dark", "locale"),
    [("phone", False, "zh-CN"), ("phone", True, "en"), ("tablet", True, "zh-CN"), ("desktop", False, "zh-CN")],
)
def test_the_pages_fit_and_are_accessible(
    place: tuple[str, Scene], open_page: OpenPage, screen: Size, dark: bool, locale: str
) -> None:
    base, scene = place
    page = open_page(screen, dark=dark, locale=locale)
    enter(page, base)
    person = scene.people["P02"]
    for address in (PAGE, f"{PAGE}?by=date", f"{PAGE}/{person}", f"{PAGE}/nudge?who={person}"):
        page.goto(base + address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        page.wait_for_load_state()
        found = Axe().run(page).response["violations"]
        assert found == [], (address, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])


@only_on("sqlite")
def test_the_head_and_the_codes_stay_while_the_days_scroll(place: tuple[str, Scene], open_page: OpenPage) -> None:
    base, _ = place
    page = open_page("phone")
    enter(page, base, PAGE + "?by=date")
    region = page.locator(".grid-scroll")
    today = page.locator(".grid thead .now")
    box, inner = today.bounding_box(), region.bounding_box()
    assert box is not None
    assert inner is not None
    assert inner["x"] < box["x"] < inner["x"] + inner["width"]  # today is in sight without scrolling
    region.evaluate("one => { one.scrollLeft = 9999; one.scrollTop = 9999 }")
    for sticky in (page.locator(".grid tbody tr:nth-child(3) .who"), page.locator(".grid thead .who")):
        seen = sticky.bounding_box()
        assert seen is not None
        assert abs(seen["x"] - inner["x"]) < 3


@only_on("sqlite")
def test_the_grid_is_one_stop_and_arrows_walk_it(place: tuple[str, Scene], open_page: OpenPage) -> None:
    base, scene = place
    page = open_page("desktop")
    enter(page, base, PAGE + "?by=date&sort=code")
    grid = page.get_by_role("grid")
    expect(grid.get_by_role("gridcell").first).to_be_attached()
    assert page.locator(".grid td[tabindex='0'], .grid td [tabindex='0']").count() == 1
    first = page.locator(".grid tbody tr:nth-child(2) td a").first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    name = page.evaluate("document.activeElement.textContent")
    assert any(word in name for word in ("按时写了", "没写", "没有发"))
    row = page.evaluate("document.activeElement.closest('tr').rowIndex")
    assert row == 3
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert "还没到时间" in page.evaluate("document.activeElement.textContent")
    assert page.evaluate(
        "(() => { const r = document.activeElement.getBoundingClientRect();"
        " const room = document.querySelector('.grid-scroll').getBoundingClientRect();"
        " return r.left >= room.left && r.right <= room.right + 1 })()"
    )
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PAGE}/*#d*")
    marked = page.locator("tr:target")
    expect(marked).to_have_count(1)
    assert scene.people["P01"] is not None


@only_on("sqlite")
def test_people_are_chosen_and_reminded_without_scripts(place: tuple[str, Scene], open_page: OpenPage) -> None:
    base, _ = place
    page = open_page("desktop", scripts=False)
    enter(page, base)
    page.get_by_label("选中 P02").check()
    page.get_by_label("选中 P09").check()
    page.get_by_role("button", name="提醒选中的人…").click()
    expect(page.get_by_text("P02、P09")).to_be_visible()
    page.get_by_label("自己写一句").check()
    page.get_by_label("自己写的话").fill("明天复诊，记得来。")
    page.get_by_role("button", name="发出提醒").click()
    expect(page.get_by_role("heading", name="提醒了 2 个人")).to_be_visible()
    page.get_by_role("link", name="回到应答情况").click()
    expect(page.locator(".grid")).to_contain_text("P09")
