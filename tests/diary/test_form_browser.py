"""The form in a real browser, by thumb, by keyboard, by slider; what it shows, makes small and says at once."""

import base64
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.core import clock
from scripts.system_packages import find_chromium
from tests.support import run
from tests.support.browser import FLAGS, OpenPage, Size
from tests.support.server import DemoServer

BYTES_OF = """async (name) => Promise.all([...document.querySelector("#entry").elements[name].files].map(async (file) => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return [file.type, btoa(binary)];
}))"""
VALUES = "(name) => new FormData(document.querySelector('#entry')).getAll(name)"
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SHANGHAI = ZoneInfo("Asia/Shanghai")

OpenForm = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a microphone that beeps."""
    run.require("chromium", "chinese-font")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *MICROPHONE])
        yield chromium
        chromium.close()


@pytest.fixture
def open_form(open_page: OpenPage, demo_server: DemoServer) -> OpenForm:
    """Opens today's form of somebody new, three days after surgery."""

    def open_form(size: Size = "phone", *, at: datetime | None = None, **how: Any) -> Page:
        address = f"{demo_server.base_url}/api/v1/studies/{demo_server.demo['study']}/participants"
        key = {"Authorization": f"Bearer {demo_server.demo['api_key']}"}
        anchor = (clock.now().astimezone(SHANGHAI).date() - timedelta(days=3)).isoformat()
        answer = httpx.post(address, json={"anchor_on": anchor}, headers=key)
        assert answer.status_code == 201, answer.text
        page = open_page(size, **how)
        page.goto(f"{demo_server.base_url}/d")
        page.locator("[name=secret]").last.fill(answer.json()["link"]["short_code"])
        page.locator("form[action='/d/open'] button").last.click()
        page.wait_for_url("**/d/consent")
        page.locator("input[name=purposes]").first.check()
        if at:
            page.clock.set_fixed_time(at)
        page.locator("form[action='/d/consent'] button").first.click()
        page.wait_for_url("**/d/today")
        return page

    return open_form


def chosen(page: Page, name: str) -> list[str]:
    found: list[str] = page.evaluate(VALUES, name)
    return found


def save(page: Page) -> None:
    page.get_by_role("button", name="保存这条日记").click()
    page.wait_for_url("**/d/entries/*")


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


def photo(path: Path) -> Path:
    """Return a picture of 3000 × 2000, lying on its side, that says where and with what it was taken."""
    picture = Image.new("RGB", (3000, 2000), (40, 90, 200))
    picture.paste((220, 30, 30), (0, 0, 1500, 2000))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "CANARY-CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 5.0)
    picture.save(path, exif=exif, quality=95)
    assert b"CANARY-CAMERA" in path.read_bytes()
    return path


def files_of(page: Page, name: str) -> list[tuple[str, bytes]]:
    return [(kind, base64.b64decode(held)) for kind, held in page.evaluate(BYTES_OF, name)]


def test_a_photo_is_drawn_anew_upright_small_and_without_what_the_camera_said(
    open_form: OpenForm, tmp_path: Path
) -> None:
    page = open_form()
    page.locator("[name=photo]").set_input_files(photo(tmp_path / "IMG_0001.jpg"))
    expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    ((kind, held),) = files_of(page, "photo")
    assert kind == "image/jpeg"
    assert b"CANARY" not in held
    assert b"Exif" not in held
    drawn = Image.open(io.BytesIO(held))
    assert drawn.size == (1067, 1600)
    assert not drawn.getexif()
    top, bottom = drawn.getpixel((500, 100)), drawn.getpixel((500, 1500))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0] > 180, bottom[2] > 160) == (True, True)


def test_photos_are_counted_refused_and_removed_in_words(open_form: OpenForm, tmp_path: Path) -> None:
    page = open_form()
    good = photo(tmp_path / "a.jpg")
    broken = tmp_path / "b.jpg"
    broken.write_bytes(b"not a picture")
    page.locator("[name=photo]").set_input_files([good, broken])
    expect(page.get_by_text("这张照片打不开")).to_be_visible()
    page.locator("[name=photo]").set_input_files([good] * 4)
    expect(page.get_by_text("最多带 4 张照片")).to_be_visible()
    rows = page.get_by_role("list", name="这条日记带着的").get_by_role("listitem")
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="去掉: 照片 2").click()
    expect(rows).to_have_count(3)
    assert len(files_of(page, "photo")) == 3


def test_a_voice_note_is_recorded_played_and_sent_as_small_speech(open_form: OpenForm) -> None:
    page = open_form()
    page.get_by_role("button", name="说给我听").click()
    stop = page.get_by_role("button", name="停，录好了")
    expect(stop).to_contain_text("2″")
    stop.click()
    expect(page.get_by_role("button", name="听一听")).to_be_visible()
    ((kind, held),) = files_of(page, "voice")
    assert kind == "audio/wav"
    sound, rate = soundfile.read(io.BytesIO(held))
    assert (rate, sound.ndim) == (16_000, 1)
    seconds = len(sound) / rate
    assert 1 < seconds < 30
    assert np.abs(sound).max() > 0.05  # the device beeps
    assert len(held) < 8_200 * (seconds + 1)
    page.get_by_role("button", name="听一听").click()
    page.get_by_role("button", name="去掉: 录音 1").click()
    expect(page.get_by_role("button", name="听一听")).to_have_count(0)
    assert files_of(page, "voice") == []


def test_a_refused_microphone_is_told_with_what_else_can_be_done(open_form: OpenForm) -> None:
    page = open_form()
    page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
        }"""
    )
    page.get_by_role("button", name="说给我听").click()
    expect(page.get_by_text("没有得到麦克风的许可")).to_be_visible()
    page.get_by_role("textbox").first.fill("那就打字")
    save(page)


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
