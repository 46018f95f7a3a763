"""The story that the product exists for, on the demo: the first days at home are the hardest, not the day of surgery; there the
clinic sends two messages that everybody gets; and whoever opens the map, the report or the API is told so."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page

from tests.support.browser import OpenPage
from tests.support.server import DemoServer, untouched_demo

VAGUE, TELLING = "术后指导不够", "术后第一天晚上不知道如何缓解肿胀"


@pytest.fixture(scope="module")
def demo_server() -> Iterator[DemoServer]:
    """A demo of these tests' own: others draw on its map."""
    yield from untouched_demo()


def sign_in(page: Page, server: DemoServer) -> None:
    page.goto(f"{server.base_url}/sign-in")
    page.fill("[name=login]", server.demo["staff"]["login"])
    page.fill("[name=password]", server.demo["staff"]["password"])
    page.click("main button")
    page.wait_for_url("**/studies")


def api(server: DemoServer, path: str, method: str = "GET", **given: Any) -> Any:
    address = f"{server.base_url}/api/v1/studies/{server.demo['study']}{path}"
    headers = {"Authorization": f"Bearer {server.demo['api_key']}"}
    answer = httpx2.request(method, address, headers=headers, timeout=60, **given)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def test_programs_are_told_of_the_first_week_at_home(demo_server: DemoServer) -> None:
    days = api(demo_server, "/curve.json?by=day")
    points = {point["key"]: point for point in days["points"]}
    lowest = min(days["valley"], key=lambda key: float(points[key]["estimate"]))
    assert {points[key]["stage"] for key in days["valley"]} == {"recovery"}
    assert 1 <= points[lowest]["day_from"] <= 7
    assert points["0"]["enough"]
    assert "0" not in days["valley"]
    touchpoints = api(demo_server, "/curve.json?by=touchpoint&score=mood")
    named = {point["key"]: point["estimate"] for point in touchpoints["points"] if point["enough"]}
    assert max(named, key=lambda key: float(named[key])) == "sharing/before_after_photo"
    assert min(named, key=lambda key: float(named[key])) == "recovery/at_home"
    assert "sharing" in api(demo_server, "/curve.json")["peak"]


def test_programs_are_told_that_support_fails_there(demo_server: DemoServer) -> None:
    support = api(demo_server, "/support")
    recovery = next(one for one in support["stages"] if one["key"] == "recovery")
    assert support["mismatches"] == ["recovery"]
    assert recovery["mismatch"] == "only_generic"
    assert 1 <= recovery["contacts_per_person"] <= 2
    assert recovery["generic_share"] == 1


def test_a_pain_passes_when_one_can_act_on_it(demo_server: DemoServer) -> None:
    said = {words: api(demo_server, "/self-check/sentence", "POST", json={"text": words}) for words in (TELLING, VAGUE)}
    assert said[TELLING]["passes"]
    assert not said[VAGUE]["passes"]


def test_people_read_the_same_on_curve_map_and_report(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop")
    sign_in(page, demo_server)
    study = f"{demo_server.base_url}/studies/{demo_server.demo['study']}"
    for path in ("", "/map", "/report"):
        page.goto(study + path)
        assert "路上最难的日子在“恢复”" in page.get_by_role("heading", level=1).first.inner_text(), path
        said = page.locator("main").inner_text()
        assert "不是手术日当天。" in said, path
        assert ("2 条通用消息" in said) == (path != ""), path
    page.goto(f"{study}/self-check")
    said = page.locator("main").inner_text()
    assert TELLING in said
    assert VAGUE in said
