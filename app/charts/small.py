"""A person's own few entries as a small curve, without axis or numbers."""

from collections.abc import Sequence

from markupsafe import Markup

from app.charts import strokes
from app.charts.curve import MARGIN
from app.charts.geometry import Box, Frame, Pair, text_width
from app.charts.markup import INLINE, STANDALONE, Palette, element, label, text
from app.charts.points import SmallPoint

WIDTH = 320.0
HEIGHT = 108.0
ZERO = 42.0
HALF = 30.0
SIZE = 12.0
MANY = 24
FOOT = HEIGHT - 6


def small_curve_svg(
    points: Sequence[SmallPoint],
    *,
    title: str,
    description: str,
    standalone: bool = False,
    chart_id: str = "own-curve",
) -> Markup:
    """Draw entries in the order of time, the last one emphasised; 320 × 108 units, following the width of the page.

    The last point's label stands beside it, the others along the foot where they find room. Without points only the
    line of neither good nor bad is drawn.
    """
    palette = STANDALONE if standalone else INLINE
    ordered = sorted(points, key=lambda point: point.at)
    size = {"width": WIDTH + 2 * MARGIN, "height": HEIGHT + 2 * MARGIN} if standalone else {}
    edge = MARGIN if standalone else 0.0
    drawing = element("g", _drawing(ordered, palette), transform=f"translate({edge:g} {edge:g})" if edge else None)
    ground = element("rect", fill=palette["sheet"], **size) if standalone else Markup()
    return element(
        "svg",
        element("title", text(title), id=f"{chart_id}-title"),
        element("desc", text(description), id=f"{chart_id}-desc"),
        ground,
        drawing,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH + 2 * edge:g} {HEIGHT + 2 * edge:g}",
        font_family=palette["sans"],
        class_=None if standalone else "chart chart-small",
        role="img",
        aria_labelledby=f"{chart_id}-title",
        aria_describedby=f"{chart_id}-desc",
        **size,
    )


def _drawing(points: Sequence[SmallPoint], palette: Palette) -> Markup:
    zero = element("line", x1=0, x2=WIDTH, y1=ZERO, y2=ZERO, stroke=palette["line-2"], stroke_dasharray="2 4")
    if not points:
        return zero
    places = _places(points)
    values = [point.value for point in points]
    frame = Frame(lambda x: x, lambda value: ZERO - value * HALF)
    *earlier, (x, y) = [frame.at(*place) for place in zip(places, values, strict=True)]
    shown = [place for place, point in zip(earlier, points, strict=False) if point.label or len(points) <= MANY]
    tone = palette["low" if values[-1] < 0 else "high" if values[-1] > 0 else "ink-2"]
    return Markup().join(
        (
            zero,
            element(
                "path",
                d=strokes.path(frame, places, values),
                fill="none",
                stroke=palette["ink-2"],
                stroke_width=2.5,
                stroke_linecap="round",
            ),
            *(_dot(*place, palette) for place in shown),
            element("circle", cx=x, cy=y, r=6, fill=tone, stroke=palette["sheet"], stroke_width=2),
            *_labels(points, [*earlier, (x, y)], palette, tone),
        )
    )


def _places(points: Sequence[SmallPoint]) -> list[float]:
    """Left to right by time, never one on another; a single point stands at the end of its road."""
    first, last = points[0].at, points[-1].at
    span = last - first
    even = [index / max(len(points) - 1, 1) for index in range(len(points))]
    shares = [(point.at - first) / span for point in points] if span > 0 else even
    left, room = (14.0, WIDTH - 28) if len(points) > 1 else (WIDTH / 2, 0.0)
    return [left + share * room + 0.01 * index for index, share in enumerate(shares)]


def _dot(x: float, y: float, palette: Palette) -> Markup:
    return element("circle", cx=x, cy=y, r=3.5, fill=palette["ink-2"], stroke=palette["sheet"], stroke_width=1)


def _labels(points: Sequence[SmallPoint], places: Sequence[Pair], palette: Palette, tone: str) -> list[Markup]:
    last = len(points) - 1
    drawn: list[Markup] = []
    taken: list[Box] = []
    for index in (last, *range(last)):
        words, (x, y) = points[index].label, places[index]
        half = text_width(words, SIZE) / 2
        middle = min(max(x, half), WIDTH - half)
        beside = y - 12 if y > 24 else y + 22
        baseline = beside if index == last else FOOT
        box = Box(middle - half, baseline - SIZE, middle + half, baseline)
        if not words or any(box.meets(other, 6) for other in taken):
            continue
        taken.append(box)
        fill, halo = (tone, palette["sheet"]) if index == last else (palette["ink-2"], None)
        drawn.append(label(words, middle, baseline, size=SIZE, fill=fill, bold=index == last, halo=halo))
    return drawn
