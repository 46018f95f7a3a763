"""What people feel, and beneath it what they are given: one column a stage, or one row a stage on a phone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.charts import strokes
from app.charts.geometry import Frame, cut, text_width, wrap
from app.charts.markup import INLINE, STANDALONE, Palette, element, label, text
from app.charts.points import ChartPoint

NAME_SIZE = 15.0
SUB_SIZE = 13.0
HALF = 92.0
STEP = 17.0
SIDE = 11.0
MOST_SHAPES = 18
NARROW = 360.0
ROW = 92.0


@dataclass(frozen=True, slots=True)
class BesideColumn:
    """One stage: how it feels, how many contacts a person gets there, how many of them in the same words for all.

    ``given`` says that in words («每人 2 次»), and ``flag`` what does not meet, "" for nothing.
    """

    point: ChartPoint
    contacts: float
    generic: float
    given: str
    flag: str = ""


@dataclass(frozen=True, slots=True)
class BesideWords:
    """Words of the reader's language."""

    feeling: str
    support: str
    good: str
    bad: str


def beside_svg(
    columns: Sequence[BesideColumn],
    words: BesideWords,
    *,
    title: str,
    description: str,
    width: float = 1300.0,
    standalone: bool = False,
    chart_id: str = "beside",
    classes: str = "chart",
) -> Markup:
    """Draw feeling above and support below, ``width`` units across; at most NARROW units wide, in rows instead.

    A contact in the same words for all is a hollow square, a personal one a filled disc: shape says it before colour.
    """
    palette = STANDALONE if standalone else INLINE
    narrow = width <= NARROW
    drawing, height = _rows(columns, words, palette) if narrow else _columns(columns, words, palette, width)
    ground = element("rect", width=width, height=height, fill=palette["sheet"]) if standalone else Markup()
    return element(
        "svg",
        element("title", text(title), id=f"{chart_id}-title"),
        element("desc", text(description), id=f"{chart_id}-desc"),
        ground,
        drawing,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        font_family=palette["sans"],
        class_=None if standalone else classes,
        role="img",
        aria_labelledby=f"{chart_id}-title",
        aria_describedby=f"{chart_id}-desc",
        **({"width": width, "height": height} if standalone else {}),
    )


def _columns(
    columns: Sequence[BesideColumn], words: BesideWords, palette: Palette, width: float
) -> tuple[Markup, float]:
    left = max(text_width(one, SUB_SIZE) for one in (words.feeling, words.support, words.good, words.bad)) + 18
    column = (width - left) / max(len(columns), 1)
    top = 34.0
    zero = top + HALF + 10
    frame = Frame(lambda at: left + column * (at + 0.5), lambda value: zero - value * HALF)
    points = [one.point for one in columns]
    base = zero + HALF + 30
    room = max(int((column - 14) // STEP), 1)
    deepest = max((_shape_rows(one, room) for one in columns), default=1)
    foot = base + deepest * STEP + 30
    parts = [
        *(_flag(one.flag, left + column * at, column, top - 22, foot + 46, palette) for at, one in enumerate(columns)),
        element("line", x1=left, x2=width, y1=zero, y2=zero, stroke=palette["line-2"]),
        element("line", x1=left, x2=width, y1=base - 14, y2=base - 14, stroke=palette["line"]),
        label(words.good, 0, top + 14, size=SUB_SIZE, fill=palette["high"], anchor="start"),
        label(words.feeling, 0, zero + 4.5, size=SUB_SIZE, fill=palette["ink-2"], anchor="start", bold=True),
        label(words.bad, 0, zero + HALF, size=SUB_SIZE, fill=palette["low"], anchor="start"),
        label(words.support, 0, base + 10, size=SUB_SIZE, fill=palette["ink-2"], anchor="start", bold=True),
        strokes.line(points, frame, palette),
        *(strokes.whisker(one, at, frame, palette) for at, one in enumerate(points)),
        *(strokes.mark(one, at, frame, palette) for at, one in enumerate(points)),
    ]
    for at, one in enumerate(columns):
        middle = frame.along(at)
        parts += _shapes(one, middle, base, room, palette)
        parts += _words(one.given, middle, foot, SUB_SIZE, column, palette["ink-2"])
        parts += _words(one.point.label, middle, foot + 34, NAME_SIZE, column, palette["ink"], bold=True)
    return Markup().join(parts), foot + 60


def _rows(columns: Sequence[BesideColumn], words: BesideWords, palette: Palette) -> tuple[Markup, float]:
    left, right, start = 8.0, 190.0, 214.0
    top = 30.0
    middle, half = (left + right) / 2, (right - left) / 2 - 8
    parts = [
        label(words.bad, left, 18, size=SUB_SIZE, fill=palette["low"], anchor="start"),
        label(words.good, right, 18, size=SUB_SIZE, fill=palette["high"], anchor="end"),
        label(words.support, start, 18, size=SUB_SIZE, fill=palette["ink-2"], anchor="start", bold=True),
    ]
    end = top + ROW * len(columns)
    parts.append(element("line", x1=middle, x2=middle, y1=top, y2=end, stroke=palette["line-2"]))
    room = int((NARROW - start - 4) // STEP)
    for at, one in enumerate(columns):
        y = top + ROW * at
        parts.append(element("line", x1=0, x2=NARROW, y1=y, y2=y, stroke=palette["line"]))
        frame = Frame(lambda _, y=y: y + 50, lambda value: middle + value * half, swapped=True)  # type: ignore[misc]
        name = cut(one.point.label, NAME_SIZE, right - left)
        parts += [
            label(each, left, y + 22, size=NAME_SIZE, fill=palette["ink"], anchor="start", bold=True) for each in name
        ]
        parts += [strokes.whisker(one.point, 0, frame, palette), strokes.mark(one.point, 0, frame, palette)]
        parts += _shapes(one, start + room * STEP / 2, y + 10, room, palette, centred=False, most=2 * room)
        parts += [
            label(each, start, y + 66, size=SUB_SIZE, fill=palette["ink-2"], anchor="start")
            for each in cut(one.given, SUB_SIZE, NARROW - start)
        ]
        if one.flag:
            parts.append(_frame_of(2, y + 3, NARROW - 4, ROW - 6, palette))
            words_end = label(one.flag, left + 4, y + 82, size=SUB_SIZE, fill=palette["low"], anchor="start", bold=True)
            parts.append(words_end)
    return Markup().join(parts), end + 4


def _shape_rows(one: BesideColumn, room: int) -> int:
    shapes = round(one.contacts)
    return 1 if shapes > MOST_SHAPES or shapes == 0 else -(-shapes // room)


def _shapes(
    one: BesideColumn,
    middle: float,
    top: float,
    room: int,
    palette: Palette,
    *,
    centred: bool = True,
    most: int = MOST_SHAPES,
) -> Iterator[Markup]:
    """Personal contacts first, then those in the same words for all; too many to draw are left to the words."""
    number = round(one.contacts) or (1 if one.contacts > 0 else 0)
    if not number or number > most:
        return
    generic = min(round(one.generic), number)
    for at in range(number):
        row, place = divmod(at, room)
        across = min(room, number - row * room) if centred else room
        x = middle + (place - across / 2 + 0.5) * STEP
        y = top + row * STEP + SIDE / 2
        if at < number - generic:
            yield element("circle", cx=x, cy=y, r=SIDE / 2, fill=palette["high"])
        else:
            yield element(
                "rect",
                x=x - SIDE / 2 + 0.75,
                y=y - SIDE / 2 + 0.75,
                width=SIDE - 1.5,
                height=SIDE - 1.5,
                fill="none",
                stroke=palette["ink-2"],
                stroke_width=1.5,
            )


def _words(
    words: str, x: float, y: float, size: float, column: float, fill: str, *, bold: bool = False
) -> list[Markup]:
    lines = wrap(words, size, column - 8, 2) or cut(words, size, column - 8)
    return [label(line, x, y + at * size * 1.3, size=size, fill=fill, bold=bold) for at, line in enumerate(lines)]


def _flag(words: str, left: float, column: float, top: float, bottom: float, palette: Palette) -> Markup:
    if not words:
        return Markup()
    said = _words(words, left + column / 2, top + 17, SUB_SIZE, column, palette["low"], bold=True)
    return _frame_of(left + 3, top, column - 6, bottom - top, palette) + Markup().join(said)


def _frame_of(x: float, y: float, width: float, height: float, palette: Palette) -> Markup:
    return element(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        rx=8,
        fill="none",
        stroke=palette["low"],
        stroke_width=1.5,
        stroke_dasharray="6 4",
    )
