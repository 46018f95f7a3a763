"""What people and programs give: maps, notes, targets and expectations."""

import re
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.maps.parties import PARTIES
from app.maps.quotations import MOST_QUOTATIONS, Span
from app.studies.schemas import Strict

MOST_MAPS: Final = 50
MOST_NOTES: Final = 1000
MOST_IN_CELL: Final = 50
MOST_VERSIONS: Final = 200
MOST_TEXT: Final = 200
MOST_NAME: Final = 80

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _plain(text: str) -> str:
    if _UNWRITABLE.search(text):
        raise ValueError("control characters")
    return re.sub(r"\s+", " ", text).strip()


def _party(name: str | None) -> str | None:
    if name is not None and name not in PARTIES:
        raise ValueError("no such party")
    return name


Words = Annotated[str, Field(max_length=MOST_TEXT), AfterValidator(_plain)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME), AfterValidator(_plain)]
Label = Annotated[str, Field(max_length=MOST_NAME), AfterValidator(_plain)]
Key = Annotated[str, Field(min_length=1, max_length=40)]
Lane = Literal["action", "thought", "pain", "delight", "frontstage", "backstage", "gap"]
Party = Annotated[str | None, AfterValidator(_party)]
Place = Annotated[int, Field(ge=0, le=MOST_IN_CELL)]


class SpanIn(Strict):
    """Words of a statement: code points ``start`` to ``end`` (exclusive) of its text."""

    statement: UUID
    start: int = Field(ge=0, le=100_000)
    end: int = Field(ge=1, le=100_000)

    def span(self) -> Span:
        """Return it as quotations know it."""
        return Span(self.statement, self.start, self.end)


Spans = Annotated[list[SpanIn], Field(max_length=MOST_QUOTATIONS)]


class NewMap(Strict):
    """A map under an id that its maker chose. ``as_is``: the map that a to-be one starts from, whose notes it takes over.

    ``propose`` fills an as-is map with what was read, coded and laid down.
    """

    id: UUID
    title: Name
    kind: Literal["as_is", "to_be"] = "as_is"
    as_is: UUID | None = None
    wave: Annotated[str, Field(max_length=40)] | None = None
    segment: Annotated[str, Field(max_length=120)] | None = None
    propose: bool = False

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if (self.kind == "to_be") != (self.as_is is not None):
            raise ValueError("a to-be map, and only such, names the as-is map that it starts from")
        return self


class MapChange(Strict):
    """What shall be different of a map; what is left out stays. ``retired`` puts it away, or back."""

    title: Name | None = None
    wave: Annotated[str, Field(max_length=40)] | None = None
    segment: Annotated[str, Field(max_length=120)] | None = None
    retired: bool | None = None


class NewNote(Strict):
    """A note under an id that its maker chose. ``position`` counts from 0 in its cell; left out, it comes last."""

    id: UUID
    stage: Key
    lane: Lane
    text: Words = ""
    position: Place | None = None
    party: Party = None
    touchpoint: Annotated[str, Field(max_length=40)] | None = None
    quotations: Spans = Field(default_factory=list)


class NoteChange(Strict):
    """What shall be different of a note; what is left out stays. Another stage, lane or position moves it."""

    stage: Key | None = None
    lane: Lane | None = None
    text: Words | None = None
    position: Place | None = None
    party: Party = None
    touchpoint: Annotated[str, Field(max_length=40)] | None = None
    quotations: Spans | None = None


class TargetIn(Strict):
    """What a to-be map aims at in a stage."""

    sentiment: float | None = Field(None, ge=-1, le=1)
    effort: float | None = Field(None, ge=1, le=7)
    words: Words = ""


class ExpectationIn(Strict):
    """What people expect at a stage or touchpoint, −1 to 1 on the axis of the curve, and where that is known from."""

    expected: float = Field(ge=-1, le=1)
    basis: Words = ""


class VersionIn(Strict):
    """The name under which a map is kept as it stands."""

    label: Label = ""
