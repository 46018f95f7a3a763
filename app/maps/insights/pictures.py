"""Bars of the funnel and lines of results as small SVGs that grow with their column: shares of the width, no text."""

from collections.abc import Iterable, Sequence
from typing import Final

from markupsafe import Markup

from app.charts.markup import INLINE, element
from app.maps.insights.effects import Interval
from app.maps.insights.funnel import FunnelStep
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.roadmap import Bar

HEIGHT: Final = 26
MIDDLE: Final = HEIGHT / 2
STRIP: Final = 10
ROOM: Final = 1.15
"""So much wider than the furthest limit is the scale of a picture of intervals."""


def funnel_bar(step: FunnelStep) -> Markup:
    """Draw the share that got here as a bar, and the benchmark as a dashed line with an open diamond."""
    bar = element("rect", x=0, y=6, width=_share(step.share or 0.0), height=14, rx=3, fill=INLINE["high"])
    whole = element("rect", x=0, y=6, width="100%", height=14, rx=3, fill=INLINE["line"])
    place = _share(step.benchmark)
    mark = element(
        "svg",
        element("path", d=f"M0 {MIDDLE - 6} l6 6 l-6 6 l-6 -6 z", fill=INLINE["sheet"], stroke=INLINE["ink"], stroke_width=1.6),
        x=place, overflow="visible",
    )  # fmt: skip
    line = element(
        "line", x1=place, x2=place, y1=0, y2=HEIGHT, stroke=INLINE["ink"], stroke_width=1.2, stroke_dasharray="3 2"
    )
    return _picture([whole, bar, line, mark])


def scales(looks: Iterable[ResultLook]) -> dict[str, float]:
    """Return by scale (see scale_of) how far from zero its pictures reach."""
    reach: dict[str, float] = {}
    for look in looks:
        if look.effect is not None:
            ends = [abs(one) for one in _ends(look.effect.difference)]
            reach[scale_of(look)] = max(reach.get(scale_of(look), 0.0), *ends)
    return {key: (most * ROOM or 1.0) for key, most in reach.items()}


def scale_of(look: ResultLook) -> str:
    """Return which pictures share a scale: all shares, all curves; a mean stands alone."""
    return look.kind if look.kind != "mean" else str(look.id)


def effect_line(look: ResultLook, reach: float) -> Markup:
    """Draw a difference with its interval about a line at zero, from −reach to +reach."""
    if look.effect is None:
        return Markup()
    one = look.effect.difference
    ends = _ends(one)
    colour = {True: INLINE["high"], False: INLINE["low"], None: INLINE["flat"]}[look.improved]
    zero = element("line", x1="50%", x2="50%", y1=0, y2=HEIGHT, stroke=INLINE["ink-3"], stroke_dasharray="2 3")
    low, high = _place(min(ends), reach), _place(max(ends), reach)
    line = element("line", x1=low, x2=high, y1=MIDDLE, y2=MIDDLE, stroke=colour, stroke_width=2.5)
    caps = [
        element("line", x1=end, x2=end, y1=MIDDLE - 5, y2=MIDDLE + 5, stroke=colour, stroke_width=2)
        for end in (low, high)
    ]
    point = element(
        "circle", cx=_place(one.estimate, reach), cy=MIDDLE, r=5, stroke=colour, stroke_width=2,
        fill=colour if look.improved is not None else INLINE["sheet"],
    )  # fmt: skip
    return _picture([zero, line, *caps, point])


def road_strip(bar: Bar) -> Markup:
    """Draw the time of an improvement within the columns that hold its words; what is only planned is dashed."""
    status = getattr(bar.what, "status", "planned")
    start, share = bar.span
    colour = {"doing": INLINE["high"], "done": INLINE["high"]}.get(status, INLINE["ink-3"])
    dashes = "5 3" if status == "planned" else None
    middle = STRIP / 2
    line = element(
        "line",
        x1=_share(start),
        x2=_share(start + share),
        y1=middle,
        y2=middle,
        stroke=colour,
        stroke_width=STRIP - 4,
        stroke_dasharray=dashes,
    )
    return element(
        "svg", line, width="100%", height=STRIP, class_="line-picture", aria_hidden="true", focusable="false"
    )


def _ends(one: Interval) -> Sequence[float]:
    return [limit for limit in (one.lower, one.upper, one.estimate) if limit is not None]


def _place(value: float, reach: float) -> str:
    return _share(0.5 + 0.5 * max(-1.0, min(1.0, value / reach)))


def _share(share: float) -> str:
    return f"{share * 100:.2f}%"


def _picture(parts: Iterable[Markup]) -> Markup:
    """The figures stand beside it as text, so the picture itself is silent."""
    return element(
        "svg", *parts, width="100%", height=HEIGHT, class_="line-picture", aria_hidden="true", focusable="false"
    )
