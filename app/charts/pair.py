"""Two curves over the same positions in one picture, told apart by dash and shape first and by colour second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from markupsafe import Markup

from app.charts import strokes
from app.charts.across import HALF, NAMES_SHARE, NOTE_SIZE, ZERO, Across, foot_names, plan_foot, scale_across
from app.charts.curve import WIDTHS, framed
from app.charts.down import HEAD, NAMES_WIDTH, between, scale_down
from app.charts.geometry import Frame, bezier, cut, runs, text_width, wrap
from app.charts.markup import INLINE, STANDALONE, Palette, element, label, safe_address, text
from app.charts.points import ChartPoint, ChartWords, Layout, format_interval, known

DODGE = 0.055
"""So far to each side of a position the two curves stand, in positions: their intervals never lie on one another."""
LEGEND = 34.0
SAMPLE = 46.0


@dataclass(frozen=True, slots=True)
class Difference:
    """What stands under a position: in words how far the second curve lies from the first, and whether that is beyond chance."""

    words: str
    clear: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """How one of the two curves is drawn."""

    role: str
    square: bool
    dashes: str | None
    shift: float


FIRST = _Look("ink", square=False, dashes=None, shift=-DODGE)
SECOND = _Look("focus", square=True, dashes="10 6", shift=DODGE)


def curves_svg(
    first: Sequence[ChartPoint],
    second: Sequence[ChartPoint],
    differences: Sequence[Difference],
    *,
    names: tuple[str, str],
    words: ChartWords,
    layout: Layout = "wide",
    standalone: bool = False,
    title: str,
    description: str,
    caption: str = "",
    chart_id: str = "curves",
) -> Markup:
    """Draw two curves over the same positions as one `<svg>` element, as curve_svg draws one.

    The first is a solid line with round marks, the second a dashed one with square marks; a legend above names both. Where
    a difference is `clear`, a bar joins the two. Each position is one spot to focus, that says
    both values and the difference, and leads to its `href`.
    """
    palette = STANDALONE if standalone else INLINE
    width = WIDTHS[layout]
    top = (46.0 if layout == "narrow" else 40.0) if standalone else 0.0
    draw = _down if layout == "narrow" else _across
    chart = draw(first, second, differences, names, words, palette, width, top)
    return framed(
        chart,
        palette,
        width,
        layout=layout,
        standalone=standalone,
        title=title,
        description=description,
        caption=caption,
        chart_id=chart_id,
    )


def _across(
    first: Sequence[ChartPoint],
    second: Sequence[ChartPoint],
    differences: Sequence[Difference],
    names: tuple[str, str],
    words: ChartWords,
    palette: Palette,
    width: float,
    top: float,
) -> Across:
    left = max(
        width * NAMES_SHARE, max(text_width(one, NOTE_SIZE) for one in (words.good, words.neutral, words.bad)) + 20
    )
    column = (width - left) / max(len(first), 1)
    head = top + LEGEND
    frame = Frame(lambda at: left + column * (at + 0.5), lambda value: head + ZERO - value * HALF)
    foot = plan_foot([_named(point, one) for point, one in zip(first, differences, strict=True)], column)
    end = head + ZERO + HALF
    parts = [
        *_legend(names, palette, left, width, top),
        scale_across(words, palette, left, width, head),
        *_drawn(first, second, differences, frame, palette, 5 if column > 34 else 3.5),
        *foot_names(foot, frame, palette, end),
    ]
    radius = min(30.0, max(column / 2, 6.0))
    return Across(
        Markup().join(parts), _links(first, second, differences, names, words, frame, radius), end + foot.height + 6
    )


def _down(
    first: Sequence[ChartPoint],
    second: Sequence[ChartPoint],
    differences: Sequence[Difference],
    names: tuple[str, str],
    words: ChartWords,
    palette: Palette,
    width: float,
    top: float,
) -> Across:
    rows = [list(_row(point, one, palette)) for point, one in zip(first, differences, strict=True)]
    head = top + LEGEND * 2
    edges = list(
        accumulate((max(64.0, sum(size * 1.32 for _, size, *_ in row) + 18) for row in rows), initial=head + HEAD)
    )
    centres = [(above + below) / 2 for above, below in pairwise(edges)] or [head + HEAD]
    left, right = NAMES_WIDTH + 14, width - 8
    frame = Frame(
        lambda at: _shifted(centres, at), lambda value: (left + right) / 2 + value * (right - left) / 2.1, swapped=True
    )
    parts = [
        *_legend(names, palette, 0, width, top, stacked=True),
        scale_down(words, palette, frame, head, edges[-1]),
        *(element("line", x1=0, x2=width, y1=y, y2=y, stroke=palette["line"]) for y in edges[:-1]),
        *_drawn(first, second, differences, frame, palette, 5),
        *(part for row, y in zip(rows, centres, strict=False) for part in _written(row, y)),
    ]
    return Across(Markup().join(parts), _links(first, second, differences, names, words, frame, 24), edges[-1] + 4)


def _shifted(centres: Sequence[float], at: float) -> float:
    """The y of a position; the shift of the two curves also beyond the first and the last row."""
    whole = round(at)
    return between(centres, whole) + (at - whole) * 110 if abs(at - whole) <= DODGE else between(centres, at)


def _named(point: ChartPoint, difference: Difference) -> ChartPoint:
    return ChartPoint(point.label, point.value, sub_label=difference.words)


def _row(point: ChartPoint, difference: Difference, palette: Palette) -> Iterator[tuple[str, float, str, bool]]:
    for written in wrap(point.label, 15, NAMES_WIDTH, 2) or cut(point.label, 13, NAMES_WIDTH):
        yield written, 15.0, palette["ink"], True
    for written in wrap(difference.words, 12, NAMES_WIDTH, 3) or cut(difference.words, 12, NAMES_WIDTH):
        yield written, 12.0, palette["ink" if difference.clear else "ink-3"], difference.clear


def _written(row: Sequence[tuple[str, float, str, bool]], centre: float) -> Iterator[Markup]:
    y = centre - sum(size * 1.32 for _, size, *_ in row) / 2
    for words, size, fill, bold in row:
        yield label(words, 0, y + size, size=size, fill=fill, anchor="start", bold=bold)
        y += size * 1.32


def _legend(
    names: tuple[str, str], palette: Palette, left: float, width: float, top: float, *, stacked: bool = False
) -> Iterator[Markup]:
    """A sample of each line with its mark, and its name."""
    x, y = left, top + 14
    room = (width - left) if stacked else (width - left) / 2
    for name, look in zip(names, (FIRST, SECOND), strict=True):
        yield element(
            "line",
            x1=x,
            x2=x + SAMPLE,
            y1=y,
            y2=y,
            stroke=palette[look.role],
            stroke_width=3,
            stroke_dasharray=look.dashes,
        )
        yield _mark(x + SAMPLE / 2, y, look, palette, 5, enough=True)
        written = "".join(cut(name, NOTE_SIZE + 1, room - SAMPLE - 20))
        yield label(written, x + SAMPLE + 10, y + 5, size=NOTE_SIZE + 1, fill=palette["ink"], anchor="start", bold=True)
        if stacked:
            y += LEGEND - 4
        else:
            x += SAMPLE + 10 + text_width(written, NOTE_SIZE + 1) + 36


def _drawn(
    first: Sequence[ChartPoint],
    second: Sequence[ChartPoint],
    differences: Sequence[Difference],
    frame: Frame,
    palette: Palette,
    size: float,
) -> Iterator[Markup]:
    """Lines below, then the bars of clear differences, whiskers and marks."""
    sides = [(points, look, _moved(frame, look.shift)) for points, look in ((first, FIRST), (second, SECOND))]
    for points, look, own in sides:
        yield _line(points, look, own, palette)
    for at, (one, other, difference) in enumerate(zip(first, second, differences, strict=True)):
        low, high = known(one.value), known(other.value)
        if difference.clear and low is not None and high is not None:
            (x1, y1), (x2, y2) = frame.at(at, low), frame.at(at, high)
            yield element(
                "line", x1=x1, x2=x2, y1=y1, y2=y2, stroke=palette["line-2"], stroke_width=9, stroke_linecap="round"
            )
    for points, look, own in sides:
        for at, point in enumerate(points):
            yield _whisker(point, at, look, own, palette)
            value = known(point.value)
            if value is not None:
                yield _mark(*own.at(at, value), look, palette, size, enough=point.enough)


def _moved(frame: Frame, shift: float) -> Frame:
    return Frame(lambda at: frame.along(at + shift), frame.across, frame.swapped)


def _line(points: Sequence[ChartPoint], look: _Look, frame: Frame, palette: Palette) -> Markup:
    values = [known(point.value) for point in points]
    drawn = []
    for run in runs([value is not None for value in values]):
        segments = bezier(run, [values[index] or 0.0 for index in run])
        if segments:
            d = strokes.path(frame, run, [values[index] or 0.0 for index in run])
            drawn.append(
                element(
                    "path", d=d, fill="none", stroke=palette[look.role], stroke_width=3, stroke_dasharray=look.dashes
                )
            )
    return Markup().join(drawn)


def _whisker(point: ChartPoint, at: int, look: _Look, frame: Frame, palette: Palette) -> Markup:
    lower, upper = known(point.lower), known(point.upper)
    if known(point.value) is None or lower is None or upper is None:
        return Markup()
    (x1, y1), (x2, y2) = frame.at(at, lower), frame.at(at, upper)
    dashes = None if point.enough else "2 3"
    return element(
        "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=palette[look.role], stroke_width=1.5, stroke_dasharray=dashes
    )


def _mark(x: float, y: float, look: _Look, palette: Palette, size: float, *, enough: bool) -> Markup:
    """A disc for the first, a square for the second; hollow and dashed where the evidence is too little."""
    colour, sheet = palette[look.role], palette["sheet"]
    fill, stroke, dashes = (colour, sheet, None) if enough else (sheet, colour, "3 2.4")
    if look.square:
        return element(
            "rect",
            x=x - size,
            y=y - size,
            width=2 * size,
            height=2 * size,
            fill=fill,
            stroke=stroke,
            stroke_width=1.5,
            stroke_dasharray=dashes,
        )
    return element(
        "circle", cx=x, cy=y, r=size * 1.1, fill=fill, stroke=stroke, stroke_width=1.5, stroke_dasharray=dashes
    )


def _links(
    first: Sequence[ChartPoint],
    second: Sequence[ChartPoint],
    differences: Sequence[Difference],
    names: tuple[str, str],
    words: ChartWords,
    frame: Frame,
    radius: float,
) -> Markup:
    """What a finger, a key or a screen reader meets at each position: both values and the difference."""
    spots = []
    for at, (one, other, difference) in enumerate(zip(first, second, differences, strict=True)):
        values = [value for value in (known(one.value), known(other.value)) if value is not None]
        x, y = frame.at(at, sum(values) / len(values) if values else 0.0)
        told = [f"{name} {format_interval(point, words)[0]}" for name, point in zip(names, (one, other), strict=True)]
        spoken = " · ".join(part for part in (one.label, *told, difference.words) if part)
        spot = element("circle", cx=x, cy=y, r=radius, fill="none", pointer_events="all")
        title = element("title", text(spoken))
        if difference.href is None:
            spots.append(element("g", title, spot, role="img", aria_label=spoken))
            continue
        ring = element("circle", cx=x, cy=y, r=min(radius, 16), fill="none", stroke="none", class_="chart-ring")
        spots.append(
            element("a", title, spot, ring, href=safe_address(difference.href), aria_label=spoken, class_="chart-link")
        )
    return Markup().join(spots)
