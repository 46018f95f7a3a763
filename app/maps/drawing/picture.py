"""What a map's picture shows, in words and numbers, before anything has a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.charts.points import ChartPoint, ChartWords


@dataclass(frozen=True, slots=True)
class PictureNote:
    """A note in a cell: its words, how many people or quotes stand behind it, and whether it is marked low or high."""

    words: str
    counted: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class PictureStage:
    """One column: the point of the curve, what was expected there, the notes by lane, and a reason to worry."""

    point: ChartPoint
    expected: float | None = None
    target: float | None = None
    notes: Mapping[str, Sequence[PictureNote]] = field(default_factory=dict)
    flagged: str = ""


@dataclass(frozen=True, slots=True)
class PictureLane:
    """A row: its key, its name, and whether the organisation's side begins with it."""

    key: str
    name: str
    firm: bool = False


@dataclass(frozen=True, slots=True)
class PictureWords:
    """Words of the reader's language beside those of the curve. ``more`` is a pattern with {n}."""

    chart: ChartWords
    expected: str
    target: str
    more: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole map. ``say`` is its finding in a sentence or two, ``foot`` what is uncertain and how it was made."""

    heading: str
    subtitle: str
    say: str
    stages: Sequence[PictureStage]
    lanes: Sequence[PictureLane]
    foot: Sequence[str]
    words: PictureWords
