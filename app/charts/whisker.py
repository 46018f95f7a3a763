"""One figure with its interval on a short axis, to stand in a row of a table."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from app.charts.markup import INLINE, element, text
from app.charts.points import known

WIDTH = 136.0
HEIGHT = 20.0
EDGE = 7.0


@dataclass(frozen=True, slots=True)
class WhiskerScale:
    """The ends of the axis and the value at which neither side is meant; ``good`` says which side is the good one."""

    least: float
    most: float
    middle: float
    good: int = 1


FEELING = WhiskerScale(-1.0, 1.0, 0.0)


def whisker_svg(
    value: float | None, lower: float | None, upper: float | None, *, name: str, scale: WhiskerScale = FEELING
) -> Markup:
    """Return the figure as a dot with a line from ``lower`` to ``upper``, cut at the ends of the scale.

    A filled ring lies clear of the middle on the bad side, a diamond on the good one; hollow ones may lie on either.
    """
    x = _along(scale)
    middle = x(scale.middle)
    parts = [
        element("line", x1=EDGE, x2=WIDTH - EDGE, y1=HEIGHT / 2, y2=HEIGHT / 2, stroke=INLINE["line"]),
        element("line", x1=middle, x2=middle, y1=3, y2=HEIGHT - 3, stroke=INLINE["line-2"]),
    ]
    shown = known(value)
    if shown is not None:
        parts += _drawn(shown, known(lower), known(upper), scale)
    return element(
        "svg",
        element("title", text(name)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        width=WIDTH,
        height=HEIGHT,
        class_="whisker",
        role="img",
        aria_label=name,
    )


def _drawn(value: float, lower: float | None, upper: float | None, scale: WhiskerScale) -> list[Markup]:
    x, y = _along(scale), HEIGHT / 2
    side = 0
    if lower is not None and upper is not None:
        side = scale.good * ((lower > scale.middle) - (upper < scale.middle))
    tone = INLINE[("low", "ink", "high")[side + 1]]
    at = x(value)
    parts = []
    if lower is not None and upper is not None:
        parts.append(element("line", x1=x(lower), x2=x(upper), y1=y, y2=y, stroke=tone, stroke_width=2))
    if side > 0:
        d = f"M{at:.2f} {y - 6:g}l6 6 -6 6 -6 -6z"
        parts.append(element("path", d=d, fill=tone, stroke=INLINE["sheet"], stroke_width=1))
    else:
        fill = tone if side < 0 else INLINE["sheet"]
        dashes = None if lower is not None else "2 2"
        parts.append(
            element("circle", cx=at, cy=y, r=4.5, fill=fill, stroke=tone, stroke_width=2, stroke_dasharray=dashes)
        )
    return parts


def _along(scale: WhiskerScale) -> Callable[[float], float]:
    room = (WIDTH - 2 * EDGE) / (scale.most - scale.least)
    return lambda value: EDGE + room * (min(max(value, scale.least), scale.most) - scale.least)
