"""The drawn curve, on whatever frame: band, line, whiskers, marks, and the links over them."""

from collections.abc import Sequence

from markupsafe import Markup

from app.charts.geometry import Frame, Pair, bezier, runs
from app.charts.markup import Palette, element, number, safe_address, text
from app.charts.points import ChartPoint, ChartWords, TrackPoint, known, spoken

DASHES = "11 7"
"""Long beside the dots of another curve: the two are told apart without colour."""


def _coordinates(frame: Frame, *places: Pair) -> str:
    return " ".join(f"{number(x)} {number(y)}" for x, y in (frame.at(*place) for place in places))


def path(frame: Frame, at: Sequence[float], values: Sequence[float]) -> str:
    """Path commands through all points."""
    return f"M{_coordinates(frame, (at[0], values[0]))}{_curve(frame, at, values)}"


def _curve(frame: Frame, at: Sequence[float], values: Sequence[float]) -> str:
    """Path commands that go on from the first point."""
    return "".join(f"C{_coordinates(frame, *segment[1:])}" for segment in bezier(at, values))


def band(points: Sequence[ChartPoint], frame: Frame, palette: Palette) -> Markup:
    """The simultaneous band, over each run of neighbouring points that have one."""
    bounds = [(known(point.band_lower), known(point.band_upper)) for point in points]
    present = [
        point.enough and known(point.value) is not None and None not in bound
        for point, bound in zip(points, bounds, strict=True)
    ]
    drawn = []
    for run in (run for run in runs(present) if len(run) > 1):
        upper = [_inside(bounds[i][1]) for i in run]
        lower = [_inside(bounds[i][0]) for i in reversed(run)]
        back = [-float(i) for i in reversed(run)]
        mirrored = Frame(lambda at: frame.along(-at), frame.across, frame.swapped)
        d = path(frame, run, upper)
        d += f"L{_coordinates(frame, (run[-1], lower[0]))}{_curve(mirrored, back, lower)}Z"
        drawn.append(element("path", d=d, fill=palette["flat"], fill_opacity=0.14))
    return Markup().join(drawn)


def _inside(value: float | None) -> float:
    return max(-1.04, min(1.04, value or 0.0))


def line(points: Sequence[ChartPoint], frame: Frame, palette: Palette, width: float = 3) -> Markup:
    """The curve, with a gap where a value is missing, dashed to and from a point with too little evidence."""
    values = [known(point.value) for point in points]
    drawn = []
    for run in runs([value is not None for value in values]):
        segments = bezier(run, [values[i] or 0.0 for i in run])
        for index, segment in zip(run, segments, strict=False):
            firm = points[index].enough and points[index + 1].enough
            d = f"M{_coordinates(frame, segment[0])}C{_coordinates(frame, *segment[1:])}"
            drawn.append(
                element(
                    "path",
                    d=d,
                    fill="none",
                    stroke=palette["ink" if firm else "ink-3"],
                    stroke_width=width if firm else width - 1,
                    stroke_linecap="round" if firm else None,
                    stroke_dasharray=None if firm else DASHES,
                )
            )
    return Markup().join(drawn)


def track(steps: Sequence[TrackPoint], frame: Frame, palette: Palette) -> Markup:
    """A smooth curve with its band, with gaps where nothing is known."""
    drawn = []
    for run in (run for run in runs([known(step.value) is not None for step in steps]) if len(run) > 1):
        known_steps = [steps[index] for index in run]
        places = [step.at for step in known_steps]
        if all(known(step.band_lower) is not None and known(step.band_upper) is not None for step in known_steps):
            upper = [(step.at, _inside(step.band_upper)) for step in known_steps]
            lower = [(step.at, _inside(step.band_lower)) for step in reversed(known_steps)]
            d = f"M{_coordinates(frame, upper[0])}L{_coordinates(frame, *upper[1:], *lower)}Z"
            drawn.append(element("path", d=d, fill=palette["flat"], fill_opacity=0.14))
        d = path(frame, places, [step.value or 0.0 for step in known_steps])
        drawn.append(element("path", d=d, fill="none", stroke=palette["ink"], stroke_width=3, stroke_linecap="round"))
    return Markup().join(drawn)


def shadow(points: Sequence[ChartPoint], frame: Frame, palette: Palette) -> Markup:
    """Another curve, pale and dashed, with a small dot at each of its points."""
    values = [known(point.value) for point in points]
    drawn = []
    for run in (run for run in runs([value is not None for value in values]) if len(run) > 1):
        d = path(frame, run, [values[i] or 0.0 for i in run])
        drawn.append(
            element(
                "path",
                d=d,
                fill="none",
                stroke=palette["flat"],
                stroke_width=2.5,
                stroke_linecap="round",
                stroke_dasharray="1 6",
            )
        )
    for at, value in enumerate(values):
        if value is not None:
            x, y = frame.at(at, value)
            drawn.append(element("circle", cx=x, cy=y, r=3.5, fill=palette["flat"]))
    return Markup().join(drawn)


def tone(point: ChartPoint) -> str:
    """Role of the point's colour: low or high where it is marked or its interval lies clear of zero."""
    lower, upper = known(point.lower), known(point.upper)
    if not point.enough:
        return "ink-3"
    if point.mark:
        return "low" if point.mark == "valley" else "high"
    if lower is not None and upper is not None and (upper < 0 or lower > 0):
        return "low" if upper < 0 else "high"
    return "ink"


def whisker(point: ChartPoint, position: float, frame: Frame, palette: Palette) -> Markup:
    """The point's own interval."""
    lower, upper = known(point.lower), known(point.upper)
    if known(point.value) is None or lower is None or upper is None:
        return Markup()
    (x1, y1), (x2, y2) = frame.at(position, lower), frame.at(position, upper)
    dashes = None if point.enough else "2 3"
    return element(
        "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=palette[tone(point)], stroke_width=1.5, stroke_dasharray=dashes
    )


def mark(point: ChartPoint, position: float, frame: Frame, palette: Palette, size: float = 5) -> Markup:
    """A ring; filled and larger for a valley, a diamond for a peak; dashed for too little evidence."""
    value = known(point.value)
    if value is None:
        return Markup()
    x, y = frame.at(position, value)
    colour, sheet = palette[tone(point)], palette["sheet"]
    if point.enough and point.mark == "peak":
        far = size * 1.9
        d = f"M{number(x)} {number(y - far)}l{number(far)} {number(far)} {number(-far)} {number(far)} "
        d += f"{number(-far)} {number(-far)}z"
        return element("path", d=d, fill=colour, stroke=sheet, stroke_width=2)
    if point.enough and point.mark == "valley":
        return element("circle", cx=x, cy=y, r=size * 1.65, fill=colour, stroke=sheet, stroke_width=2)
    dashes = None if point.enough else "3 2.4"
    return element("circle", cx=x, cy=y, r=size, fill=sheet, stroke=colour, stroke_width=2.5, stroke_dasharray=dashes)


def link(point: ChartPoint, position: float, frame: Frame, words: ChartWords, radius: float) -> Markup:
    """What a finger, a key or a screen reader meets at the point: a link, or a plain named spot without an address."""
    value = known(point.value)
    x, y = frame.at(position, 0.0 if value is None else value)
    name = spoken(point, words)
    spot = element("circle", cx=x, cy=y, r=radius, fill="none", pointer_events="all")
    ring = element("circle", cx=x, cy=y, r=min(radius, 14), fill="none", stroke="none", class_="chart-ring")
    title = element("title", text(name))
    if point.href is None:
        return element("g", title, spot, role="img", aria_label=name)
    return element("a", title, spot, ring, href=safe_address(point.href), aria_label=name, class_="chart-link")
