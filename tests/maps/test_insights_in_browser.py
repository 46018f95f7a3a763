"""From a pain to an insight, a roadmap and a result in a real browser, without scripts; the pages fit and are accessible."""

from uuid import uuid4

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer

PAGES = ("insights", "self-check", "results", "roadmap", "programme", "insights/new", "results/new")


def enter(page: Page, server: DemoServer, path: str) -> None:
    page.goto(f"{server.base_url}/studies/{server.demo['study']}/{path}")
    page.fill("#login", server.demo["staff"]["login"])
    page.fill("#password", server.demo["staff"]["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".bar")
    page.wait_for_load_state()


def fill(server: DemoServer) -> None:
    """Give the study an improvement with a long name and a result, over the API."""
    api = f"{server.base_url}/api/v1/studies/{server.demo['study']}"
    headers = {"Authorization": f"Bearer {server.demo['api_key']}"}
    plan = {
        "id": str(uuid4()), "title": "术后第一晚八点由关怀师打一通电话，问肿不肿、会不会冰敷，记下来再告诉医生", "party": "care",
        "starts": "2026-02-10", "due": "2026-02-20", "stage": "recovery",
    }  # fmt: skip
    result = {
        "id": str(uuid4()), "name": "预约转化", "kind": "share", "before_n": 80, "before_value": 48, "after_n": 70,
        "after_value": 56,
    }  # fmt: skip
    for path, body in (("improvements", plan), ("results", result)):
        assert httpx2.post(f"{api}/{path}", json=body, headers=headers, timeout=60).status_code == 201


@pytest.mark.parametrize(("screen", "dark"), [("phone", True), ("desktop", False)])
def test_the_pages_fit_and_are_accessible(
    demo_server: DemoServer, open_page: OpenPage, screen: Size, dark: bool
) -> None:
    fill(demo_server)
    page = open_page(screen, dark=dark)
    enter(page, demo_server, "insights")
    for path in PAGES:
        page.goto(f"{demo_server.base_url}/studies/{demo_server.demo['study']}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        page.wait_for_load_state()
        assert Axe().run(page).response["violations"] == [], path


def test_a_pain_becomes_an_insight_that_moves_on_without_scripts(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop", scripts=False)
    enter(page, demo_server, "scenes")
    scene = page.locator("#stage-recovery .pain .scene").first
    scene.locator("summary").click()
    said = scene.locator("mark").first.inner_text()
    scene.get_by_role("link", name="记成洞察").first.click()
    expect(page.locator(".quoted")).to_have_text(said)
    expect(page.locator("#place")).to_have_value("recovery")
    page.fill("#title", "夜里肿起来没人可问")
    page.get_by_role("button", name="保存这条洞察").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("夜里肿起来没人可问")
    expect(page.locator("mark")).to_have_text(said)
    page.select_option("#state", "used")
    page.get_by_role("button", name="记下这一步").click()
    expect(page.locator(".steps [aria-current=step]")).to_contain_text("使用洞察")
    expect(page.locator(".history li")).to_have_count(2)
    page.select_option("#state", "collected")
    page.get_by_role("button", name="记下这一步").click()
    expect(page.get_by_role("alert")).to_contain_text("往回退要写一句为什么")
