"""The curve from top to bottom, for a phone: a row for each position, bad to good from left to right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from markupsafe import Markup

from app.charts import strokes
from app.charts.across import LINE, Across
from app.charts.geometry import Frame, cut, text_width, wrap
from app.charts.markup import Palette, element, label
from app.charts.points import ChartPoint, ChartWords, TrackPoint, format_interval, format_value, known, mark_word

NAME = 15.0
SMALL = 12.0
NOTE = 13.0
NAMES_WIDTH = 100.0
HEAD = 34.0
MANY = 10


def draw_down(
    points: Sequence[ChartPoint],
    words: ChartWords,
    palette: Palette,
    *,
    width: float,
    top: float,
    behind: Sequence[ChartPoint] = (),
    smooth: Sequence[TrackPoint] = (),
) -> Across:
    """The whole chart below `top`, without its title."""
    columns = [list(_writing(point, words, palette)) for point in points]
    least = 64.0 if len(points) <= MANY else 44.0
    edges = list(accumulate((max(least, _height(lines) + 18) for lines in columns), initial=top + HEAD))
    centres = [(above + below) / 2 for above, below in pairwise(edges)]
    left, right = NAMES_WIDTH + 14, width - 8
    frame = Frame(
        lambda at: between(centres, at), lambda value: (left + right) / 2 + value * (right - left) / 2.1, swapped=True
    )
    places = list(enumerate(points))
    parts = [
        scale_down(words, palette, frame, top, edges[-1]),
        *(element("line", x1=0, x2=width, y1=y, y2=y, stroke=palette["line"]) for y in edges[:-1]),
        strokes.track(smooth, frame, palette) if smooth else strokes.band(points, frame, palette),
        strokes.shadow(behind, frame, palette),
        Markup() if smooth else strokes.line(points, frame, palette),
        *(strokes.whisker(point, at, frame, palette) for at, point in places),
        *(strokes.mark(point, at, frame, palette) for at, point in places),
        *(part for lines, y in zip(columns, centres, strict=True) for part in _column(lines, y)),
    ]
    links = Markup().join(strokes.link(point, at, frame, words, 24) for at, point in places)
    return Across(Markup().join(parts), links, edges[-1] + 4)


def between(centres: Sequence[float], at: float) -> float:
    """The y of a position, also between two rows of different height."""
    before = min(max(int(at), 0), len(centres) - 1)
    after = min(before + 1, len(centres) - 1)
    return centres[before] + (at - before) * (centres[after] - centres[before])


def scale_down(words: ChartWords, palette: Palette, frame: Frame, top: float, bottom: float) -> Markup:
    """The line of neither good nor bad, and the words of the scale above it."""
    zero, low, high = (frame.across(value) for value in (0.0, -1.0, 1.0))
    return Markup().join(
        (
            element("line", x1=zero, x2=zero, y1=top + HEAD - 8, y2=bottom, stroke=palette["line-2"]),
            label(words.bad, low, top + 14, size=NOTE, fill=palette["low"], anchor="start"),
            label(words.neutral, zero, top + 14, size=NOTE, fill=palette["ink-2"]),
            label(words.good, high, top + 14, size=NOTE, fill=palette["high"], anchor="end"),
        )
    )


@dataclass(frozen=True, slots=True)
class _Line:
    words: str
    size: float
    fill: str
    bold: bool = False


def _writing(point: ChartPoint, words: ChartWords, palette: Palette) -> Iterator[_Line]:
    """The row's words at the left: its name, its numbers, and what is said of a mark, where no curve runs over it."""
    size = NAME if text_width(point.label, NAME) <= NAMES_WIDTH else NOTE
    for written in wrap(point.label, size, NAMES_WIDTH, 2) or cut(point.label, size, NAMES_WIDTH):
        yield _Line(written, size, palette["ink"], bold=True)
    for written in wrap(point.sub_label, SMALL, NAMES_WIDTH, 2) or cut(point.sub_label, SMALL, NAMES_WIDTH):
        yield _Line(written, SMALL, palette["ink-3"])
    word, value = mark_word(point, words), known(point.value)
    role = strokes.tone(point)
    fill = palette["ink-2" if role in ("ink", "ink-3") else role]
    if not point.mark or not point.enough or value is None:
        yield from (
            _Line(written, SMALL, fill)
            for written in wrap(word, SMALL, NAMES_WIDTH, 2) or cut(word, SMALL, NAMES_WIDTH)
        )
        return
    phrase = f"{word} {format_value(value)}"
    lines = wrap(phrase, NOTE, NAMES_WIDTH, 1)
    if not lines:
        lines = [*(wrap(word, NOTE, NAMES_WIDTH, 2) or cut(word, NOTE, NAMES_WIDTH)), format_value(value)]
    yield from (_Line(written, NOTE, fill, bold=True) for written in lines)
    interval = format_interval(point, words)[1]
    if interval:
        yield _Line(interval, SMALL, fill)


def _height(lines: Sequence[_Line]) -> float:
    return sum(line.size * LINE for line in lines)


def _column(lines: Sequence[_Line], centre: float) -> Iterator[Markup]:
    y = centre - _height(lines) / 2
    for line in lines:
        yield label(line.words, 0, y + line.size, size=line.size, fill=line.fill, anchor="start", bold=line.bold)
        y += line.size * LINE
