"""The schedule's pages in a real browser: nothing runs over, nothing is out of reach, and the whole way to a new rule."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer


def sound(page: Page, where: str) -> None:
    """Hold that the page, with all that it can unfold, fits the screen and has no fault that axe knows."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == [], where


@pytest.mark.parametrize(("screen", "dark"), [("phone", False), ("tablet", True), ("desktop", False)])
def test_a_schedule_is_changed_after_a_look_at_the_difference(
    demo_server: DemoServer, open_page: OpenPage, screen: Size, dark: bool
) -> None:
    page = open_page(screen, dark=dark)
    demo = demo_server.demo
    schedule = f"{demo['base_url']}/studies/{demo['study']}/settings/schedule"
    page.goto(schedule)
    page.fill("#login", demo["staff"]["login"])
    page.fill("#password", demo["staff"]["password"])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="什么时候请大家写").wait_for()
    page.wait_for_load_state()
    sound(page, "schedule")
    for kind in ("every_hours", "after_event", "random"):
        page.goto(f"{schedule}?add={kind}")
        sound(page, kind)
    name = f"随机{screen}"
    page.fill("[id='+.name']", name)
    # One server for all three: each leaves a rule of its own behind.
    times = {"phone": 3, "tablet": 4, "desktop": 5}[screen]
    page.fill("[id='+.windows']", f"10:00-20:00×{times}")
    page.get_by_role("button", name="看看会有什么变化").click()
    page.wait_for_url("**/preview")
    sound(page, "difference")
    assert page.get_by_text(f"每天在 10:00–20:00 之间随机 {times} 次").count() == 1
    page.get_by_role("button", name="就这样，马上生效").click()
    page.wait_for_url("**/schedule?saved=1")
    assert page.get_by_role("heading", name=name).count() == 1
    person = demo["participants"][3]["id"]
    page.goto(f"{demo['base_url']}/studies/{demo['study']}/participants/{person}/prompts")
    sound(page, "one person's prompts")
