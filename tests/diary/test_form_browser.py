"""The form in a real browser, by thumb, by keyboard and by slider; what it shows and says at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.core import clock
from tests.support.browser import Size
from tests.support.server import DemoServer
from tests.support.today_form import SHANGHAI, OpenForm, save

VALUES = "(name) => new FormData(document.querySelector('#entry')).getAll(name)"


def chosen(page: Page, name: str) -> list[str]:
    found: list[str] = page.evaluate(VALUES, name)
    return found


def test_the_keyboard_alone_fills_in_every_part(open_form: OpenForm) -> None:
    page = open_form("desktop")
    press = page.keyboard.press

    def reach(wanted: str) -> None:
        for _ in range(60):
            press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
                return
        raise AssertionError(f"Tab never came to {wanted}")

    reach("[name='answers.mood']")
    press("ArrowRight")  # from the first face, on which the tab stops, to the second
    reach("[name='answers.feeling']")
    page.keyboard.type("键盘写的")
    reach("[name='answers.mark']")
    press("Space")
    reach("#place summary")
    press("Enter")
    reach("[name=when]")
    press("ArrowRight")
    reach(".more summary")
    press("Enter")
    reach("[name='answers.effort']")
    press("Space")
    reach(".save button")
    when = chosen(page, "when")
    assert chosen(page, "answers.mood") == ["2"]
    assert chosen(page, "answers.mark") == ["peak"]
    assert chosen(page, "answers.effort") == ["1"]
    assert when[0] not in ("now", "earlier")
    press("Enter")
    page.wait_for_url("**/d/entries/*")
    expect(page.get_by_label("这条日记")).to_contain_text("键盘写的")
    expect(page.get_by_label("这条日记")).to_contain_text("毫不费力")


def test_slider_and_faces_are_one_value_in_one_field_and_the_choice_is_remembered(open_form: OpenForm) -> None:
    page = open_form()
    faces = page.get_by_role("radiogroup").or_(page.get_by_role("group", name="此刻的心情"))
    expect(faces.first.get_by_role("radio", name="不太好")).to_be_visible()
    page.get_by_role("button", name="换成滑块").click()
    slider = page.get_by_role("slider", name="此刻的心情")
    expect(slider).to_have_attribute("aria-valuetext", "还没选")
    assert chosen(page, "answers.mood") == []
    slider.press("Enter")
    assert chosen(page, "answers.mood") == ["5"]
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    assert chosen(page, "answers.mood") == ["3"]
    expect(slider).to_have_attribute("aria-valuetext", "不太好")
    page.get_by_role("button", name="换成表情").click()
    expect(page.get_by_role("radio", name="不太好")).to_be_checked()
    page.get_by_role("radio", name="很好").check(force=True)
    page.get_by_role("button", name="换成滑块").click()
    expect(slider).to_have_js_property("value", "9")
    page.reload()
    expect(page.get_by_role("slider", name="此刻的心情")).to_be_visible()


def test_a_question_appears_with_the_answer_it_depends_on_and_goes_with_it(open_form: OpenForm) -> None:
    page = open_form()
    pain = page.get_by_role("group", name="疼得怎么样")
    expect(pain).to_be_hidden()
    expect(page.get_by_text("才需要答这一题")).to_be_hidden()
    page.get_by_role("radio", name="糟糕").check(force=True)
    expect(pain).to_be_visible()
    pain.get_by_text("疼得睡不着").click()
    assert chosen(page, "answers.pain") == ["severe"]
    page.get_by_role("radio", name="挺好").check(force=True)
    expect(pain).to_be_hidden()
    assert chosen(page, "answers.pain") == []
    page.get_by_role("radio", name="糟糕").check(force=True)
    save(page)
    expect(page.get_by_label("这条日记")).to_contain_text("疼得睡不着")


def test_nothing_filled_in_is_said_on_the_page_before_anything_is_sent(open_form: OpenForm) -> None:
    page = open_form()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method in ("POST", "PUT") else None)
    page.get_by_role("button", name="保存这条日记").click()
    expect(page.get_by_role("alert").filter(has_text="请至少回答一题")).to_be_visible()
    assert sent == []
    page.get_by_role("radio", name="挺好").check(force=True)
    expect(page.get_by_text("请至少回答一题")).to_have_count(0)
    save(page)


def test_worrying_words_are_met_at_once_and_saved_all_the_same(open_form: OpenForm) -> None:
    page = open_form()
    felt = page.get_by_role("textbox").first
    cue = page.get_by_role("region", name="可以找谁")
    felt.fill("今天想死我了，终于见到孙女。")
    page.wait_for_timeout(900)
    expect(cue).to_be_hidden()
    felt.fill("伤口大出血")
    expect(cue.get_by_text("尽快让医生看看")).to_be_visible()
    felt.fill("伤口大出血，我真的不想活了")
    expect(cue.get_by_text("不用一个人扛着")).to_be_visible()
    expect(cue.get_by_text("尽快让医生看看")).to_be_hidden()
    expect(cue.get_by_role("link", name="12356")).to_have_attribute("href", "tel:12356")
    assert page.evaluate("document.querySelector('[data-cue]').getAttribute('role')") == "status"
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("存好了。")
    expect(page.get_by_role("region", name="可以找谁")).to_contain_text("不用一个人扛着")


def test_the_numbers_are_one_tap_away_everywhere(open_form: OpenForm, demo_server: DemoServer) -> None:
    page = open_form()
    for path in ("/d/today", "/d/mine", "/d/consent", "/d"):
        page.goto(demo_server.base_url + path)
        page.get_by_text("找人说说", exact=True).first.click()
        expect(page.locator("#help a[href='tel:120']")).to_be_visible()
        expect(page.locator("#help a[href='tel:12356']")).to_be_visible()


@pytest.mark.parametrize(
    ("hour", "minute", "offered"),
    [
        (0, 20, ["刚才", "昨天晚上", "昨天白天", "别的时间"]),
        (9, 20, ["刚才", "今天早上", "今天凌晨", "昨天晚上", "昨天白天", "别的时间"]),
    ],
)
def test_the_parts_of_the_day_follow_the_clock_of_a_page_that_was_kept(
    open_form: OpenForm, hour: int, minute: int, offered: list[str]
) -> None:
    tomorrow = clock.now().astimezone(SHANGHAI) + timedelta(days=1)
    now = tomorrow.replace(hour=hour, minute=minute, second=0, microsecond=0)
    page = open_form(at=now)
    page.get_by_text("改一改").click()
    chips = page.locator(".when .row .chip")
    expect(chips).to_have_text(offered)
    values = page.locator(".when .part input").evaluate_all("all => all.map(one => one.value)")
    assert all(datetime.fromisoformat(value).replace(tzinfo=SHANGHAI) < now for value in values)
    chips.nth(1).click()
    expect(page.locator("[data-told=when]")).to_have_text(offered[1])


def test_typing_in_syllables_and_by_voice_is_left_alone(open_form: OpenForm) -> None:
    page = open_form()
    felt = page.locator("[name='answers.feeling']")
    felt.focus()
    keyboard = page.context.new_cdp_session(page)
    for typed in ("m", "ma", "ma'y"):
        keyboard.send(
            "Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)}
        )
    expect(page.locator("#q-feeling-count")).to_have_text("最多 2000 字")
    keyboard.send("Input.insertText", {"text": "麻药劲过了"})
    expect(felt).to_have_value("麻药劲过了")
    expect(page.locator("#q-feeling-count")).to_have_text("5 / 2000")


def test_larger_type_comes_without_losing_a_word_and_stays(open_form: OpenForm, demo_server: DemoServer) -> None:
    page = open_form()
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    usual = page.evaluate(size)
    page.get_by_role("textbox").first.fill("写到一半")
    page.get_by_role("link", name="大字").click()
    expect(page.get_by_role("link", name="平常的字")).to_be_visible()
    expect(page.get_by_role("textbox").first).to_have_value("写到一半")
    assert page.evaluate(size) > 1.2 * usual
    page.goto(f"{demo_server.base_url}/d/mine")
    assert page.evaluate(size) > 1.2 * usual
    page.get_by_role("link", name="平常的字").click()
    page.wait_for_url("**type=usual")
    assert page.evaluate(size) == usual


def accessible(page: Page) -> None:
    """No axe violation, and nothing wider than the screen."""
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"][:300] for node in one["nodes"]]) for one in found]
    fits(page)


def fits(page: Page) -> None:
    # Not innerWidth: a phone zooms out to show what is too wide, and then says that it fits.
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


HOW: dict[str, tuple[Size, dict[str, Any], str]] = {
    "phone": ("phone", {}, ""),
    "tablet": ("tablet", {}, ""),
    "desktop": ("desktop", {}, ""),
    "dark": ("phone", {"dark": True}, ""),
    "english": ("phone", {}, "?lang=en"),
    "large": ("phone", {}, "?type=large"),
    "200 %": ("phone", {}, "200"),
    "large 200 %": ("phone", {"dark": True}, "?type=large 200"),
    "no scripts": ("phone", {"scripts": False}, ""),
}


@pytest.mark.parametrize("how", HOW)
def test_the_whole_form_is_accessible_and_fits(open_form: OpenForm, demo_server: DemoServer, how: str) -> None:
    size, options, rest = HOW[how]
    query, _, double = rest.partition(" ") if rest.startswith("?") else ("", "", rest)
    page = open_form(size, **options)
    page.goto(f"{demo_server.base_url}/d/today{query}")
    if options.get("scripts", True):
        if double:
            page.evaluate("document.documentElement.style.fontSize = '34px'")
        page.locator("input[name='answers.mood'][value='2']").check(force=True)
        page.locator(".swap").click()
        page.locator("[name='answers.feeling']").fill("伤口大出血" + "长" * 60)
        expect(page.locator(".cue")).to_be_visible()
    for folded in ("#place summary", ".more summary", ".help-sheet summary"):
        page.locator(folded).click()
    if options.get("scripts", True):
        accessible(page)
    else:
        fits(page)
        expect(page.get_by_text("才需要答这一题")).to_be_visible()
        expect(page.locator("[name=photo]")).to_be_visible()
    if how == "large":
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 21
