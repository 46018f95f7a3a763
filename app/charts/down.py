"""The curve from top to bottom, for a phone: a row for each position, bad to good from left to right."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from app.charts import strokes
from app.charts.across import LINE, Across
from app.charts.geometry import Frame, text_width, wrap
from app.charts.markup import Palette, element, label
from app.charts.points import ChartPoint, ChartWords, format_interval, known, mark_word

NAME = 15.0
SMALL = 12.0
NOTE = 13.0
NAMES_WIDTH = 84.0
HEAD = 34.0


def draw_down(points: Sequence[ChartPoint], words: ChartWords, palette: Palette, *, width: float, top: float) -> Across:
    """The whole chart below `top`, without its title."""
    row = 72.0 if len(points) <= 10 else 52.0
    left, right = NAMES_WIDTH + 16, width - 8
    first = top + HEAD + row / 2
    height = top + HEAD + row * len(points)
    frame = Frame(
        lambda at: first + row * at, lambda value: (left + right) / 2 + value * (right - left) / 2.1, swapped=True
    )
    places = list(enumerate(points))
    parts = [
        _scale(words, palette, frame, top, height),
        *_rules(len(points), palette, width, top + HEAD, row),
        strokes.band(points, frame, palette),
        strokes.line(points, frame, palette),
        *(strokes.whisker(point, at, frame, palette) for at, point in places),
        *(strokes.mark(point, at, frame, palette) for at, point in places),
        *(part for at, point in places for part in _name(point, first + row * at, palette)),
        *(part for at, point in places for part in _note(point, at, words, frame, palette, left, right)),
    ]
    links = Markup().join(strokes.link(point, at, frame, words, min(24.0, row / 2)) for at, point in places)
    return Across(Markup().join(parts), links, height + 4)


def _scale(words: ChartWords, palette: Palette, frame: Frame, top: float, bottom: float) -> Markup:
    zero, low, high = (frame.across(value) for value in (0.0, -1.0, 1.0))
    return Markup().join(
        (
            element("line", x1=zero, x2=zero, y1=top + HEAD - 8, y2=bottom, stroke=palette["line-2"]),
            label(words.bad, low, top + 14, size=NOTE, fill=palette["low"], anchor="start"),
            label(words.neutral, zero, top + 14, size=NOTE, fill=palette["ink-2"]),
            label(words.good, high, top + 14, size=NOTE, fill=palette["high"], anchor="end"),
        )
    )


def _rules(count: int, palette: Palette, width: float, top: float, row: float) -> Iterator[Markup]:
    for index in range(count):
        y = top + row * index
        yield element("line", x1=0, x2=width, y1=y, y2=y, stroke=palette["line"])


def _name(point: ChartPoint, y: float, palette: Palette) -> Iterator[Markup]:
    """Name and numbers, centred on the row; a long name takes two lines and is cut with an ellipsis beyond them."""
    size = NAME if text_width(point.label, NAME) <= NAMES_WIDTH else NOTE
    lines = wrap(point.label, size, NAMES_WIDTH, 2) or [_cut(point.label, size)]
    subs = wrap(point.sub_label, SMALL, NAMES_WIDTH, 1) or ([_cut(point.sub_label, SMALL)] if point.sub_label else [])
    height = len(lines) * size * LINE + len(subs) * SMALL * LINE
    baseline = y - height / 2 + size
    for index, written in enumerate(lines):
        yield label(
            written, 0, baseline + index * size * LINE, size=size, fill=palette["ink"], anchor="start", bold=True
        )
    for written in subs:
        below = baseline + len(lines) * size * LINE - 1
        yield label(written, 0, below, size=SMALL, fill=palette["ink-3"], anchor="start")


def _cut(words: str, size: float) -> str:
    while words and text_width(words + "…", size) > NAMES_WIDTH:
        words = words[:-1]
    return words + "…"


def _note(
    point: ChartPoint,
    at: float,
    words: ChartWords,
    frame: Frame,
    palette: Palette,
    left: float,
    right: float,
) -> Iterator[Markup]:
    """What the point is called, under it and inside the row."""
    word = mark_word(point, words)
    value = known(point.value)
    if not word:
        return
    marked = bool(point.mark) and point.enough
    phrase = f"{word} {format_interval(point, words)[0]}" if marked and value is not None else word
    x, y = frame.at(at, value or 0.0)
    half = text_width(phrase, NOTE) / 2
    middle = min(max(x, left - 4 + half), right + 8 - half)
    role = strokes.tone(point)
    fill = palette["ink-2" if role == "ink" else role]
    yield label(phrase, middle, y + 24, size=NOTE, fill=fill, bold=marked, halo=palette["sheet"])
