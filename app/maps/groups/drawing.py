"""Small pictures of figures with their intervals: rows of marks, and the matrix. Shape tells apart before colour does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from markupsafe import Markup

from app.charts.geometry import text_width
from app.charts.markup import INLINE, element, label, text

Placing: TypeAlias = Callable[[float, float], tuple[float, float]]

SHAPES: Final = ("circle", "square", "triangle", "diamond", "ring", "box", "wedge", "kite")
WIDTH: Final = 360.0
LEFT: Final = 92.0
RIGHT: Final = 12.0
SIZE: Final = 14.0
STEP: Final = 16.0
GAP: Final = 14.0
MATRIX: Final = (760.0, 480.0)
EDGE: Final = (64.0, 24.0, 20.0, 56.0)
"""Left, top, right and bottom of the matrix."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with its interval, drawn with the shape number ``shape``; ``faint`` where evidence is short."""

    shape: int
    value: float | None
    lower: float | None
    upper: float | None
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the picture: its name, and a mark for each series."""

    label: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Dot:
    """A spot of the matrix; ``tone`` "low", "high" or "ink"."""

    label: str
    shape: int
    tone: str
    x: tuple[float, float, float]
    y: tuple[float, float, float]


def key_svg(shape: int) -> Markup:
    """Return one shape alone, to stand before the name of its series."""
    return element(
        "svg",
        _shape(shape, 8, 8, INLINE["ink"], 5.5),
        viewBox="0 0 16 16",
        width=16,
        height=16,
        class_="shape",
        aria_hidden="true",
    )


def rows_svg(
    rows: Sequence[Row],
    *,
    span: tuple[float, float],
    middle: float,
    ends: tuple[str, str],
    title: str,
    description: str,
    chart_id: str,
) -> Markup:
    """Draw rows downwards; ``span`` are the values at both ends, ``middle`` the line that means nothing is there."""
    low, high = span

    def at(value: float) -> float:
        inside = min(max(value, low), high)
        return LEFT + (inside - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    top, parts = 26.0, []
    for row in rows:
        tall = max(len(row.marks), 1) * STEP
        parts.append(_name(row.label, top + tall / 2 + SIZE / 3))
        parts += [_whisker(mark, at, top + STEP * (place + 0.5)) for place, mark in enumerate(row.marks)]
        top += tall + GAP
    zero = element(
        "line", x1=at(middle), x2=at(middle), y1=20, y2=top - GAP + 4, stroke=INLINE["line-2"], stroke_dasharray="2 4"
    )
    heads = [
        label(ends[0], LEFT, 12, size=13, fill=INLINE["ink-3"], anchor="start"),
        label(ends[1], WIDTH - RIGHT, 12, size=13, fill=INLINE["ink-3"], anchor="end"),
    ]
    return _picture((WIDTH, top), [zero, *heads, *parts], title, description, chart_id, "chart rows-chart")


def matrix_svg(
    dots: Sequence[Dot],
    *,
    cut: tuple[float, float],
    axes: tuple[str, str],
    corners: tuple[str, str, str, str],
    title: str,
    description: str,
    chart_id: str,
) -> Markup:
    """Draw impact (upwards) over experience (to the right). ``corners``: top left, top right, bottom left, bottom right."""
    wide, tall = MATRIX
    left, top, right, bottom = EDGE
    spans = [_span([*each], middle) for each, middle in zip(_values(dots), cut, strict=True)]

    def place(x: float, y: float) -> tuple[float, float]:
        (x0, x1), (y0, y1) = spans
        return left + (x - x0) / (x1 - x0) * (wide - left - right), tall - bottom - (y - y0) / (y1 - y0) * (
            tall - top - bottom
        )

    across, up = place(*cut)
    frame = element(
        "rect", x=left, y=top, width=wide - left - right, height=tall - top - bottom, fill="none", stroke=INLINE["line"]
    )
    cuts = [
        element(
            "line", x1=across, x2=across, y1=top, y2=tall - bottom, stroke=INLINE["line-2"], stroke_dasharray="4 4"
        ),
        element("line", x1=left, x2=wide - right, y1=up, y2=up, stroke=INLINE["line-2"], stroke_dasharray="4 4"),
    ]
    places = (
        (left + 10, top + 20, "start"),
        (wide - right - 10, top + 20, "end"),
        (left + 10, tall - bottom - 10, "start"),
        (wide - right - 10, tall - bottom - 10, "end"),
    )
    named = [
        label(words, x, y, size=15, fill=INLINE["ink-3"], anchor=anchor)
        for words, (x, y, anchor) in zip(corners, places, strict=True)
    ]
    titles = [
        label(axes[0], (left + wide - right) / 2, tall - 16, size=15, fill=INLINE["ink-2"]),
        label(
            axes[1],
            0,
            0,
            size=14,
            fill=INLINE["ink-2"],
            transform=f"translate(24 {(top + tall - bottom) / 2:g}) rotate(-90)",
        ),
    ]
    crosses = [_cross(dot, place) for dot in dots]
    names = _names(dots, place)
    return _picture(
        MATRIX, [frame, *cuts, *named, *titles, *crosses, *names], title, description, chart_id, "chart matrix"
    )


def _values(dots: Sequence[Dot]) -> tuple[list[float], list[float]]:
    return [value for dot in dots for value in dot.x], [value for dot in dots for value in dot.y]


def _span(values: Sequence[float], middle: float) -> tuple[float, float]:
    low, high = min([*values, middle]), max([*values, middle])
    room = max(high - low, 0.05) * 0.08
    return low - room, high + room


def _cross(dot: Dot, place: Placing) -> Markup:
    colour = INLINE[dot.tone]
    x, y = place(dot.x[0], dot.y[0])
    (x0, _y0), (x1, _y1) = place(dot.x[1], dot.y[0]), place(dot.x[2], dot.y[0])
    (_x2, y0), (_x3, y1) = place(dot.x[0], dot.y[1]), place(dot.x[0], dot.y[2])
    lines = [
        element("line", x1=x0, x2=x1, y1=y, y2=y, stroke=colour, stroke_width=1.5, opacity=0.55),
        element("line", x1=x, x2=x, y1=y0, y2=y1, stroke=colour, stroke_width=1.5, opacity=0.55),
    ]
    return element("g", *lines, _shape(dot.shape, x, y, colour, 7))


def _names(dots: Sequence[Dot], place: Placing) -> list[Markup]:
    """Return the names beside their spots: to the right where there is room, and moved apart where they would meet."""
    spots = [place(dot.x[0], dot.y[0]) for dot in dots]
    taken = [(x - 9, x + 9, y + 5) for x, y in spots]
    found = []
    for dot in sorted(dots, key=lambda one: place(one.x[0], one.y[0])[1]):
        x, y = place(dot.x[0], dot.y[0])
        wide = text_width(dot.label, 15)
        start = x + 11 if x + 11 + wide < MATRIX[0] - EDGE[2] else x - 11 - wide
        height = y - 8
        while any(abs(height - other) < 17 and start < end and begin < start + wide for begin, end, other in taken):
            height += 17
        taken.append((start, start + wide, height))
        found.append(label(dot.label, start, height, size=15, fill=INLINE["ink"], anchor="start", halo=INLINE["sheet"]))
    return found


def _name(words: str, y: float) -> Markup:
    shown = words
    while text_width(shown, SIZE) > LEFT - 14 and len(shown) > 2:
        shown = shown[:-2] + "…" if shown.endswith("…") else shown[:-1] + "…"
    return element(
        "g", element("title", text(words)), label(shown, LEFT - 10, y, size=SIZE, fill=INLINE["ink"], anchor="end")
    )


def _whisker(mark: Mark, at: Callable[[float], float], y: float) -> Markup:
    if mark.value is None:
        return Markup()
    colour = INLINE["ink-3" if mark.faint else "ink"]
    line = Markup()
    if mark.lower is not None and mark.upper is not None:
        line = element(
            "line",
            x1=at(mark.lower),
            x2=at(mark.upper),
            y1=y,
            y2=y,
            stroke=colour,
            stroke_width=1.5,
            stroke_dasharray="3 3" if mark.faint else None,
        )
    return element("g", line, _shape(mark.shape, at(mark.value), y, colour, 5))


def _shape(shape: int, x: float, y: float, colour: str, size: float) -> Markup:
    name = SHAPES[shape % len(SHAPES)]
    hollow = name in ("ring", "box", "wedge", "kite")
    paint: dict[str, str | float | None] = {
        "fill": INLINE["sheet"] if hollow else colour,
        "stroke": colour,
        "stroke_width": 1.8,
    }
    if name in ("circle", "ring"):
        return element("circle", cx=x, cy=y, r=size, **paint)
    if name in ("square", "box"):
        return element("rect", x=x - size, y=y - size, width=2 * size, height=2 * size, **paint)
    reach = size * 1.3
    corners = (
        [(x, y - reach), (x + reach, y + size), (x - reach, y + size)]
        if name in ("triangle", "wedge")
        else [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
    )
    return element("polygon", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in corners), **paint)


def _picture(
    size: tuple[float, float], parts: Sequence[Markup], title: str, description: str, chart_id: str, kind: str
) -> Markup:
    return element(
        "svg",
        element("title", text(title), id=f"{chart_id}-title"),
        element("desc", text(description), id=f"{chart_id}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size[0]:g} {size[1]:g}",
        font_family=INLINE["sans"],
        class_=kind,
        role="img",
        aria_labelledby=f"{chart_id}-title",
        aria_describedby=f"{chart_id}-desc",
    )
