"""The picture file: the right size, with Chinese signs in it, or an error that says why not."""

import functools
import struct
from collections.abc import Iterator

import pytest
import resvg_py

from app.charts import ChartPoint, ChartWords, ChineseFontMissing, curve_svg, svg_to_png
from app.charts.png import can_draw_chinese
from tests.support import run

WORDS = ChartWords("很好", "说不上好坏", "很糟", "低谷", "高峰", "证据不足", "没有数据")


def picture(label: str) -> str:
    return curve_svg(
        [ChartPoint(label, 0.2), ChartPoint("b", -0.2)], words=WORDS, standalone=True, title="曲线", description=""
    )


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    bare = functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", bare)
    can_draw_chinese.cache_clear()
    yield
    can_draw_chinese.cache_clear()


def test_picture_is_as_wide_as_asked() -> None:
    run.require("chinese-font")
    png = svg_to_png(picture("恢复"), width=700)
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">I", png[16:20]) == (700,)


def test_chinese_signs_are_drawn_and_not_as_equal_boxes() -> None:
    run.require("chinese-font")
    recover, share, blank = (svg_to_png(picture(label), width=700) for label in ("恢", "享", " "))
    assert len({recover, share, blank}) == 3


@pytest.mark.usefixtures("no_fonts")
def test_without_a_chinese_face_it_says_so_instead_of_drawing_boxes() -> None:
    with pytest.raises(ChineseFontMissing) as caught:
        svg_to_png(picture("恢复"), width=700)
    assert (caught.value.status, caught.value.code) == (503, "chinese_font_missing")


@pytest.mark.usefixtures("no_fonts")
def test_picture_without_chinese_words_needs_no_chinese_face() -> None:
    assert svg_to_png('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>', width=8).startswith(b"\x89PNG")


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="SVG"):
        svg_to_png("<p>no</p>", width=10)
