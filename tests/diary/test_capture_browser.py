"""Photos and voice notes in a real browser: made small, rid of what nobody asked for, refused in words."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.system_packages import find_chromium
from tests.support import run
from tests.support.browser import FLAGS, START_MS
from tests.support.today_form import OpenForm, save

BYTES_OF = """async (name) => Promise.all([...document.querySelector("#entry").elements[name].files].map(async (file) => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return [file.type, btoa(binary)];
}))"""
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a microphone that beeps."""
    run.require("chromium", "chinese-font")
    with sync_playwright() as playwright:
        arguments = [*FLAGS, *MICROPHONE]
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=arguments, timeout=START_MS)
        yield chromium
        chromium.close()


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
