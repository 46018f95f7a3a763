"""The gap of a stage as a bar: what is expected and what is delivered, on the axis of the curve laid down."""

from markupsafe import Markup

from app.charts.markup import element, text
from app.maps.board.looks import Gap
from app.maps.board.words import gap_words

MIDDLE = 11.0


def gap_bar(gap: Gap) -> Markup:
    """Return an SVG as wide as its cell: −1 at the left, 1 at the right, a dot where it is and a stroke where it should be."""
    parts = [
        _stroke("axis", -1.0, 1.0, MIDDLE),
        element("line", class_="zero", x1=_at(0), x2=_at(0), y1=5.0, y2=17.0),
    ]
    if gap.delivered is not None:
        parts.append(_span(gap.delivered, gap.expected))
        if gap.lower is not None and gap.upper is not None:
            parts.append(_stroke("range", gap.lower, gap.upper, MIDDLE))
    parts.append(element("line", class_="expected", x1=_at(gap.expected), x2=_at(gap.expected), y1=3.0, y2=19.0))
    if gap.delivered is not None:
        delivered = "delivered" if gap.enough else "delivered weak"
        parts.append(element("circle", class_=delivered, cx=_at(gap.delivered), cy=MIDDLE, r=4.5))
    said = gap_words(gap)
    return element("svg", element("title", text(said)), *parts, class_="gapbar", role="img", aria_label=said)


def _span(delivered: float, expected: float) -> Markup:
    left, right = sorted((delivered, expected))
    over = "span over" if delivered > expected else "span"
    return element("rect", class_=over, x=_at(left), width=f"{(right - left) * 48:.1f}%", y=MIDDLE - 4, height=8.0)


def _stroke(kind: str, left: float, right: float, y: float) -> Markup:
    return element("line", class_=kind, x1=_at(left), x2=_at(right), y1=y, y2=y)


def _at(value: float) -> str:
    """Return where a value lies, with room for the marks at both ends."""
    return f"{50 + max(-1.0, min(1.0, value)) * 48:.1f}%"
