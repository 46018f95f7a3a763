"""The curve over the lanes on paper: as wide as the sheet, but no higher than leaves room for what stands under it."""

from typing import Final

from markupsafe import Markup

from app.charts.across import draw_across
from app.charts.markup import INLINE, element, text
from app.curves.drawing import chart_points, chart_words, title
from app.curves.service import Curve

PAPER_WIDTH: Final = 1900.0
"""Units across: on a sheet of A3 its letters come out at eight to nine points."""


def paper_curve(curve: Curve, behind: Curve | None) -> Markup:
    """Return the curve as an SVG for print alone; on the screen the same curve stands there as a chart that one can use."""
    drawn = draw_across(
        chart_points(curve),
        chart_words(curve),
        INLINE,
        width=PAPER_WIDTH,
        top=0.0,
        behind=chart_points(behind) if behind else (),
    )
    name = title(curve)
    return element(
        "svg",
        element("title", text(name)),
        drawn.drawing,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {PAPER_WIDTH:g} {drawn.height:.0f}",
        font_family=INLINE["sans"],
        class_="chart chart-paper",
        role="img",
        aria_label=name,
    )
