"""The two gold interviews in a real browser: taken in through the page, a speaker put right, and staged by keyboard."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage
from tests.support.server import DemoServer

FIXTURES = Path(__file__).parent / "fixtures"


def signed_in(server: DemoServer, page: Page) -> str:
    page.goto(f"{server.base_url}/sign-in")
    page.get_by_label("账号").fill(server.demo["staff"]["login"])
    page.get_by_label("密码").fill(server.demo["staff"]["password"])
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/studies")
    return f"{server.base_url}/studies/{server.demo['study']}/interviews"


def assert_accessible(page: Page) -> None:
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def look_at(page: Page, base: str, file: Path) -> None:
    page.goto(f"{base}/import")
    page.get_by_label("文字稿", exact=True).set_input_files(file)
    page.locator("form[enctype] button").click()


def test_both_gold_interviews_are_imported_put_right_and_staged(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("desktop")
    base = signed_in(demo_server, page)
    look_at(page, base, FIXTURES / "dental_implant.txt")
    expect(page.get_by_role("heading", name="读懂了 62 段话")).to_be_visible()
    assert_accessible(page)
    # Wrongly set, looked at again, and put right before the import.
    page.get_by_label("受访者 是").select_option("other")
    page.get_by_role("button", name="照这样再读一遍").click()
    expect(page.get_by_label("受访者 是")).to_have_value("other")
    page.get_by_label("受访者 是").select_option("respondent")
    page.get_by_label("参与者编号").fill("P02")
    page.get_by_label("哪天谈的").fill("2026-05-02")
    page.get_by_label("给它起个名字").fill("种植牙访谈")
    page.get_by_role("button", name="导入这 62 段话").click()
    expect(page.get_by_text("导入好了")).to_be_visible()
    count = page.locator("#count")
    expect(count).to_have_text("受访者说了 31 段，归好 0 段。")
    assert_accessible(page)

    page.keyboard.press("ArrowDown")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(count).to_have_text("受访者说了 31 段，归好 1 段。")
    expect(page.locator(".turn.now p")).to_contain_text("最早嘛")
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(count).to_have_text("受访者说了 31 段，归好 2 段。")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_text("确认好了")).to_be_visible()
    expect(count).to_have_text("受访者说了 31 段，归好 30 段。")
    page.get_by_role("link", name="去第一段没确认的").click()
    page.wait_for_url(re.compile(r"page=2"))
    page.locator(".turn.respondent").get_by_role("button", name="确认").click()
    expect(count).to_have_text("受访者说了 31 段，归好 31 段。")

    # Another stage for what is confirmed, and words that were misheard.
    page.goto(page.url.partition("?")[0])
    turn = page.locator(".turn.respondent").nth(4)
    turn.locator("select").select_option(label="3 预约")
    turn.get_by_role("button", name="改到这里").click()
    expect(turn.get_by_role("button", name="改到这里")).to_be_hidden()
    turn.get_by_role("link", name="改字").click()
    page.get_by_label("这段话").fill("钱呗，还有怕疼。来来回回掂量了两个月，睡前老想这个事，挺磨人的。")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("这段话改好了")).to_be_visible()
    expect(page.locator(".turn.respondent").nth(4).locator("select")).to_have_value(re.compile("."))

    look_at(page, base, FIXTURES / "property_repair.txt")
    page.get_by_label("参与者编号").fill("W-01")
    page.get_by_role("button", name="导入这 60 段话").click()
    expect(page.get_by_text("研究里没有这个编号")).to_be_visible()
    page.get_by_label("名单里还没有这个人").check()
    page.get_by_label("我担保有签好的纸质同意书").check()
    page.get_by_role("button", name="导入这 60 段话").click()
    expect(page.get_by_text("导入好了")).to_be_visible()
    page.get_by_role("button", name="按现在选的，确认这一页").click()
    expect(count).to_have_text("受访者说了 30 段，归好 30 段。")

    # The first one once more: it is there already, once.
    look_at(page, base, FIXTURES / "dental_implant.txt")
    expect(page.get_by_text("以前导入过")).to_be_visible()
    page.goto(base)
    expect(page.get_by_role("link", name="种植牙访谈")).to_have_count(1)
    assert_accessible(page)


def test_a_phone_without_scripts_stages_as_well(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page("phone", scripts=False, dark=True)
    base = signed_in(demo_server, page)
    page.goto(f"{base}/import")
    page.get_by_label("整场访谈的文字").fill("访谈者：您好？\n受访者：没有脚本也能用，就是夜里疼。")
    page.get_by_role("button", name="看看读懂了什么").last.click()
    page.get_by_label("参与者编号").fill("P03")
    page.get_by_role("button", name="导入这 2 段话").click()
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_text("确认好了")).to_be_visible()
    expect(page.get_by_text("归好 1 段")).to_be_visible()
    expect(page.get_by_role("button", name="改到这里")).to_be_visible()
