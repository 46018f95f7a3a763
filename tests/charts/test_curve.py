"""What the drawn curve says, to the eye, to a screen reader and to a parser."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.charts import ChartPoint, ChartWords, SmallPoint, curve_svg, small_curve_svg
from app.charts.geometry import bezier, text_width, wrap
from app.charts.points import Layout, Mark, format_value

SVG = "{http://www.w3.org/2000/svg}"
LAYOUTS = get_args(Layout)
WORDS = ChartWords(
    good="很好",
    neutral="说不上好坏",
    bad="很糟",
    valley="低谷",
    peak="高峰",
    too_little="证据不足",
    missing="没有数据",
)
HOSTILE = '</text><script>alert("1")</script>&amp;\' onload="x" ]]>\x00\ud800'


def stage(label: str, value: float | None, mark: Mark | None = None) -> ChartPoint:
    if value is None:
        return ChartPoint(label, None, sub_label="0 人", href="/quotes#" + label.replace(" ", "-"))
    around = (value - 0.1, value + 0.1, value - 0.15, value + 0.15)
    return ChartPoint(
        label, value, *around, sub_label="24 人 84 条", mark=mark, href="/quotes#" + label.replace(" ", "-")
    )


ROAD = (
    stage("知晓", 0.02),
    stage("考虑", -0.24),
    stage("预约", 0.16),
    stage("治疗", 0.08),
    stage("恢复", -0.46, "valley"),
    stage("分享", 0.71, "peak"),
)


def drawn(
    points: tuple[ChartPoint, ...], layout: Layout = "wide", *, standalone: bool = False, title: str = "情绪曲线"
) -> ET.Element:
    svg = curve_svg(points, words=WORDS, layout=layout, standalone=standalone, title=title, description="六个阶段")
    return ET.fromstring(svg)  # noqa: S314 written here a moment ago


def small(points: list[SmallPoint]) -> ET.Element:
    return ET.fromstring(small_curve_svg(points, title="走过的路", description="三天"))  # noqa: S314 written here


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def curve_paths(root: ET.Element) -> list[ET.Element]:
    return [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]


def bands(root: ET.Element) -> list[ET.Element]:
    return [path for path in root.iter(f"{SVG}path") if path.get("fill-opacity")]


def attributes(root: ET.Element) -> Iterator[tuple[str, str]]:
    return ((name, value) for element in root.iter() for name, value in element.attrib.items())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_names_numbers_marks_and_words_of_the_scale_are_written(layout: Layout) -> None:
    written = texts(drawn(ROAD, layout))
    for words in ("很好", "说不上好坏", "很糟", "恢复", "24 人 84 条"):
        assert words in written
    together = " ".join(written)
    assert re.search(r"低谷 −0\.46.{0,2}−0\.56 ~ −0\.36", together)
    assert re.search(r"高峰 0\.71.{0,2}0\.61 ~ 0\.81", together)
    assert "-0." not in together


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("standalone", [True, False])
def test_hostile_words_stay_words(layout: Layout, standalone: bool) -> None:
    points = tuple(replace(point, label=HOSTILE, sub_label=HOSTILE, note=HOSTILE) for point in ROAD)
    root = drawn(points, layout, standalone=standalone, title=HOSTILE)
    kept = HOSTILE.replace("\x00", "").replace("\ud800", "")
    assert root.findtext(f"{SVG}title") == kept
    allowed = {"svg", "g", "a", "title", "desc", "text", "line", "path", "circle", "rect"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
    assert not [name for name, _ in attributes(root) if name.startswith("on")]


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", " /x", "x.html", "/a\n/b"])
def test_addresses_that_could_run_a_script_are_refused(href: str) -> None:
    with pytest.raises(ValueError, match="chart links only"):
        drawn((replace(ROAD[0], href=href),))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_inline_follows_the_page_and_needs_no_exception_in_its_policy(layout: Layout) -> None:
    root = drawn(ROAD, layout)
    assert not [name for name, _ in attributes(root) if name == "style"]
    assert not list(root.iter(f"{SVG}style"))
    colours = [value for name, value in attributes(root) if name in ("fill", "stroke") and value != "none"]
    assert colours
    assert all(value.startswith("var(--") and ", #" in value for value in colours)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_standalone_needs_no_page(layout: Layout) -> None:
    root = drawn(ROAD, layout, standalone=True)
    assert not [value for _, value in attributes(root) if "var(" in value]
    assert "Noto Sans CJK SC" in root.get("font-family", "")
    assert (root.get("width"), root.get("height")) == tuple(root.get("viewBox", "").split()[2:])
    assert "情绪曲线" in texts(root)
    assert not list(root.iter(f"{SVG}a"))


def test_each_point_is_a_named_link_and_the_drawing_one_named_image() -> None:
    root = drawn(ROAD)
    links = list(root.iter(f"{SVG}a"))
    assert [link.get("href") for link in links] == [point.href for point in ROAD]
    assert links[4].get("aria-label") == "恢复 低谷 −0.46（−0.56 ~ −0.36） 24 人 84 条"
    image = root.find(f"{SVG}g")
    assert image is not None
    assert (image.get("role"), image.get("aria-label")) == ("img", "情绪曲线")
    assert not list(image.iter(f"{SVG}a"))
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert named[root.get("aria-labelledby")] == "情绪曲线"
    assert named[root.get("aria-describedby")] == "六个阶段"


def test_point_without_an_address_is_named_but_no_link() -> None:
    root = drawn((replace(ROAD[0], href=None),))
    assert not list(root.iter(f"{SVG}a"))
    assert "知晓 0.02（−0.08 ~ 0.12） 24 人 84 条" in [spot.get("aria-label") for spot in root.iter(f"{SVG}g")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_missing_point_leaves_a_gap(layout: Layout) -> None:
    points = (*ROAD[:2], stage("预约", None), *ROAD[3:])
    assert len(curve_paths(drawn(ROAD, layout))) == 5
    assert len(curve_paths(drawn(points, layout))) == 3
    assert (len(bands(drawn(ROAD, layout))), len(bands(drawn(points, layout)))) == (1, 2)
    assert "预约" in texts(drawn(points, layout))
    assert len(curve_paths(drawn((*ROAD[:2], replace(ROAD[2], value=float("nan")), *ROAD[3:]), layout))) == 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_too_little_evidence_is_dashed_hollow_and_said(layout: Layout) -> None:
    root = drawn((*ROAD[:2], replace(ROAD[2], enough=False), *ROAD[3:]), layout)
    assert "证据不足" in texts(root)
    assert [bool(path.get("stroke-dasharray")) for path in curve_paths(root)] == [False, True, True, False, False]
    rings = [ring for ring in root.iter(f"{SVG}circle") if ring.get("stroke-dasharray")]
    assert len(rings) == 1
    assert "sheet" in rings[0].get("fill", "")
    assert "证据不足" not in texts(drawn(ROAD, layout))


def test_valley_and_peak_differ_in_shape_and_in_colour() -> None:
    plain, low, high = (drawn((replace(ROAD[0], mark=mark),)) for mark in (None, "valley", "peak"))
    radius = [float(root.findall(f".//{SVG}circle")[0].get("r", "0")) for root in (plain, low)]
    assert radius[1] > 1.5 * radius[0]
    assert "low" in low.findall(f".//{SVG}circle")[0].get("fill", "")
    assert [path.get("fill", "").startswith("var(--high") for path in high.iter(f"{SVG}path")] == [True]
    assert not list(low.iter(f"{SVG}path"))


def test_colour_says_only_what_lies_clear_of_zero() -> None:
    rings = [ring for ring in drawn(ROAD[:3]).iter(f"{SVG}circle") if ring.get("stroke-width") == "2.5"]
    assert [ring.get("stroke", "")[4:9] for ring in rings] == ["--ink", "--low", "--hig"]


def test_candidates_are_called_what_the_caller_calls_them() -> None:
    root = drawn((replace(ROAD[1], mark="valley", note="可能是低谷"), *ROAD[2:]))
    assert any(words.startswith("可能是低谷 −0.24") for words in texts(root))


def test_days_are_named_every_so_often_and_touchpoints_slanted() -> None:
    days = tuple(replace(stage(f"术后第 {day} 天", 0.1), sub_label="") for day in range(40))
    named = [words for words in texts(drawn(days, "medium")) if words.startswith("术后")]
    assert 4 <= len(named) <= 12
    assert named[:2] != ["术后第 0 天", "术后第 1 天"]
    places = tuple(stage(name, 0.1) for name in ("公众号文章", "点评网站", "面诊与方案说明") * 5)
    slanted = [text for text in drawn(places, "medium").iter(f"{SVG}text") if text.get("transform")]
    assert [text.text for text in slanted if text.text == "面诊与方案说明"] == ["面诊与方案说明"] * 5


def test_empty_road_still_shows_its_scale() -> None:
    for layout in LAYOUTS:
        assert texts(drawn((), layout))[:3] in (["很好", "说不上好坏", "很糟"], ["很糟", "说不上好坏", "很好"])


def test_values_beyond_the_scale_stay_on_the_paper() -> None:
    wild = replace(ROAD[0], lower=-7.0, upper=7.0, band_lower=-90.0, band_upper=90.0)
    for layout in LAYOUTS:
        root = drawn((wild, *ROAD), layout)
        width, height = (float(size) for size in root.get("viewBox", "").split()[2:])
        for line in root.iter(f"{SVG}line"):
            assert min(float(line.get(end, "0")) for end in ("x1", "x2", "y1", "y2")) >= 0
            assert max(float(line.get(end, "0")) for end in ("x1", "x2")) <= width
            assert max(float(line.get(end, "0")) for end in ("y1", "y2")) <= height


@pytest.mark.parametrize(
    ("value", "written"), [(-0.456, "−0.46"), (0.0, "0.00"), (-0.001, "0.00"), (1.0, "1.00"), (-1.0, "−1.00")]
)
def test_numbers_carry_a_true_minus(value: float, written: str) -> None:
    assert format_value(value) == written


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(-1, 1)), min_size=2, max_size=12))
def test_curve_goes_through_its_points_and_never_beyond_them(steps: list[tuple[float, float]]) -> None:
    at = [sum(step for step, _ in steps[: index + 1]) for index in range(len(steps))]
    values = [value for _, value in steps]
    for index, segment in enumerate(bezier(at, values)):
        assert (segment[0], segment[3]) == ((at[index], values[index]), (at[index + 1], values[index + 1]))
        low, high = sorted(values[index : index + 2])
        for share in (step / 20 for step in range(21)):
            weights = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
            y = sum(weight * point[1] for weight, point in zip(weights, segment, strict=True))
            assert low - 1e-9 <= y <= high + 1e-9


@given(st.text("知晓考虑预约ab 12"), st.floats(20, 200), st.integers(1, 4))
def test_wrapping_loses_no_sign_and_keeps_to_its_width(words: str, width: float, most: int) -> None:
    lines = wrap(words, 13, width, most)
    assert len(lines) <= most
    assert all(text_width(line, 13) <= width for line in lines)
    if lines:
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_own_entries_show_the_way_and_where_it_stands_now() -> None:
    points = [SmallPoint(2, -0.5, "现在"), SmallPoint(0, 0.3, "到店"), SmallPoint(1, 0.2, "手术"), SmallPoint(1, 0.1)]
    root = small(points)
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == 4
    assert "low" in circles[-1].get("fill", "")
    assert set(texts(root)) == {"现在", "到店", "手术"}
    assert root.get("role") == "img"
    for few in ([], points[:1]):
        assert len(list(small(few).iter(f"{SVG}circle"))) == len(few)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_curve_behind_has_a_dot_at_each_of_its_points_and_no_words(layout: Layout) -> None:
    other = (*(replace(one, value=0.3) for one in ROAD[:-1]), replace(ROAD[-1], value=None))
    alone = curve_svg(ROAD, words=WORDS, layout=layout, title="情绪曲线", description="六个阶段")
    both = curve_svg(ROAD, words=WORDS, layout=layout, title="情绪曲线", description="六个阶段", behind=other)
    before, after = ET.fromstring(alone), ET.fromstring(both)  # noqa: S314 written here a moment ago
    dots = [one for one in after.iter(f"{SVG}circle") if one.get("r") == "3.5"]
    assert len(dots) == len(ROAD) - 1
    along = "cy" if layout != "narrow" else "cx"
    assert len({dot.get(along) for dot in dots}) == 1, "all of one value"
    assert len(list(after.iter(f"{SVG}path"))) == len(list(before.iter(f"{SVG}path"))) + 1
    assert ["".join(one.itertext()) for one in after.iter(f"{SVG}text")] == [
        "".join(one.itertext()) for one in before.iter(f"{SVG}text")
    ]
