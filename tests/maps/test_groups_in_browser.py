"""The pages of people, relation and priorities in a real browser: they fit, are accessible, and take what is typed."""

from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage
from tests.support.server import DemoServer


def enter(page: Page, server: DemoServer, place: str) -> None:
    page.goto(f"{server.base_url}/studies/{server.demo['study']}/{place}")
    if page.locator("#login").count():
        page.fill("#login", server.demo["staff"]["login"])
        page.fill("#password", server.demo["staff"]["password"])
        page.keyboard.press("Enter")
    expect(page.locator(".tabs a[aria-current]")).to_be_visible()
    page.wait_for_load_state()


def test_the_pages_fit_and_are_accessible(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("phone", dark=True)
    for place in ("groups", "lifecycle", "priorities"):
        enter(page, demo_server, place)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, place
        page.wait_for_load_state()
        assert Axe().run(page).response["violations"] == [], place


def test_a_persona_and_votes_are_put_down_without_scripts(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop", scripts=False)
    enter(page, demo_server, "groups")
    page.get_by_text("添一个画像").click()
    name = f"夜里怕疼的人 {uuid4().hex[:6]}"  # the server is one for several tests
    page.fill("#new-name", name)
    page.fill("#new-goals", "睡一个整觉\n有人问一句")
    page.get_by_role("button", name="添上").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("睡一个整觉；有人问一句").last).to_be_visible()
    enter(page, demo_server, "priorities")
    for given in page.locator(".ballot input").all():
        if given.input_value():
            given.fill("")
    page.get_by_label("居家").fill("7")
    page.get_by_role("button", name="投票").click()
    expect(page.get_by_role("columnheader", name="团队的分").first).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="居家"))
    expect(row).to_contain_text("7")
