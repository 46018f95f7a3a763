"""What goes in and what comes out: statements, and the scenes found in them."""

from dataclasses import dataclass
from typing import Literal

from nlp.scenes.specificity import SPECIFIC_FROM

SceneKind = Literal["pain", "delight", "need"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A statement: who said it, in which stage, and its score in [-1, 1] where it has one already."""

    id: str
    person: str
    text: str
    sentiment: float | None = None
    stage: str | None = None
    touchpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """The words that support a scene: a span of a statement in code points of its text."""

    statement: str
    person: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Something people suffer in (pain, 痛点), are lifted by (delight, 爽点), or miss (need, 需求).

    ``phrase`` is a clause of one person's own words; ``specificity`` is that phrase's. ``statements`` and ``people`` are
    counted once each, ``sentiment`` is the mean score of the statements. ``unexpected`` marks a delight that was more than
    was expected (惊喜点).
    """

    kind: SceneKind
    phrase: str
    specificity: float
    stage: str | None
    quotes: tuple[Quote, ...]
    statements: int
    people: int
    sentiment: float
    unexpected: bool = False

    @property
    def specific(self) -> bool:
        """Whether someone could act on it as it stands."""
        return self.specificity >= SPECIFIC_FROM


@dataclass(frozen=True, slots=True)
class TouchpointProposal:
    """A psychological touchpoint (心理触点) that people's words propose for a stage, with the quotes that do."""

    name: str
    good: bool
    stage: str | None
    quotes: tuple[Quote, ...]
    statements: int
    people: int
    sentiment: float


@dataclass(frozen=True, slots=True)
class Scenes:
    """All that was found, each list with what most people told first."""

    pain_points: tuple[Scene, ...]
    delights: tuple[Scene, ...]
    needs: tuple[Scene, ...]
    touchpoints: tuple[TouchpointProposal, ...]
