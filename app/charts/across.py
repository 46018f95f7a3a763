"""The curve from left to right, for a desk: positions along the foot, words of the scale at the left."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.charts import strokes
from app.charts.geometry import Box, Frame, text_width, wrap
from app.charts.markup import Palette, element, label
from app.charts.points import ChartPoint, ChartWords, format_interval, known, mark_word

NAME_SIZES = (15.0, 13.0)
SUB_SIZE = 12.0
NOTE_SIZE = 13.0
LINE = 1.32
HALF = 150.0
ZERO = 178.0
# Left of the plot, as wide as the names of the lanes in the map that stands under the curve.
NAMES_SHARE = 116 / 1300
SLANT = 40.0


@dataclass(frozen=True, slots=True)
class Foot:
    """How the names of the positions are written: in lines, slanted, or only every `step`-th."""

    size: float
    names: tuple[tuple[str, ...], ...]
    subs: tuple[tuple[str, ...], ...]
    step: int = 1
    slanted: bool = False

    @property
    def height(self) -> float:
        """From the end of the scale to the end of the text."""
        if self.slanted:
            longest = max((text_width(name[0], self.size) for name in self.names), default=0)
            return 30 + longest * math.sin(math.radians(SLANT))
        name_lines = max((len(lines) for lines in self.names), default=0)
        return (
            26 + name_lines * self.size * LINE + max((len(lines) for lines in self.subs), default=0) * SUB_SIZE * LINE
        )


@dataclass(frozen=True, slots=True)
class Across:
    """Drawing and height of a curve from left to right."""

    drawing: Markup
    links: Markup
    height: float


def draw_across(
    points: Sequence[ChartPoint], words: ChartWords, palette: Palette, *, width: float, top: float
) -> Across:
    """The whole chart below `top`, without its title."""
    words_end = max(text_width(word, NOTE_SIZE) for word in (words.good, words.neutral, words.bad))
    left = max(width * NAMES_SHARE, words_end + 20)
    column = (width - left) / max(len(points), 1)
    frame = Frame(lambda at: left + column * (at + 0.5), lambda value: top + ZERO - value * HALF)
    foot = plan_foot(points, column)
    places = list(enumerate(points))
    size = 5 if column > 34 else 3.5
    parts = [
        _scale(words, palette, left, width, top),
        strokes.band(points, frame, palette),
        strokes.line(points, frame, palette),
        *(strokes.whisker(point, at, frame, palette) for at, point in places),
        *(strokes.mark(point, at, frame, palette, size) for at, point in places),
        *_notes(points, words, frame, palette, Box(left - 20, top + 2, width, top + ZERO + HALF + 24)),
        *_names(foot, frame, palette, top + ZERO + HALF),
    ]
    radius = min(24.0, max(column / 2, 6.0))
    links = Markup().join(strokes.link(point, at, frame, words, radius) for at, point in places)
    return Across(Markup().join(parts), links, top + ZERO + HALF + foot.height + 6)


def _scale(words: ChartWords, palette: Palette, left: float, width: float, top: float) -> Markup:
    at = ((words.good, 0.85, "high"), (words.neutral, 0.0, "ink-2"), (words.bad, -0.85, "low"))
    y = top + ZERO
    return Markup().join(
        (
            element("line", x1=left, x2=width, y1=y, y2=y, stroke=palette["line-2"]),
            *(
                label(word, 0, y - value * HALF + 4.5, size=NOTE_SIZE, fill=palette[role], anchor="start")
                for word, value, role in at
            ),
        )
    )


def plan_foot(points: Sequence[ChartPoint], column: float) -> Foot:
    """Names in one line where they fit, else in two or three; days are then named every so often, all else slanted."""
    names = [point.label for point in points]
    subs = tuple(tuple(wrap(point.sub_label, SUB_SIZE, column - 6, 2)) for point in points)
    subs = subs if all(lines or not point.sub_label for lines, point in zip(subs, points, strict=True)) else ()
    for size, most in ((NAME_SIZES[0], 1), (NAME_SIZES[1], 1), (NAME_SIZES[1], 3)):
        ordered = any(sign.isdigit() for name in names for sign in name)
        lines = tuple(tuple(wrap(name, size, column - 8, 1 if ordered else most)) for name in names)
        if all(written or not name for written, name in zip(lines, names, strict=True)):
            return Foot(size, lines, subs)
    single = tuple((name,) for name in names)
    size = NAME_SIZES[1]
    if ordered or column < size * 1.6:
        widest = max(text_width(name, size) for name in names)
        return Foot(size, single, subs, step=math.ceil((widest + 10) / column))
    return Foot(size, single, (), slanted=True)


def _names(foot: Foot, frame: Frame, palette: Palette, y: float) -> Iterator[Markup]:
    for at, lines in enumerate(foot.names):
        x = frame.along(at)
        if foot.slanted:
            turn = f"rotate({-SLANT:g} {x:.2f} {y + 28:.2f})"
            yield label(lines[0], x, y + 28, size=foot.size, fill=palette["ink"], anchor="end", transform=turn)
            continue
        if at % foot.step == 0:
            yield from _lines(lines, x, y + 26, foot.size, palette["ink"], bold=True)
        if foot.subs:
            below = y + 26 + max(len(names) for names in foot.names) * foot.size * LINE
            yield from _lines(foot.subs[at], x, below - 2, SUB_SIZE, palette["ink-3"])


def _lines(lines: Iterable[str], x: float, y: float, size: float, fill: str, *, bold: bool = False) -> Iterator[Markup]:
    for index, written in enumerate(lines):
        yield label(written, x, y + index * size * LINE, size=size, fill=fill, bold=bold)


def _notes(
    points: Sequence[ChartPoint], words: ChartWords, frame: Frame, palette: Palette, room: Box
) -> Iterator[Markup]:
    """Names of valleys and peaks, the most extreme first; one that finds no free place is left to the link's name."""
    taken = [_mark_box(point, at, frame) for at, point in enumerate(points) if known(point.value) is not None]
    order = sorted(range(len(points)), key=lambda at: (not points[at].mark, -abs(known(points[at].value) or 0.0)))
    for at in order:
        word = mark_word(points[at], words)
        if not word:
            continue
        others = [box for index, box in enumerate(taken) if index != at]
        for lines in _phrasings(points[at], word, words):
            box = _place(lines, points[at], at, frame, room)
            if not any(box.meets(other) for other in others):
                taken.append(box)
                role = strokes.tone(points[at])
                middle = (box.left + box.right) / 2
                for index, written in enumerate(lines):
                    y = box.top + (index + 0.8) * NOTE_SIZE * LINE
                    yield label(
                        written,
                        middle,
                        y,
                        size=NOTE_SIZE,
                        fill=palette["ink-2" if role == "ink" else role],
                        bold=bool(points[at].mark) and points[at].enough,
                        halo=palette["sheet"],
                    )
                break


def _phrasings(point: ChartPoint, word: str, words: ChartWords) -> list[list[str]]:
    whole, interval = format_interval(point, words)
    value = known(point.value)
    if not point.mark or not point.enough or value is None:
        return [[word]]
    short = f"{word} {whole.split('（')[0].split(' (')[0]}"
    return [[f"{word} {whole}"], [short, interval], [short]] if interval else [[short]]


def _mark_box(point: ChartPoint, at: float, frame: Frame) -> Box:
    value = known(point.value) or 0.0
    low, high = known(point.lower), known(point.upper)
    x, y = frame.at(at, value)
    top = min(y - 8, frame.at(at, value if high is None else high)[1])
    bottom = max(y + 8, frame.at(at, value if low is None else low)[1])
    return Box(x - 8, top, x + 8, bottom)


def _place(lines: Sequence[str], point: ChartPoint, at: float, frame: Frame, room: Box) -> Box:
    """Beyond the whisker, on the side that the mark points to; inside the room."""
    own = _mark_box(point, at, frame)
    width = max(text_width(written, NOTE_SIZE) for written in lines)
    height = len(lines) * NOTE_SIZE * LINE
    middle = (own.left + own.right) / 2
    left = min(max(middle - width / 2, room.left), room.right - width)
    below = point.mark == "valley" or (not point.mark and (known(point.value) or 0.0) < 0)
    top = min(own.bottom + 5, room.bottom - height) if below else max(own.top - 6 - height, room.top)
    return Box(left, top, left + width, top + height)
