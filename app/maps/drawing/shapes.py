"""What a drawing is made of, before it becomes an SVG or a slide: lines, marks, words and one table, in points of 1/72 inch.

Colours are roles of app.charts.markup's palette. Words keep both the whole text and the lines that it was broken into, so that
an SVG, which breaks no lines itself, and a slide, which does, say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.charts.geometry import Box, Pair

Align: TypeAlias = Literal["start", "middle", "end"]
LINE = 1.36
"""Height of a line, in sizes of its type."""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph in a box, its first line at the top."""

    lines: tuple[str, ...]
    box: Box
    size: float
    role: str = "ink"
    bold: bool = False
    serif: bool = False
    align: Align = "start"
    whole: str = ""
    halo: bool = False

    @property
    def text(self) -> str:
        """The paragraph in one piece."""
        return self.whole or "".join(self.lines)


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    start: Pair
    end: Pair
    role: str
    width: float = 0.75
    dash: tuple[float, float] | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of cubic segments (control, control, end); filled and without a line when ``opacity`` is given."""

    start: Pair
    segments: tuple[tuple[Pair, Pair, Pair], ...]
    role: str
    width: float = 2.5
    dash: tuple[float, float] | None = None
    opacity: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of a point: a ring, a disc, a diamond, or a small dot."""

    at: Pair
    radius: float
    kind: Literal["ring", "disc", "diamond"]
    role: str
    dash: tuple[float, float] | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One note of a cell: the whole of it, and the lines it takes."""

    whole: str
    lines: tuple[str, ...]
    role: str = "ink"
    bold: bool = False
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell; ``flagged`` ones have a soft red ground."""

    paragraphs: tuple[Paragraph, ...] = ()
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A lane: its name, its cells, its height; ``firm`` has a strong line above it, ``head`` names the columns."""

    name: str
    cells: tuple[Cell, ...]
    height: float
    firm: bool = False
    head: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """The table of lanes: the width of the names, of each column, and the rows."""

    left: float
    top: float
    names_width: float
    column: float
    rows: tuple[Row, ...]
    size: float
    padding: float


Shape: TypeAlias = Words | Rule | Stroke | Mark


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page: its size, its title and what it shows in a sentence, the shapes in the order of painting, and the table."""

    width: float
    height: float
    title: str
    description: str
    shapes: Sequence[Shape]
    grid: Grid
