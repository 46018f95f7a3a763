"""The curve over the columns of the map, as shapes: band, line, intervals, marks, and what was expected."""

from collections.abc import Iterator, Sequence

from app.charts import strokes
from app.charts.geometry import Box, Frame, Pair, bezier, runs, text_width
from app.charts.points import ChartPoint, format_interval, format_value, known, mark_word
from app.maps.drawing.picture import PictureStage, PictureWords
from app.maps.drawing.shapes import LINE, Mark, Rule, Shape, Stroke, Words

NOTE = 10.0
TICK = 11.0


def road(stages: Sequence[PictureStage], words: PictureWords, room: Box, names_end: float) -> Iterator[Shape]:
    """Yield the curve in ``room``; columns begin at ``names_end``, left of it stand the words of the scale."""
    column = (room.right - names_end) / max(len(stages), 1)
    zero, half = (room.top + room.bottom) / 2, (room.bottom - room.top) / 2 - 2.6 * NOTE * LINE
    frame = Frame(lambda at: names_end + column * (at + 0.5), lambda value: zero - value * half)
    points = [stage.point for stage in stages]
    yield Rule((names_end, zero), (room.right, zero), "line-2")
    yield from _scale(words, room, zero, half)
    yield from _bands(points, frame)
    for at, stage in enumerate(stages):
        yield from _aims(stage, at, frame, words, column)
    yield from _lines(points, frame)
    for at, point in enumerate(points):
        yield from _mark(point, at, frame)
    inner = Box(names_end, room.top, room.right, room.bottom)
    for at, stage in enumerate(stages):
        aims = [frame.at(at, aim)[1] for aim in (stage.expected, stage.target) if aim is not None]
        yield from _note(stage.point, at, frame, words, inner, column, aims)


def _scale(words: PictureWords, room: Box, zero: float, half: float) -> Iterator[Shape]:
    chart = words.chart
    for said, value, role in ((chart.good, 0.85, "high"), (chart.neutral, 0.0, "ink-2"), (chart.bad, -0.85, "low")):
        y = zero - value * half
        yield Words((said,), Box(room.left, y - NOTE * LINE / 2, room.left + 90, y + NOTE * LINE / 2), NOTE, role)


def _segments(frame: Frame, at: Sequence[float], values: Sequence[float]) -> tuple[tuple[Pair, Pair, Pair], ...]:
    return tuple((frame.at(*first), frame.at(*second), frame.at(*end)) for _, first, second, end in bezier(at, values))


def _bands(points: Sequence[ChartPoint], frame: Frame) -> Iterator[Shape]:
    bounds = [(known(one.band_lower), known(one.band_upper)) for one in points]
    present = [
        one.enough and known(one.value) is not None and None not in bound
        for one, bound in zip(points, bounds, strict=True)
    ]
    for run in (run for run in runs(present) if len(run) > 1):
        lower, upper = [bounds[i][0] or 0.0 for i in run], [bounds[i][1] or 0.0 for i in run]
        there = _segments(frame, run, upper)
        back = _reversed(frame.at(run[0], lower[0]), _segments(frame, run, lower))
        down = frame.at(run[-1], lower[-1])
        side = (there[-1][2], down, down)
        yield Stroke(frame.at(run[0], upper[0]), (*there, side, *back), "flat", opacity=0.14, name="band")


def _reversed(start: Pair, segments: Sequence[tuple[Pair, Pair, Pair]]) -> tuple[tuple[Pair, Pair, Pair], ...]:
    """The same line from its end to its start."""
    ends = [start, *(end for _, _, end in segments)]
    return tuple((second, first, ends[i]) for i, (first, second, _) in reversed(list(enumerate(segments))))


def _lines(points: Sequence[ChartPoint], frame: Frame) -> Iterator[Shape]:
    """The curve, with a gap where a value is missing, dashed to and from a point with too little evidence."""
    values = [known(one.value) for one in points]
    for run in runs([value is not None for value in values]):
        segments = _segments(frame, run, [values[i] or 0.0 for i in run])
        firm = [points[i].enough and points[i + 1].enough for i in run[:-1]]
        start = 0
        while start < len(segments):
            end = start + 1
            while end < len(segments) and firm[end] == firm[start]:
                end += 1
            begin = frame.at(run[start], values[run[start]] or 0.0)
            role, width, dash = ("ink", 2.4, None) if firm[start] else ("ink-3", 1.6, (8.0, 5.0))
            yield Stroke(begin, segments[start:end], role, width, dash, name="curve")
            start = end


def _aims(stage: PictureStage, at: int, frame: Frame, words: PictureWords, column: float) -> Iterator[Shape]:
    """What was expected, and what a to-be map aims at: a short bar each, and a dotted way from there to the curve."""
    value = known(stage.point.value)
    for aimed, said, role in ((stage.expected, words.expected, "ink-2"), (stage.target, words.target, "high")):
        if aimed is None:
            continue
        x, y = frame.at(at, aimed)
        yield Rule((x - TICK, y), (x + TICK, y), role, 1.6, name=said)
        if value is not None:
            yield Rule((x, y), frame.at(at, value), role, 1.0, (1.5, 2.5))
        width = min(column / 2 - TICK, 90)
        box = Box(x + TICK + 2, y - 9 * LINE / 2, x + TICK + 2 + width, y + 9 * LINE / 2)
        yield Words((f"{said} {format_value(aimed)}",), box, 8.5, role, halo=True)


def _mark(point: ChartPoint, at: int, frame: Frame) -> Iterator[Shape]:
    value, lower, upper = known(point.value), known(point.lower), known(point.upper)
    if value is None:
        return
    role = strokes.tone(point)
    if lower is not None and upper is not None:
        dash = None if point.enough else (2.0, 3.0)
        yield Rule(frame.at(at, lower), frame.at(at, upper), role, 1.2, dash, name=point.label)
    where = frame.at(at, value)
    if point.enough and point.mark:
        valley = point.mark == "valley"
        yield Mark(where, 6.5 if valley else 7.5, "disc" if valley else "diamond", role, name=point.label)
        return
    yield Mark(where, 4.2, "ring", role, None if point.enough else (2.4, 2.0), name=point.label)


def _note(
    point: ChartPoint,
    at: int,
    frame: Frame,
    words: PictureWords,
    room: Box,
    column: float,
    aims: Sequence[float],
) -> Iterator[Shape]:
    """The name of a valley, a peak, or of what is missing: beyond the interval and what is aimed at, where the mark points."""
    word, value = mark_word(point, words.chart), known(point.value)
    if not word and value is not None:
        return
    lines = [word or words.chart.missing]
    if point.mark and point.enough and value is not None:
        interval = format_interval(point, words.chart)[1]
        lines = [f"{word} {format_value(value)}", *([interval] if interval else [])]
    below = point.mark == "valley" or (not point.mark and (value or 0.0) < 0)
    x, end = frame.at(at, (known(point.lower) if below else known(point.upper)) or value or 0.0)
    mark_y = frame.at(at, value or 0.0)[1]
    beyond = [aim + 6 if below else aim - 6 for aim in aims if (aim > mark_y) == below]
    end = max(end, mark_y + 8, *beyond) if below else min(end, mark_y - 8, *beyond)
    height = len(lines) * NOTE * LINE
    width = max(*(text_width(line, NOTE) for line in lines), min(column, 60.0))
    left = min(max(x - width / 2, room.left), room.right - width)
    top = min(max(end + 2 if below else end - 2 - height, room.top), room.bottom - height)
    role = strokes.tone(point)
    yield Words(
        tuple(lines),
        Box(left, top, left + width, top + height),
        NOTE,
        "ink-2" if role == "ink" else role,
        bold=bool(point.mark) and point.enough,
        align="middle",
        whole="\n".join(lines),
        halo=True,
    )
