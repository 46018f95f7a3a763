"""What a map shows: stages with their point of the curve, notes by lane, what is expected there, and what lacks evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from app.curves.service import Curve, CurvePoint
from app.maps.quotations import Quoted
from app.participants.sight import Sight
from app.studies.protocol import StageFacts, StudyProtocol

Dimension = Literal["did", "felt", "cared"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("did", "felt", "cared")
"""做了什么 感受到什么 真正在乎什么: a map that lacks one of them is distorted."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: whose words they may read, and whether any (``text``). Without text, figures of fewer than 8 are hidden."""

    sight: Sight
    text: bool


@dataclass(frozen=True, slots=True)
class MapFacts:
    """A map by itself. ``revision`` counts every change of it and is its version."""

    id: UUID
    title: str
    kind: Literal["as_is", "to_be"]
    as_is_id: UUID | None
    wave: str | None
    segment: str | None
    revision: int
    created_at: datetime
    created_by: str
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoardNote:
    """One note as the viewer may see it.

    ``text`` is the team's own and may be empty; ``shown`` is what the cell says: the text, or the words of the first quote
    (``own`` False). ``quotes`` are those that may be read; ``quote_count``, ``people`` (who take part) and ``observers``
    count all that stand, and are None where they may not be told. ``stored`` is False in a live proposal; its ``id`` is
    then the one that keeping it gives.
    """

    id: UUID
    stage_id: UUID
    lane: str
    position: int
    text: str
    shown: str
    own: bool
    quotes: Sequence[Quoted]
    quote_count: int | None
    people: int | None
    observers: int | None
    origin: Literal["team", "code", "model"]
    source_name: str
    party: str | None
    touchpoint_id: UUID | None
    version: int
    updated_at: datetime | None
    updated_by: str
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """What is expected beside what is delivered, on the axis of the curve (−1 to 1).

    ``gap`` = expected − delivered. ``lower`` and ``upper`` bound what is delivered, ``gap_lower`` and ``gap_upper`` the
    gap, at the curve's level; the expectation counts as a known number. Without a measured point there is no gap.
    ``clear`` says that the interval leaves out 0.
    """

    axis: Literal["stage", "touchpoint"]
    key: str
    label: str
    expected: float
    basis: str
    version: int
    delivered: float | None
    lower: float | None
    upper: float | None
    gap: float | None
    gap_lower: float | None
    gap_upper: float | None
    enough: bool

    @property
    def clear(self) -> bool:
        """Whether expectation and delivery differ beyond what chance makes of it."""
        if self.gap_lower is None or self.gap_upper is None:
            return False
        return self.enough and (self.gap_lower > 0 or self.gap_upper < 0)


@dataclass(frozen=True, slots=True)
class Target:
    """What a to-be map aims at in a stage: a point of the curve (−1 to 1), an effort (1 to 7), and in words how."""

    stage_id: UUID
    sentiment: float | None
    effort: float | None
    words: str
    version: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Effort:
    """Mean effort (1 to 7) that people reported in a stage, with its interval; None where unknown or not to be told."""

    mean: float | None
    lower: float | None
    upper: float | None
    entries: int | None
    people: int | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A dimension that lacks evidence, and in which stages; ``everywhere`` says in all of them."""

    dimension: Dimension
    stages: Sequence[StageFacts]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class BoardStage:
    """One column: the stage, its point of the curve, its notes by lane (every lane has a list), and what is known of it."""

    stage: StageFacts
    point: CurvePoint
    cells: Mapping[str, Sequence[BoardNote]]
    gap: Gap | None
    touchpoint_gaps: Sequence[Gap]
    target: Target | None
    effort: Effort
    missing: Sequence[Dimension]


@dataclass(frozen=True, slots=True)
class Board:
    """A map with its curve. ``map`` None: the live proposal of a study without a map, to be stored under ``live_id``.

    ``pair`` is the as-is map of a to-be one. ``missing`` is M07 over the whole map. ``number`` is set where a kept version is
    looked at.
    """

    map: MapFacts | None
    live_id: UUID | None
    pair: MapFacts | None
    protocol: StudyProtocol
    curve: Curve
    stages: Sequence[BoardStage]
    missing: Sequence[Missing]
    text: bool
    number: int | None = None

    @property
    def incomplete(self) -> bool:
        """Whether one of the three dimensions lacks evidence somewhere."""
        return bool(self.missing)

    @property
    def notes(self) -> Sequence[BoardNote]:
        """Every note, stage by stage and lane by lane."""
        return [note for one in self.stages for cell in one.cells.values() for note in cell]

    def whose(self) -> list[tuple[UUID, UUID]]:
        """Return of each quote that is shown whose it is and which entry it stands in, for the log of readings."""
        quotes = (quote for note in self.notes for quote in note.quotes)
        return [(one.said.participant_id, one.said.source_id) for one in quotes]
