"""The main job, as a newcomer sees it: the demo's valley, a diary written on a phone, a curve that moves."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer, untouched_demo

WORDS = "半夜又肿又疼，一个人坐在床边，不知道这样正不正常，打电话没人接。"
PAGES = ("", "?by=day", "?by=touchpoint", "?score=mood", "/quotes?key=recovery", "/participants", "/settings")


@pytest.fixture(scope="module")
def demo_server() -> Iterator[DemoServer]:
    """A demo of these tests' own: others open its links and write into it."""
    yield from untouched_demo()


def curve(server: DemoServer, query: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {server.demo['api_key']}"}
    url = f"{server.base_url}/api/v1/studies/{server.demo['study']}/curve.json{query}"
    answer: dict[str, Any] = httpx.get(url, headers=headers).raise_for_status().json()
    return answer


def sign_in(page: Page, server: DemoServer) -> None:
    page.goto(f"{server.base_url}/sign-in")
    page.fill("[name=login]", server.demo["staff"]["login"])
    page.fill("[name=password]", server.demo["staff"]["password"])
    page.click("main button")
    page.wait_for_url("**/studies")


def test_the_demo_shows_its_valley(demo_server: DemoServer) -> None:
    by_stage = curve(demo_server)
    assert "recovery" in by_stage["valley"]
    assert "sharing" in by_stage["peak"]
    assert by_stage["corrected"] is False
    assert by_stage["estimator"] == "model only, uncorrected"
    for query in ("?by=day", "?by=day&score=mood"):
        points = [point for point in curve(demo_server, query)["points"] if point["enough"]]
        lowest = min(points, key=lambda point: point["estimate"])
        assert 1 <= lowest["day_from"] <= lowest["day_to"] <= 7, "the week after surgery, not the day of it"


def test_a_diary_on_a_phone_moves_the_curve(demo_server: DemoServer, open_page: OpenPage) -> None:
    before = {point["key"]: point for point in curve(demo_server)["points"]}
    page = open_page("phone")
    page.goto(demo_server.demo["participant_link"])
    page.wait_for_url("**/d/consent")
    assert "#" not in page.url
    assert page.locator("input[type=checkbox]:checked").count() == 0, "nothing is ticked for the person"
    page.get_by_text("我愿意写日记").click()
    page.locator("form[action='/d/consent'] button").first.click()
    page.wait_for_url("**/d/today")
    page.locator("input[name='answers.mood'][value='2']").check(force=True)
    page.locator("textarea").first.fill(WORDS)
    page.get_by_role("button", name="保存这条日记").click()
    page.wait_for_url("**/d/entries/**")
    assert WORDS in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    after = {point["key"]: point for point in curve(demo_server)["points"]}
    moved = [key for key in after if after[key]["n_entries"] == before[key]["n_entries"] + 1]
    assert len(moved) == 1
    assert after[moved[0]]["estimate"] < before[moved[0]]["estimate"]


def test_the_study_page_says_what_the_curve_shows(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop")
    sign_in(page, demo_server)
    page.goto(f"{demo_server.base_url}/studies/{demo_server.demo['study']}")
    said = page.inner_text("main")
    assert "还没有用人工编码校正" in said
    assert "路上最难的日子在“恢复”" in said
    assert "不是手术日当天。" in said
    assert "“分享”" in said.split("最高点")[1]
    chart = page.locator("svg.chart-wide")
    for stage, counted in (("恢复", "24 人 120 条"), ("治疗", "24 人 24 条")):
        assert stage in (chart.text_content() or "")
        assert counted in (chart.text_content() or "")
    chart.locator("a[href*='key=recovery']").click()
    page.wait_for_url("**/quotes?**")
    assert page.locator("blockquote").count() >= 100


@pytest.mark.parametrize("size", ["phone", "tablet", "desktop"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_workbench_fits_and_is_accessible(
    demo_server: DemoServer, open_page: OpenPage, size: Size, dark: bool
) -> None:
    page = open_page(size, dark=dark)
    sign_in(page, demo_server)
    for path in PAGES:
        page.goto(f"{demo_server.base_url}/studies/{demo_server.demo['study']}{path}")
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.wait_for_load_state()
        found = Axe().run(page).response["violations"]
        assert not found, (path, [(one["id"], one["nodes"][0]["html"]) for one in found])
