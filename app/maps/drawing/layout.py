"""A place for everything: the picture of a map on one page of A3, whatever it holds.

Type grows smaller until all notes find room; what finds none even then is counted at the end of its cell, never left out in
silence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.charts.geometry import Box, text_width, wrap
from app.charts.points import format_interval, known
from app.maps.drawing.picture import Picture, PictureNote, PictureStage, PictureWords
from app.maps.drawing.road import road
from app.maps.drawing.shapes import LINE, Cell, Drawing, Grid, Paragraph, Row, Shape, Words

MILLIMETRES: Final = (420.0, 297.0)
WIDTH: Final = 1190.55
HEIGHT: Final = 841.89
MARGIN: Final = 34.0
NAMES: Final = 86.0
LEAST_ROAD: Final = 190.0
MOST_ROAD: Final = 290.0
HEAD: Final = 12.0
SUB: Final = 8.5
FOOT: Final = 8.5
GAP: Final = 2.5
CLOSING: Final = "，。、；：？！）”’》」…,.;:?!)"
MARKS: Final = {"low": "● ", "high": "◆ "}


@dataclass(frozen=True, slots=True)
class Fit:
    """How tightly the notes are set: the size of type, notes a cell, lines a note."""

    size: float
    notes: int
    lines: int


FITS: Final = (
    *(Fit(size, 200, 12) for size in (11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5)),
    *(Fit(7.5, notes, 6) for notes in (12, 10, 8, 7, 6, 5, 4)),
    *(Fit(7.0, notes, 4) for notes in (4, 3, 2)),
    Fit(6.5, 1, 3),
    Fit(6.5, 1, 2),
)


def lay_out(picture: Picture) -> Drawing:
    """Return the drawing of a map. Pure: the same picture has the same drawing."""
    heading = _paragraph(picture.heading, Box(MARGIN, 30, WIDTH - MARGIN, 0), 24, 1, serif=True)
    subtitle = _paragraph(picture.subtitle, Box(MARGIN, heading.box.bottom + 1, WIDTH - MARGIN, 0), 10, 1, role="ink-2")
    say = _paragraph(picture.say, Box(MARGIN, subtitle.box.bottom + 6, WIDTH - MARGIN, 0), 13, 2)
    foot = list(_foot(picture.foot))
    top, bottom = say.box.bottom + 6, foot[0].box.top - 8 if foot else HEIGHT - MARGIN
    head = _head(picture.stages, picture.words)
    rows = _fitted(picture, bottom - top - LEAST_ROAD - head.height)
    spare = bottom - top - LEAST_ROAD - head.height - sum(row.height for row, _ in rows)
    grown = min(max(spare, 0.0), MOST_ROAD - LEAST_ROAD)
    each = max(spare - grown, 0.0) / max(len(rows), 1)
    grid_top = top + LEAST_ROAD + grown
    size = rows[0][1] if rows else FITS[0].size
    laid = tuple(Row(row.name, row.cells, row.height + each, row.firm) for row, _ in rows)
    grid = Grid(MARGIN, grid_top, NAMES, _column(picture.stages), (head, *laid), size, 3.0)
    curve = road(picture.stages, picture.words, Box(MARGIN, top, WIDTH - MARGIN, grid_top), MARGIN + NAMES)
    shapes: list[Shape] = [heading, subtitle, say, *curve, *foot]
    return Drawing(WIDTH, HEIGHT, picture.heading, picture.say, shapes, grid)


def _column(stages: Sequence[PictureStage]) -> float:
    return (WIDTH - 2 * MARGIN - NAMES) / max(len(stages), 1)


def _paragraph(words: str, box: Box, size: float, most: int, *, role: str = "ink", serif: bool = False) -> Words:
    """Words from the top of ``box`` on, as high as their lines."""
    lines = broken(words, size, box.right - box.left, most)
    end = box.top + len(lines) * size * LINE
    return Words(lines, Box(box.left, box.top, box.right, end), size, role, serif, serif, whole=words)


def broken(words: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """Lines of at most ``width``; the last one ends in an ellipsis where there would be more than ``most``.

    A little is kept free: some signs (“ ” ● ·) are wider in Chinese faces than text_width knows.
    """
    room = width - 0.5 * size - 0.3 * size * sum(sign in "“”‘’…●◆—·" for sign in words[: int(2 * width / size)]) / 2
    flat = " ".join(words.split())
    lines = _hung(wrap(flat, size, room, 400) or _cut_hard(flat, size, room))
    if len(lines) <= most:
        return tuple(lines)
    kept = lines[:most]
    last = kept[-1]
    while last and text_width(last + "…", size) > room:
        last = last[:-1]
    return (*kept[:-1], f"{last}…")


def _hung(lines: list[str]) -> list[str]:
    """The lines with closing signs at the end of the line before: none begins a line in Chinese."""
    for at in range(1, len(lines)):
        while lines[at] and lines[at][0] in CLOSING:
            lines[at - 1], lines[at] = lines[at - 1] + lines[at][0], lines[at][1:]
    return [line for line in lines if line]


def _cut_hard(words: str, size: float, width: float) -> list[str]:
    """Lines broken anywhere: a word without a blank is wider than the column."""
    lines = [""] if words else []
    for sign in words:
        if lines[-1] and text_width(lines[-1] + sign, size) > width:
            lines.append("")
        lines[-1] += sign
    return [line.strip() for line in lines]


def _head(stages: Sequence[PictureStage], words: PictureWords) -> Row:
    """The names of the columns, with how many people and entries stand behind each point, and its figures."""
    width = _column(stages) - 6
    cells = [Cell(tuple(_named(stage, width, words))) for stage in stages]
    height = max((_height(cell, HEAD) for cell in cells), default=HEAD * LINE)
    return Row("", tuple(cells), height + 8, head=True)


def _named(stage: PictureStage, width: float, words: PictureWords) -> Iterator[Paragraph]:
    point = stage.point
    yield Paragraph(point.label, broken(point.label, HEAD, width, 3), "ink", True)
    if point.sub_label:
        yield Paragraph(point.sub_label, broken(point.sub_label, SUB, width, 3), "ink-3", size=SUB)
    if known(point.value) is not None:
        said = format_interval(point, words.chart)[0]
        yield Paragraph(said, broken(said, SUB, width, 2), "ink-2", size=SUB)


def _fitted(picture: Picture, room: float) -> list[tuple[Row, float]]:
    """The rows, set as large as the room allows."""
    rows: list[tuple[Row, float]] = []
    for fit in FITS:
        rows = [(row, fit.size) for row in _rows(picture, fit)]
        if sum(row.height for row, _ in rows) <= room:
            break
    return rows


def _rows(picture: Picture, fit: Fit) -> Iterator[Row]:
    width = _column(picture.stages) - 7
    for lane in picture.lanes:
        cells = [
            Cell(
                tuple(_paragraphs(stage.notes.get(lane.key, ()), fit, width, picture.words.more))
                + (_flag(stage, fit, width) if lane.key == FLAGGED_LANE else ()),
                flagged=bool(stage.flagged) and lane.key == FLAGGED_LANE,
            )
            for stage in picture.stages
        ]
        tallest = max((_height(cell, fit.size) for cell in cells), default=0.0)
        yield Row(lane.name, tuple(cells), max(tallest, fit.size * LINE) + 6, lane.firm)


FLAGGED_LANE: Final = "frontstage"


def _flag(stage: PictureStage, fit: Fit, width: float) -> tuple[Paragraph, ...]:
    if not stage.flagged:
        return ()
    return (Paragraph(stage.flagged, broken(stage.flagged, fit.size, width, fit.lines), "low", True),)


def _paragraphs(notes: Sequence[PictureNote], fit: Fit, width: float, more: str) -> Iterator[Paragraph]:
    # Saying that there is one more takes as much room as that one.
    shown = notes if len(notes) <= fit.notes + 1 else notes[: fit.notes]
    for note in shown:
        words = f"{MARKS.get(note.tone, '')}{note.words}{note.counted}"
        role = note.tone if note.tone in ("low", "high") else "ink"
        yield Paragraph(words, broken(words, fit.size, width, fit.lines), role)
    if len(notes) > len(shown):
        left = more.format(n=len(notes) - len(shown))
        yield Paragraph(left, broken(left, fit.size, width, 2), "ink-3")


def _height(cell: Cell, size: float) -> float:
    paragraphs = cell.paragraphs
    lines = sum(len(one.lines) * (one.size or size) * LINE for one in paragraphs)
    return lines + GAP * max(len(paragraphs) - 1, 0)


def _foot(foot: Sequence[str]) -> list[Words]:
    """Small lines at the end of the page, the first one above the others."""
    laid: list[Words] = []
    y = HEIGHT - 24
    for words in reversed([one for one in foot if one]):
        lines = broken(words, FOOT, WIDTH - 2 * MARGIN, 3)
        top = y - len(lines) * FOOT * LINE
        laid.append(Words(lines, Box(MARGIN, top, WIDTH - MARGIN, y), FOOT, "ink-2", whole=words))
        y = top
    return laid[::-1]
