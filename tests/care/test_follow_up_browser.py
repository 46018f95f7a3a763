"""The nurse's pages in a real browser: with one thumb, at three sizes, in the dark, in English, without scripts."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer

HARM = "疼了一晚上，一个人躺着，真的不想活了，谁也不想麻烦。" + "看着天花板数羊，越数越清醒。" * 20
PATIENCE_S = 120.0

Worried = Callable[[], str]


@pytest.fixture
def worried(demo_server: DemoServer) -> Iterator[Worried]:
    """Takes somebody new into the demo study who writes that they no longer want to live; gives their follow-up's address."""
    base, study = demo_server.base_url, demo_server.demo["study"]
    headers = {"Authorization": f"Bearer {demo_server.demo['api_key']}"}
    client = httpx.Client(base_url=f"{base}/api/v1", headers=headers, timeout=60)

    def write() -> str:
        code = client.post(f"/studies/{study}/participants", json={}).json()["participant"]["code"]
        client.post(f"/studies/{study}/participants/{code}/consents", json={"purposes": ["diary"]}).raise_for_status()
        body = {
            "study": study,
            "participant": code,
            "stage": "recovery",
            "occurred_at": (datetime.now(UTC) - timedelta(hours=2)).isoformat(),
            "answers": {"feeling": HARM, "mood": 1, "mark": "valley"},
        }
        client.put(f"/entries/{uuid4()}", json=body).raise_for_status()
        return f"{base}/studies/{study}/care/{opened(client, study, code)}"

    with client:
        yield write


def opened(client: httpx.Client, study: str, code: str) -> str:
    """Return the id of the follow-up that the worker opens for ``code``."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for row in client.get(f"/studies/{study}/follow-ups", params={"limit": 200}).json()["rows"]:
            if row["participant"] == code:
                return str(row["id"])
        time.sleep(0.2)
    raise AssertionError("the worker opened no follow-up")


def enter(page: Page, server: DemoServer, *, locale: str = "zh-CN") -> None:
    page.goto(f"{server.base_url}/sign-in{'?lang=en' if locale == 'en' else ''}")
    page.locator("input[name=login]").fill(server.demo["staff"]["login"])
    page.locator("input[name=password]").fill(server.demo["staff"]["password"])
    page.locator("main button").click()
    page.wait_for_url("**/studies**")


def accessible(page: Page) -> None:
    """No axe violation, and nothing wider than the screen."""
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_call_is_noted_with_one_thumb_and_no_script(
    demo_server: DemoServer, open_page: OpenPage, worried: Worried
) -> None:
    address = worried()
    page = open_page("phone", scripts=False)
    enter(page, demo_server)
    page.goto(address)
    expect(page.locator("mark.sign").first).to_have_text("不想活了")
    page.get_by_role("button", name="我来跟").click()
    expect(page.get_by_text("好，您来跟。")).to_be_visible()
    expect(page.get_by_label("转给谁")).to_be_hidden()
    form = page.locator("form#contact")
    form.get_by_text("联系上了", exact=True).click()
    form.get_by_label("说了什么").fill("女儿晚上过来陪。")
    form.get_by_text("转给别人了").click()
    form.get_by_label("转给谁").fill("主治医生")
    form.get_by_role("button", name="记下").click()
    expect(page.get_by_text("这次回访结束了。")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("回访结束了：转给别人了")
    expect(page.get_by_text("女儿晚上过来陪。")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "dark", "locale"),
    [("phone", True, "zh-CN"), ("tablet", False, "en"), ("desktop", False, "zh-CN")],
)
def test_the_pages_are_reachable_for_everyone(
    demo_server: DemoServer, open_page: OpenPage, worried: Worried, size: Size, dark: bool, locale: str
) -> None:
    address = worried()
    care = address.rpartition("/")[0]
    page = open_page(size, dark=dark, locale=locale)
    enter(page, demo_server, locale=locale)
    for path in (care, address, f"{care}/rules", f"{care}?state=closed"):
        page.goto(path)
        accessible(page)
        if locale == "en":
            said = page.evaluate(
                "document.querySelector('h1').textContent + document.querySelector('.tabs, .standing').textContent"
            )
            assert not re.search(r"[\u4e00-\u9fff]", said), said
    page.goto(address)
    page.locator("form#contact input[name=reached][value=yes]").check(force=True)
    page.locator("form#contact input[name=outcome][value=passed_on]").check(force=True)
    page.locator("form#contact button").click()
    expect(page.locator("#passed_to")).to_have_attribute("aria-invalid", "true")
    accessible(page)
