"""A figure of agreement with its interval, drawn on one line: the same scale in every row, so that rows compare by eye."""

from typing import Final

from markupsafe import Markup

from app.charts.markup import INLINE, element, label
from app.coding.agreement_bootstrap import Measure

LEAST: Final = -0.2
WIDTH: Final = 180.0
HEIGHT: Final = 22.0
EDGE: Final = 8.0
MARKS: Final = (0.0, 0.667, 0.8, 1.0)
"""Chance, Krippendorff's bounds for tentative and for reliable conclusions, and perfect agreement."""


def measure_svg(measure: Measure) -> Markup:
    """Draw a figure between −0.2 and 1: a dot, hollow where there is no interval, and a line from lower to upper.

    Whatever lies below −0.2 is drawn at the edge, with a point to the left. Hidden from readers: the numbers stand beside it.
    """
    middle = HEIGHT / 2
    parts = [_line(_x(at), _x(at), 3, HEIGHT - 3, "line-2", 1) for at in MARKS]
    if measure.lower is not None and measure.upper is not None:
        parts.append(_line(_x(measure.lower), _x(measure.upper), middle, middle, "accent", 2))
        if measure.lower < LEAST:
            edge = f"M{EDGE - 6} {middle}l5 -4v8z"
            parts.append(element("path", d=edge, fill=_colour("accent")))
    if measure.value is not None:
        parts.append(_dot(_x(measure.value), middle, hollow=measure.lower is None))
    return _svg(HEIGHT, parts)


def scale_svg() -> Markup:
    """Draw the numbers of the scale, to stand above a column of ``measure_svg``."""
    places = (
        (0.0, "0", "middle", 0.0),
        (0.667, ".667", "end", 4.0),
        (0.8, ".8", "start", -2.0),
        (1.0, "1", "middle", 0.0),
    )
    return _svg(
        16,
        [
            label(words, _x(at) + shift, 12, size=11, fill=_colour("ink-2"), anchor=anchor)
            for at, words, anchor, shift in places
        ],
    )


def _svg(height: float, parts: list[Markup]) -> Markup:
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        width=WIDTH,
        height=height,
        class_="measure",
        aria_hidden="true",
    )


def _colour(role: str) -> str:
    return INLINE.get(role, f"var(--{role})")


def _dot(x: float, y: float, *, hollow: bool) -> Markup:
    fill = _colour("sheet" if hollow else "accent")
    return element("circle", cx=x, cy=y, r=4.5, fill=fill, stroke=_colour("accent"), stroke_width=2)


def _line(x1: float, x2: float, y1: float, y2: float, role: str, width: float) -> Markup:
    return element("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke=_colour(role), stroke_width=width, stroke_linecap="round")


def _x(value: float) -> float:
    return EDGE + (max(min(value, 1.0), LEAST) - LEAST) / (1 - LEAST) * (WIDTH - 2 * EDGE)
