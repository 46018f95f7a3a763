"""A person's own pages in a real browser: reachable for everyone at three sizes, in the dark, in English, without scripts."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer

MINE = ("/d/mine", "/d/readers", "/d/consent", "/d/takeaway", "/d/erase", "/d/messages")
LONG = "半夜三点疼醒，看着天花板数羊，越数越清醒。" * 20

NewPerson = Callable[[], str]


@pytest.fixture
def new_person(demo_server: DemoServer) -> NewPerson:
    """Takes one more person into the demo study, hands in two entries for them, and gives their link."""
    base = f"{demo_server.base_url}/api/v1"
    headers = {"Authorization": f"Bearer {demo_server.demo['api_key']}"}
    study = demo_server.demo["study"]

    def take_in() -> str:
        people = f"{base}/studies/{study}/participants"
        made = httpx.post(people, json={}, headers=headers, timeout=60).json()
        code = made["participant"]["code"]
        httpx.post(
            f"{people}/{code}/consents", json={"purposes": ["diary"]}, headers=headers, timeout=60
        ).raise_for_status()
        for number, mood in enumerate((7, 5, 2, 3, 6, 8), 1):
            body = {
                "study": study,
                "participant": code,
                "stage": "recovery",
                "occurred_at": f"2026-03-{number:02d}T21:00:00+08:00",
                "answers": {"feeling": LONG if number == 3 else f"第 {number} 天写的", "mood": mood},
            }
            httpx.put(f"{base}/entries/{uuid4()}", json=body, headers=headers, timeout=60).raise_for_status()
        # Somebody of the team reads them.
        httpx.get(
            f"{base}/studies/{study}/quotes?key=recovery&limit=500", headers=headers, timeout=60
        ).raise_for_status()
        return str(made["link"]["url"])

    return take_in


def agree(page: Page, link: str) -> None:
    """Open the link, tick what is required, and go on to today's form; with scripts or without."""
    page.goto(link)
    page.wait_for_url("**/d/consent")
    page.locator("input[name=purposes]").first.check()
    page.get_by_role("button", name=re.compile("同意，开始写日记|Agree")).click()
    page.wait_for_url("**/d/today")


def accessible(page: Page) -> None:
    """No axe violation, nothing folded away unseen, and nothing wider than the screen."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("size", "dark", "locale"),
    [
        ("phone", False, "zh-CN"),
        ("phone", True, "zh-CN"),
        ("phone", False, "en"),
        ("tablet", False, "zh-CN"),
        ("desktop", True, "zh-CN"),
    ],
)
def test_every_own_page_is_reachable_for_everyone(
    demo_server: DemoServer, open_page: OpenPage, new_person: NewPerson, size: Size, dark: bool, locale: str
) -> None:
    page = open_page(size, dark=dark, locale=locale)
    agree(page, new_person())
    lang = "?lang=en" if locale == "en" else ""
    for path in MINE:
        page.goto(f"{demo_server.base_url}{path}{lang}")
        accessible(page)
    page.goto(f"{demo_server.base_url}/d/mine")
    page.locator("ul.entries a").first.click()
    page.wait_for_url("**/d/entries/*")
    accessible(page)


def test_their_own_pages_work_without_scripts(
    demo_server: DemoServer, open_page: OpenPage, new_person: NewPerson
) -> None:
    """Written, changed, asked, taken along and erased on a browser that runs no script."""
    link = new_person()
    first = open_page("phone")
    agree(first, link)
    page = open_page("phone", scripts=False)
    page.context.add_cookies([one for one in first.context.cookies() if one["name"] == "xinlu_diary"])  # type: ignore[misc]
    base = demo_server.base_url
    page.goto(f"{base}/d/today")
    page.locator("textarea").first.fill("没有脚本也能写")
    page.get_by_role("button", name="保存这条日记").click()
    page.get_by_role("link", name="改一改这一条").click()
    page.locator("textarea").first.fill("没有脚本也能改")
    page.get_by_role("button", name="改好了，保存").click()
    expect(page.get_by_text("改好了，已经存下")).to_be_visible()
    page.get_by_text("改过 1 次，看以前的").click()
    expect(page.get_by_text("没有脚本也能写")).to_be_visible()
    page.get_by_role("link", name="消息").click()
    page.get_by_label("写给研究团队").fill("有个问题想问")
    page.get_by_role("button", name="发给研究团队").click()
    expect(page.get_by_text("发出去了。")).to_be_visible()
    page.goto(f"{base}/d/readers")
    expect(page.get_by_text("研究团队的程序").first).to_be_visible()
    page.goto(f"{base}/d/takeaway")
    with page.expect_download() as download:
        page.get_by_role("button", name="存成一个文件").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    content = json.loads(archive.read("data.json"))
    assert [one["answers"].get("feeling") for one in content["entries"]][-1] == "没有脚本也能改"
    assert [one["text"] for one in content["messages"]] == ["有个问题想问"]
    page.goto(f"{base}/d/mine")
    page.get_by_role("link", name="删除我写的一切").click()
    page.get_by_label("真的要删").fill("删除")
    page.get_by_role("button", name="删除我写的一切").click()
    expect(page.get_by_role("heading", name="都删掉了")).to_be_visible()
    page.goto(f"{base}/d/mine")
    expect(page).to_have_url(re.compile("/d$"))


def test_a_required_purpose_is_taken_back_in_two_taps_and_given_again(
    demo_server: DemoServer, open_page: OpenPage, new_person: NewPerson
) -> None:
    page = open_page("phone")
    agree(page, new_person())
    page.goto(f"{demo_server.base_url}/d/consent")
    page.get_by_text("收回这一项").first.click()
    page.get_by_role("button", name="收回，先不写了").click()
    expect(page.get_by_role("heading", name="想接着写，需要您同意")).to_be_visible()
    accessible(page)
    page.locator("input[name=purposes]").first.check()
    page.get_by_role("button", name="同意，接着写日记").click()
    page.wait_for_url("**/d/today")
    page.goto(f"{demo_server.base_url}/d/consent")
    page.get_by_role("button", name="现在同意这一项").first.click()
    expect(page.get_by_text("已经按您的意思改好了")).to_be_visible()
    expect(page.get_by_text("收回这一项")).to_have_count(2)
