"""Two curves in one picture, and a smooth one through points: what tells them apart, and what is said of them."""

from typing import get_args
from xml.etree import ElementTree as ET

import pytest

from app.charts import ChartPoint, ChartWords, Difference, TrackPoint, curve_svg, curves_svg
from app.charts.points import Layout

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ChartWords("很好", "说不上好坏", "很糟", "低谷", "高峰", "证据不足", "没有数据")
LAYOUTS = get_args(Layout)
NAMES = ("改造前", '改造后 <b>"&')
ROAD = ("到店", "治疗", "恢复")


def points(*values: float | None) -> list[ChartPoint]:
    return [
        ChartPoint(name, value, value - 0.1, value + 0.1) if value is not None else ChartPoint(name, None)
        for name, value in zip(ROAD, values, strict=True)
    ]


FIRST, SECOND = points(0.1, None, -0.6), points(0.2, 0.0, 0.3)
APART = [Difference("差 +0.10"), Difference("证据不足"), Difference("差 +0.90", clear=True, href="#at-2")]


def drawn(layout: Layout, *, standalone: bool = False) -> ET.Element:
    svg = curves_svg(
        FIRST,
        SECOND,
        APART,
        names=NAMES,
        words=WORDS,
        layout=layout,
        standalone=standalone,
        title="两条曲线",
        description="恢复好了很多",
    )
    return ET.fromstring(svg)  # noqa: S314 written here a moment ago


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_two_are_told_apart_by_dash_and_by_shape_not_by_colour_alone(layout: Layout) -> None:
    root = drawn(layout)
    paths = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    assert [path.get("stroke-dasharray") for path in paths] == ["10 6"], "the first has no two neighbours: no line"
    squares = list(root.iter(f"{SVG}rect"))
    assert len(squares) == 1 + 3, "one in the legend, one for each point of the second"
    discs = [one for one in root.iter(f"{SVG}circle") if one.get("pointer-events") is None and one.get("class") is None]
    assert len(discs) == 1 + 2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_position_says_both_values_and_the_difference_and_a_bar_joins_only_what_differs(layout: Layout) -> None:
    root = drawn(layout)
    names = [one.get("aria-label") for one in root.iter() if one.get("aria-label")]
    assert '恢复 · 改造前 −0.60（−0.70 ~ −0.50） · 改造后 <b>"& 0.30（0.20 ~ 0.40） · 差 +0.90' in names
    assert [one.get("href") for one in root.iter(f"{SVG}a")] == ["#at-2"]
    bars = [one for one in root.iter(f"{SVG}line") if one.get("stroke-width") == "9"]
    assert len(bars) == 1


def test_standalone_it_names_no_property_of_a_page_and_holds_its_title() -> None:
    root = drawn("wide", standalone=True)
    assert "var(" not in ET.tostring(root, encoding="unicode")
    assert "两条曲线" in [one.text for one in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_smooth_curve_takes_the_place_of_the_line_and_has_gaps_where_nothing_is_known(layout: Layout) -> None:
    values = [0.1, 0.2, 0.3, None, 0.1, 0.0]
    steps = [
        TrackPoint(at * 0.4, value, None if value is None else value - 0.2, None if value is None else value + 0.2)
        for at, value in enumerate(values)
    ]
    svg = curve_svg(SECOND, words=WORDS, layout=layout, title="按天", description="平滑", smooth=steps)
    root = ET.fromstring(svg)  # noqa: S314 written here a moment ago
    lines = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    bands = [path for path in root.iter(f"{SVG}path") if path.get("fill-opacity")]
    assert (len(lines), len(bands)) == (2, 2)
