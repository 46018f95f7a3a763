"""The curve from left to right, for a desk: positions along the foot, words of the scale at the left."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from markupsafe import Markup

from app.charts import strokes
from app.charts.geometry import Box, Frame, cut, text_width, wrap
from app.charts.markup import Palette, element, label
from app.charts.points import ChartPoint, ChartWords, TrackPoint, format_interval, format_value, known, mark_word

NAME_SIZES = (15.0, 13.0)
SUB_SIZE = 12.0
NOTE_SIZE = 13.0
LINE = 1.32
HALF = 150.0
ZERO = 178.0
# Left of the plot, as wide as the names of the lanes in the map that stands under the curve.
NAMES_SHARE = 116 / 1300
SLANT = 50.0
SLANT_LENGTH = 116.0

Place: TypeAlias = tuple[list[str], Box]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How the notes are worded, by index of the phrasing, and whether they may stand on the far side of their marks."""

    phrasings: tuple[int, ...]
    both_sides: bool


# All notes of a chart are worded and placed alike where that finds room for all; the last one takes what it can get.
ATTEMPTS = (
    Attempt((0,), both_sides=False),
    Attempt((1,), both_sides=False),
    Attempt((1,), both_sides=True),
    Attempt((2,), both_sides=True),
    Attempt((0, 1, 2), both_sides=True),
)


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
            longest = max((text_width(name[0], self.size) for name in self.names if name), default=0)
            return 44 + longest * math.sin(math.radians(SLANT))
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
    words_end = max(text_width(word, NOTE_SIZE) for word in (words.good, words.neutral, words.bad))
    left = max(width * NAMES_SHARE, words_end + 20)
    column = (width - left) / max(len(points), 1)
    frame = Frame(lambda at: left + column * (at + 0.5), lambda value: top + ZERO - value * HALF)
    foot = plan_foot(points, column)
    places = list(enumerate(points))
    size = 5 if column > 34 else 3.5
    notes = _notes(points, words, frame, Box(left - 20, top + 2, width, top + ZERO + HALF + 44))
    end = max([top + ZERO + HALF, *(box.bottom - 8 for _, box in notes.values())])
    parts = [
        scale_across(words, palette, left, width, top),
        strokes.track(smooth, frame, palette) if smooth else strokes.band(points, frame, palette),
        strokes.shadow(behind, frame, palette),
        Markup() if smooth else strokes.line(points, frame, palette),
        *(strokes.whisker(point, at, frame, palette) for at, point in places),
        *(strokes.mark(point, at, frame, palette, size) for at, point in places),
        *(part for at, place in notes.items() for part in _note(points[at], place, palette)),
        *foot_names(foot, frame, palette, end),
    ]
    radius = min(24.0, max(column / 2, 6.0))
    links = Markup().join(strokes.link(point, at, frame, words, radius) for at, point in places)
    return Across(Markup().join(parts), links, end + foot.height + 6)


def scale_across(words: ChartWords, palette: Palette, left: float, width: float, top: float) -> Markup:
    """The line of neither good nor bad, and the words of the scale at the left."""
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
    ordered = any(sign.isdigit() for name in names for sign in name)
    for size, most in ((NAME_SIZES[0], 1), (NAME_SIZES[1], 1), (NAME_SIZES[1], 1 if ordered else 3)):
        lines = _fitted(names, size, column - 8, most)
        if lines is not None:
            return Foot(size, lines, _subs(points, column))
    size = NAME_SIZES[1]
    if ordered or column < size * 1.6:
        widest = max(text_width(name, size) for name in names)
        step = math.ceil((widest + 10) / column)
        named = [point if at % step == 0 else replace(point, sub_label="") for at, point in enumerate(points)]
        return Foot(
            size, tuple((name,) for name in names), _subs(points, column, 1) or _subs(named, step * column), step
        )
    cut_names = tuple(tuple(cut(name, size, SLANT_LENGTH)) for name in names)
    subs = tuple(tuple(cut(point.sub_label, SUB_SIZE, SLANT_LENGTH)) for point in points) if column >= 44 else ()
    return Foot(size, cut_names, subs, slanted=True)


def _fitted(texts: Sequence[str], size: float, width: float, most: int) -> tuple[tuple[str, ...], ...] | None:
    """Each in lines of that width, or None when one does not fit."""
    lines = tuple(tuple(wrap(words, size, width, most)) for words in texts)
    return lines if all(written or not words for written, words in zip(lines, texts, strict=True)) else None


def _subs(points: Sequence[ChartPoint], width: float, most: int = 2) -> tuple[tuple[str, ...], ...]:
    """Numbers under the names, all or none."""
    return _fitted([point.sub_label for point in points], SUB_SIZE, width - 6, most if width > 34 else 1) or ()


def foot_names(foot: Foot, frame: Frame, palette: Palette, y: float) -> Iterator[Markup]:
    """The names of the positions, below `y`."""
    for at, lines in enumerate(foot.names):
        x = frame.along(at)
        if foot.slanted:
            yield from _slanted(lines, x, y + 28, foot.size, palette["ink"])
            yield from _slanted(foot.subs[at] if foot.subs else (), x + 15, y + 33, SUB_SIZE, palette["ink-3"])
            continue
        if at % foot.step == 0:
            yield from _lines(lines, x, y + 26, foot.size, palette["ink"], bold=True)
        if foot.subs:
            below = y + 26 + max(len(names) for names in foot.names) * foot.size * LINE
            yield from _lines(foot.subs[at], x, below - 2, SUB_SIZE, palette["ink-3"])


def _slanted(lines: Iterable[str], x: float, y: float, size: float, fill: str) -> Iterator[Markup]:
    for written in lines:
        turn = f"rotate({-SLANT:g} {x:.2f} {y:.2f})"
        yield label(written, x, y, size=size, fill=fill, anchor="end", transform=turn)


def _lines(lines: Iterable[str], x: float, y: float, size: float, fill: str, *, bold: bool = False) -> Iterator[Markup]:
    for index, written in enumerate(lines):
        yield label(written, x, y + index * size * LINE, size=size, fill=fill, bold=bold)


def _notes(points: Sequence[ChartPoint], words: ChartWords, frame: Frame, room: Box) -> dict[int, Place]:
    """Names of valleys and peaks, the most extreme first; one that finds no free place is left to the link's name."""
    marks = {at: _mark_box(point, at, frame) for at, point in enumerate(points) if known(point.value) is not None}
    said = [at for at in marks if mark_word(points[at], words)]
    said.sort(key=lambda at: (not points[at].mark, -abs(known(points[at].value) or 0.0)))
    way = _way(points, frame)
    placed: dict[int, Place] = {}
    for attempt in ATTEMPTS:
        placed = _placed(points, said, marks, way, words, room, attempt)
        if len(placed) == len(said):
            break
    return placed


def _placed(
    points: Sequence[ChartPoint],
    said: Sequence[int],
    marks: Mapping[int, Box],
    way: Sequence[Box],
    words: ChartWords,
    room: Box,
    attempt: Attempt,
) -> dict[int, Place]:
    """A place for each note that finds one; over the curve only where nothing shorter is left to try."""
    placed: dict[int, Place] = {}
    for at in said:
        others = [*marks.values(), *(box for _, box in placed.values())]
        places = list(_candidates(points[at], marks[at], words, room, attempt))
        free = [place for place in places if not any(place[1].meets(other) for other in others)]
        clear = [place for place in free if not any(place[1].meets(step) for step in way)]
        for place in (clear or (free if attempt == ATTEMPTS[-1] else []))[:1]:
            placed[at] = place
    return placed


def _note(point: ChartPoint, place: Place, palette: Palette) -> Iterator[Markup]:
    lines, box = place
    role = strokes.tone(point)
    for index, written in enumerate(lines):
        yield label(
            written,
            (box.left + box.right) / 2,
            box.top + (index + 0.8) * NOTE_SIZE * LINE,
            size=NOTE_SIZE,
            fill=palette["ink-2" if role == "ink" else role],
            bold=bool(point.mark) and point.enough,
            halo=palette["sheet"],
        )


def _way(points: Sequence[ChartPoint], frame: Frame) -> list[Box]:
    """Small boxes along the curve, near enough to keep words off it."""
    steps = []
    for at, (one, other) in enumerate(pairwise(points)):
        first, second = known(one.value), known(other.value)
        if first is None or second is None:
            continue
        for share in (step / 12 for step in range(1, 12)):
            risen = share * share * (3 - 2 * share)
            steps.append(frame.at(at + share, first + (second - first) * risen))
    return [Box(x - 2, y - 2, x + 2, y + 2) for x, y in steps]


def _candidates(point: ChartPoint, own: Box, words: ChartWords, room: Box, attempt: Attempt) -> Iterator[Place]:
    """Ways to say and places to say it, the best first: beyond the whisker where the mark points to, else opposite."""
    below = point.mark == "valley" or (not point.mark and (known(point.value) or 0.0) < 0)
    for downwards in (below, not below) if attempt.both_sides else (below,):
        ways = _phrasings(point, mark_word(point, words), words)
        for lines in [ways[min(index, len(ways) - 1)] for index in attempt.phrasings]:
            width = max(text_width(written, NOTE_SIZE) for written in lines)
            height = len(lines) * NOTE_SIZE * LINE
            left = min(max((own.left + own.right - width) / 2, room.left), room.right - width)
            top = own.bottom + 5 if downwards else own.top - 6 - height
            top = min(max(top, room.top), room.bottom - height)
            yield lines, Box(left, top, left + width, top + height)


def _phrasings(point: ChartPoint, word: str, words: ChartWords) -> list[list[str]]:
    whole, interval = format_interval(point, words)
    value = known(point.value)
    if not point.mark or not point.enough or value is None:
        return [[word]]
    short = f"{word} {format_value(value)}"
    return [[f"{word} {whole}"], [short, interval], [short]] if interval else [[short]]


def _mark_box(point: ChartPoint, at: float, frame: Frame) -> Box:
    value = known(point.value) or 0.0
    low, high = known(point.lower), known(point.upper)
    x, y = frame.at(at, value)
    top = min(y - 8, frame.at(at, value if high is None else high)[1])
    bottom = max(y + 8, frame.at(at, value if low is None else low)[1])
    return Box(x - 8, top, x + 8, bottom)
