"""What a coder says about one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

Label = Literal["negative", "neutral", "positive"]

EMOTIONS: Final = (
    "喜悦", "安心", "期待", "感激", "焦虑", "恐惧", "悲伤",
    "孤独", "愤怒", "失望", "厌恶", "惊讶", "平静", "疼痛不适",
)  # fmt: skip

NEUTRAL_BELOW: Final = 0.2
"""A score whose size stays below this is labelled neutral."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the original text and what it added to the score.

    `start` and `end` count Unicode code points; `rule` names what was applied, parts joined by `+`.
    """

    start: int
    end: int
    text: str
    contribution: float
    rule: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A span that a person should look at; `kind` is `self_harm` or `emergency`. Not a diagnosis."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Coding:
    """One text, coded.

    `sentiment` in [-1, 1], `confidence` in [0, 1], `emotions` from label to strength in (0, 1],
    `evidence` only when it was asked for. Offsets are code points of the text that was given.
    """

    sentiment: float
    confidence: float
    label: Label
    emotions: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    risk: tuple[Cue, ...] = ()


class Coder(Protocol):
    """Codes Chinese text. The same text and version give the same coding, alone or in a batch."""

    @property
    def name(self) -> str:
        """The name that `load_coder` knows."""
        ...

    @property
    def version(self) -> str:
        """Changes with every weight, word or rule."""
        ...

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text, in order; never raises on any string."""
        ...


def label_of(sentiment: float) -> Label:
    """`negative`, `neutral` or `positive`; the cut is `NEUTRAL_BELOW`."""
    if sentiment >= NEUTRAL_BELOW:
        return "positive"
    return "negative" if sentiment <= -NEUTRAL_BELOW else "neutral"
