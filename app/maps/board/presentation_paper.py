"""How a map fits one A3 sheet: how small the words must be, and how many notes of a cell there is room for.

The curve takes its height from its width, so that lanes share what is left of the sheet. A browser cannot tell how long a
page will be on paper before it prints; the length of the notes can.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.charts.geometry import text_width
from app.maps.board.looks import Board, BoardNote
from app.maps.board.models import LANES

ROOM_PT: Final = 425.0
"""What is left for the lanes under the head and the curve of an A3 sheet that lies (842 pt high, margins off)."""
COLUMNS_PT: Final = 1040.0
"""How wide all columns are together."""
SIDE_BY_SIDE: Final = ("frontstage", "backstage")
"""Lanes whose notes, mostly names of touchpoints, stand beside each other."""
BEHIND_EM: Final = 8.0
"""How wide the people and quotes behind a note are, in its own letters."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One way to write: its name in the style sheet, the size of letters, lines of a note and notes of a cell at most."""

    size: Literal["usual", "dense", "denser", "densest"]
    letter_pt: float
    line: float
    padding_pt: float
    lines: int
    notes: int


WAYS: Final = (
    Paper("usual", 8.5, 1.32, 6.5, 6, 12),
    Paper("dense", 7.3, 1.26, 6.5, 4, 12),
    Paper("denser", 6.4, 1.22, 4.5, 3, 12),
    *(Paper("densest", 6.4, 1.22, 4.5, 2, notes) for notes in (12, 8, 6, 5, 4, 3)),
)


def plan(board: Board) -> Paper:
    """Return the largest way to write all notes on one sheet; the smallest one shortens and leaves out what it must."""
    return next((way for way in WAYS if _height(board, way) <= ROOM_PT and _holds(board, way)), WAYS[-1])


def _holds(board: Board, way: Paper) -> bool:
    """Whether nothing must be left out; what writes smallest may leave out."""
    return way.size == "densest" or all(len(one.cells[lane]) <= way.notes for one in board.stages for lane in LANES)


def _height(board: Board, way: Paper) -> float:
    column = COLUMNS_PT / max(len(board.stages), 1) - 5
    # A gap takes a bar and two lines, a flag two.
    rows = [max((_lines(lane, one.cells[lane], column, way) for one in board.stages), default=0) for lane in LANES]
    extra = 12.0 + 4 * way.letter_pt * way.line
    return sum(max(1, lines) * way.letter_pt * way.line + way.padding_pt for lines in rows) + extra


def _lines(lane: str, notes: Sequence[BoardNote], column: float, way: Paper) -> int:
    told = notes[: way.notes]
    widths = [text_width(note.shown, way.letter_pt) + _behind_em(note) * way.letter_pt for note in told]
    more = 1 if len(told) < len(notes) else 0
    if lane in SIDE_BY_SIDE:
        gap = 7 + way.letter_pt
        wide = sum(width > column for width in widths)
        return more + max(wide, math.ceil(sum(width + gap for width in widths) / column))
    # Between two notes a little space, about a seventh of a line.
    return more + math.ceil(sum(min(way.lines, math.ceil(width * 1.06 / column)) + 0.15 for width in widths))


def _behind_em(note: BoardNote) -> float:
    return BEHIND_EM if note.quote_count or note.party else 1.0
