"""A report before it becomes HTML or paper: sections of plain blocks, every word of them said already and none of it markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["", "low", "high", "quiet"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; ``strong`` ones carry the section."""

    text: str
    tone: Tone = ""
    strong: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; ``heading`` stands over it."""

    items: Sequence[str]
    heading: str = ""
    kind: str = "listing"


@dataclass(frozen=True, slots=True)
class Saying:
    """Words of somebody who agreed to be quoted, and about whom and when they are."""

    words: str
    by: str


@dataclass(frozen=True, slots=True)
class Sayings:
    """Quotes."""

    quotes: Sequence[Saying]
    tone: Tone = ""
    kind: str = "sayings"


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names the row; ``low`` are rows to worry about, ``numeric`` columns of figures."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    low: Sequence[int] = ()
    numeric: Sequence[int] = ()
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as standalone SVG: ``wide`` for a desk, ``narrow`` for a phone ("": the wide one), ``paper`` for A4.

    ``size``: "text" as wide as the text, "page" a landscape page of its own.
    """

    wide: str
    narrow: str
    paper: str
    alt: str
    size: Literal["text", "page"] = "text"
    kind: str = "figure"


Block: TypeAlias = Paragraph | Listing | Sayings | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; ``appendix`` ones come after the five minutes."""

    key: str
    heading: str
    blocks: Sequence[Block]
    appendix: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. ``lead`` is what remains of it when nothing else is read: a name and a sentence each."""

    title: str
    heading: str
    subtitle: str
    lead: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    foot: str
    language: str

    @property
    def body(self) -> Sequence[Section]:
        """What is read in five minutes."""
        return [one for one in self.sections if not one.appendix]

    @property
    def appendix(self) -> Sequence[Section]:
        """What is looked up."""
        return [one for one in self.sections if one.appendix]
