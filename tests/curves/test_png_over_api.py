"""The curve as PNG over REST on a machine that has no Chinese font."""

import functools
from collections.abc import Iterator

import pytest
import resvg_py

from app.charts.png import can_draw_chinese
from tests.support.cast import Cast
from tests.support.databases import only_on


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(resvg_py, "svg_to_bytes", functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True))
    can_draw_chinese.cache_clear()
    yield
    can_draw_chinese.cache_clear()


@only_on("sqlite")  # fonts do not depend on the database
@pytest.mark.usefixtures("no_fonts")
def test_without_a_chinese_font_the_api_says_what_to_install_and_what_to_take_instead(cast: Cast) -> None:
    refused = cast.get("/curve.png")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    problem = refused.json()
    assert (problem["code"], problem["title"]) == ("chinese_font_missing", "这台机器上没有中文字体，画不出 PNG")
    assert "fonts-noto-cjk" in problem["detail"]
    assert ".svg" in problem["detail"]
    assert cast.get("/curve.svg").status_code == 200
