"""A drawing as an SVG that stands alone: text as text, colours and sizes written out, nothing fetched."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

from app.charts.geometry import Box, Pair
from app.charts.markup import STANDALONE, Palette, element, number, text
from app.maps.drawing.layout import GAP, MILLIMETRES
from app.maps.drawing.shapes import LINE, Cell, Drawing, Grid, Mark, Paragraph, Row, Rule, Shape, Stroke, Words

PAPER: Final[Palette] = MappingProxyType({**STANDALONE, "low-soft": "#f6ded6"})
ASCENT: Final = 1.03
"""From the top of a line to its baseline, in sizes of its type."""


def drawing_svg(drawing: Drawing) -> str:
    """Return the drawing as one `<svg>`, A3 across."""
    width, height = MILLIMETRES
    return str(
        element(
            "svg",
            element("title", text(drawing.title)),
            element("desc", text(drawing.description)),
            element("rect", width=drawing.width, height=drawing.height, fill=PAPER["sheet"]),
            *(_shape(shape) for shape in drawing.shapes),
            *_grid(drawing.grid),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {number(drawing.width)} {number(drawing.height)}",
            width=f"{number(width)}mm",
            height=f"{number(height)}mm",
            font_family=PAPER["sans"],
            role="img",
            lang="zh-CN",
        )
    )


def _shape(shape: Shape) -> Markup:
    match shape:
        case Words():
            return _words(shape)
        case Rule():
            return _rule(shape)
        case Stroke():
            return _stroke(shape)
        case Mark():
            return _mark(shape)


def _dash(dash: tuple[float, float] | None) -> str | None:
    return f"{number(dash[0])} {number(dash[1])}" if dash else None


def _words(words: Words) -> Markup:
    x = {"start": words.box.left, "middle": (words.box.left + words.box.right) / 2, "end": words.box.right}[words.align]
    return _text(
        words.lines, (x, words.box.top), words.size, PAPER[words.role], words.bold, words.serif, words.align, words.halo
    )


def _text(
    lines: tuple[str, ...],
    at: Pair,
    size: float,
    fill: str,
    bold: bool = False,
    serif: bool = False,
    align: str = "start",
    halo: bool = False,
) -> Markup:
    spans = (
        element("tspan", text(line), x=at[0], y=at[1] + (index * LINE + ASCENT) * size)
        for index, line in enumerate(lines)
    )
    return element(
        "text",
        *spans,
        font_size=size,
        fill=fill,
        font_weight="600" if bold else None,
        font_family=PAPER["serif"] if serif else None,
        text_anchor=None if align == "start" else align,
        stroke=PAPER["sheet"] if halo else None,
        stroke_width=3 if halo else None,
        stroke_linejoin="round" if halo else None,
        paint_order="stroke" if halo else None,
    )


def _rule(rule: Rule) -> Markup:
    return element(
        "line",
        x1=rule.start[0],
        y1=rule.start[1],
        x2=rule.end[0],
        y2=rule.end[1],
        stroke=PAPER[rule.role],
        stroke_width=rule.width,
        stroke_dasharray=_dash(rule.dash),
    )


def _pair(at: Pair) -> str:
    return f"{number(at[0])} {number(at[1])}"


def _stroke(stroke: Stroke) -> Markup:
    d = f"M{_pair(stroke.start)}" + "".join(f"C{' '.join(map(_pair, segment))}" for segment in stroke.segments)
    if stroke.opacity is not None:
        return element("path", d=f"{d}Z", fill=PAPER[stroke.role], fill_opacity=stroke.opacity)
    return element(
        "path",
        d=d,
        fill="none",
        stroke=PAPER[stroke.role],
        stroke_width=stroke.width,
        stroke_linecap="round",
        stroke_dasharray=_dash(stroke.dash),
    )


def _mark(mark: Mark) -> Markup:
    (x, y), radius, colour, sheet = mark.at, mark.radius, PAPER[mark.role], PAPER["sheet"]
    if mark.kind == "diamond":
        corners = (
            f"M{_pair((x, y - radius))}L{_pair((x + radius, y))} {_pair((x, y + radius))} {_pair((x - radius, y))}Z"
        )
        return element("path", d=corners, fill=colour, stroke=sheet, stroke_width=1.5)
    if mark.kind == "disc":
        return element("circle", cx=x, cy=y, r=radius, fill=colour, stroke=sheet, stroke_width=1.5)
    return element(
        "circle", cx=x, cy=y, r=radius, fill=sheet, stroke=colour, stroke_width=2, stroke_dasharray=_dash(mark.dash)
    )


def _grid(grid: Grid) -> Iterator[Markup]:
    y, right = grid.top, grid.left + grid.names_width + grid.column * len(grid.rows[0].cells)
    for row in grid.rows:
        if not row.head:
            role, width = ("ink", 1.2) if row.firm else ("line", 0.75)
            yield _rule(Rule((grid.left, y), (right, y), role, width))
            yield _text((row.name,), (grid.left, y + grid.padding), 10, PAPER["ink-2"], bold=True)
        for index, cell in enumerate(row.cells):
            left = grid.left + grid.names_width + index * grid.column
            yield from _cell(cell, Box(left, y, left + grid.column, y + row.height), row, grid)
        y += row.height


def _cell(cell: Cell, box: Box, row: Row, grid: Grid) -> Iterator[Markup]:
    if cell.flagged:
        yield element(
            "rect",
            x=box.left,
            y=box.top + 1,
            width=box.right - box.left - 3,
            height=box.bottom - box.top - 2,
            rx=4,
            fill=PAPER["low-soft"],
        )
    y = box.top + grid.padding
    x = (box.left + box.right) / 2 if row.head else box.left + grid.padding
    for paragraph in cell.paragraphs:
        size = _size(paragraph, row, grid)
        align = "middle" if row.head else "start"
        yield _text(paragraph.lines, (x, y), size, PAPER[paragraph.role], paragraph.bold, align=align)
        y += len(paragraph.lines) * size * LINE + GAP


def _size(paragraph: Paragraph, row: Row, grid: Grid) -> float:
    return paragraph.size or (12.0 if row.head else grid.size)
