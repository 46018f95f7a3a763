"""The charts in a page with the strictest policy: nothing lies on anything, focus is seen, colours follow the page."""

from importlib import resources
from itertools import combinations, cycle
from typing import TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.charts import ChartPoint, ChartWords, curve_svg
from app.charts.points import Layout, Mark
from tests.support.browser import OpenPage, Size

WORDS = ChartWords("很好", "说不上好坏", "很糟", "低谷", "高峰", "证据不足", "没有数据")
SHEET = resources.files("app.charts").joinpath("static/charts.css").read_text(encoding="utf-8")
TOKENS = ":root { --sans: 'Noto Sans CJK SC', sans-serif; --focus: rgb(1, 2, 3); --low: rgb(9, 8, 7); } body { margin: 16px; }"
SIZES: dict[Layout, Size] = {"narrow": "phone", "medium": "tablet", "wide": "desktop"}
Points: TypeAlias = list[ChartPoint]


def road(names: list[str], marked: bool) -> Points:
    """Points up and down; when marked, every single one is a candidate for something."""
    values = cycle((0.02, -0.14, 0.16, 0.32, 0.08, -0.46, 0.71, -0.9))
    marks: cycle[Mark | None] = cycle(
        ("valley", "valley", None, "peak", "valley", "valley", "peak") if marked else (None,)
    )
    return [
        ChartPoint(
            name,
            value,
            value - 0.12,
            value + 0.12,
            value - 0.2,
            value + 0.2,
            sub_label="24 人 184 条",
            mark=mark,
            note="可能是低谷" if mark == "valley" else "",
            href="#quotes",
            enough=index != 2,
        )
        for index, (name, value, mark) in enumerate(zip(names, values, marks, strict=False))
    ]


STAGES = ["知晓", "考虑", "预约", "到店", "治疗", "恢复", "分享"]
TOUCHPOINTS = ["公众号文章", "点评网站", "预约小程序", "面诊与方案说明", "付款", "护士陪伴", "医生微信回访"] * 2
ROADS = {
    "stages": road(STAGES, marked=False),
    "candidates": road(STAGES, marked=True),
    "touchpoints": road(TOUCHPOINTS, marked=True),
    "days": road([f"第 {day} 天" for day in range(24)], marked=True),
}


def show(page: Page, points: Points) -> None:
    charts = "".join(
        curve_svg(points, words=WORDS, layout=layout, title="情绪曲线", description="各阶段") for layout in SIZES
    )
    page.set_content(
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>曲线</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'nonce-here'\">"
        f"<style nonce='here'>{TOKENS}{SHEET}</style><main><h1>曲线</h1>{charts}</main></html>"
    )


def boxes(page: Page, layout: Layout) -> list[dict[str, float | str]]:
    """Every written text of the chart that is shown, with its corners turned back to its own direction."""
    found: list[dict[str, float | str]] = page.evaluate(
        """(layout) => [...document.querySelectorAll(`.chart-${layout} text:not([transform])`)].map(text => {
            const {x, y, width, height} = text.getBBox();
            return {words: text.textContent, x, y: y + height * .18, right: x + width, bottom: y + height * .86};
        })""",
        layout,
    )
    return found


@pytest.mark.parametrize("layout", SIZES)
@pytest.mark.parametrize("name", ROADS)
def test_no_words_lie_on_other_words_or_off_the_paper(open_page: OpenPage, layout: Layout, name: str) -> None:
    page = open_page(SIZES[layout])
    show(page, ROADS[name])
    written = boxes(page, layout)
    assert len(written) > 8
    for one, other in combinations(written, 2):
        apart = (
            one["right"] <= other["x"]  # type: ignore[operator]
            or other["right"] <= one["x"]  # type: ignore[operator]
            or one["bottom"] <= other["y"]  # type: ignore[operator]
            or other["bottom"] <= one["y"]  # type: ignore[operator]
        )
        assert apart, (one, other)
    width, height = page.evaluate(
        "l => {const b = document.querySelector(`.chart-${l}`).viewBox.baseVal; return [b.width, b.height]}", layout
    )
    for box in written:
        assert float(box["x"]) >= -1, box
        assert float(box["right"]) <= width + 1, box
        assert float(box["bottom"]) <= height + 1, box
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("layout", SIZES)
def test_only_the_layout_that_fits_is_shown(open_page: OpenPage, layout: Layout) -> None:
    page = open_page(SIZES[layout])
    show(page, ROADS["stages"])
    shown = [other for other in SIZES if page.locator(f".chart-{other}").is_visible()]
    assert shown == [layout]


def test_focus_is_seen_and_colours_are_those_of_the_page(open_page: OpenPage) -> None:
    page = open_page("desktop")
    show(page, ROADS["candidates"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("知晓 可能是低谷 0.02")
    ring = page.locator(".chart-wide a:focus .chart-ring")
    assert ring.evaluate("ring => getComputedStyle(ring).stroke") == "rgb(1, 2, 3)"
    valley = page.locator(".chart-wide g[role=img] circle").first
    assert valley.evaluate("mark => getComputedStyle(mark).fill") == "rgb(9, 8, 7)"


@pytest.mark.parametrize("layout", SIZES)
def test_the_chart_is_accessible(open_page: OpenPage, layout: Layout) -> None:
    page = open_page(SIZES[layout])
    show(page, ROADS["candidates"])
    page.wait_for_load_state()
    assert not Axe().run(page).response["violations"]
