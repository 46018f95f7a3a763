"""A coding as it is given and as it is shown: all that one coder says of one statement, as one document."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from app.studies.schemas import Strict
from nlp import EMOTIONS

MOST_EMOTIONS: Final = 5
MOST_MEMO: Final = 2000
MOST_EXCERPTS: Final = 200
MOST_SENTIMENT: Final = 2
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_ORDER = {name: place for place, name in enumerate(EMOTIONS)}


def _storable(text: str) -> str:
    if _UNSTORABLE.search(text):
        raise ValueError("characters that cannot be stored")
    return text


def _known(emotions: Sequence[str]) -> tuple[str, ...]:
    if unknown := [name for name in emotions if name not in _ORDER]:
        raise ValueError(f"{len(unknown)} of these emotions are unknown; known are {'、'.join(EMOTIONS)}")
    return tuple(sorted(set(emotions), key=_ORDER.__getitem__))


Memo = Annotated[str, Field(max_length=MOST_MEMO), AfterValidator(_storable)]


class ExcerptIn(Strict):
    """A code on a span of the text: ``start`` to ``end`` (exclusive), in Unicode code points. The client makes ``id``."""

    id: UUID
    code: UUID
    start: int = Field(ge=0, le=1_000_000)
    end: int = Field(ge=1, le=1_000_000)
    memo: Memo = ""

    @property
    def span(self) -> tuple[int, int, UUID]:
        """What may stand only once in a document."""
        return self.start, self.end, self.code


class CodingIn(Strict):
    """A coder's whole document on a statement. Emotions are of the machine's own labels; ``done``: nothing is to follow."""

    sentiment: int | None = Field(None, ge=-MOST_SENTIMENT, le=MOST_SENTIMENT)
    emotions: Annotated[tuple[str, ...], Field(max_length=MOST_EMOTIONS), AfterValidator(_known)] = ()
    memo: Memo = ""
    excerpts: tuple[ExcerptIn, ...] = Field((), max_length=MOST_EXCERPTS)
    done: bool = False

    @model_validator(mode="after")
    def _once(self) -> "CodingIn":
        if len({one.id for one in self.excerpts}) < len(self.excerpts):
            raise ValueError("two excerpts have the same id")
        if len({one.span for one in self.excerpts}) < len(self.excerpts):
            raise ValueError("the same code stands twice on the same span")
        return self

    def content(self) -> dict[str, Any]:
        """Return the document as JSON, its excerpts in the order of the text: equal documents are equal here."""
        said = self.model_dump(mode="json")
        said["excerpts"].sort(key=_place)
        return said


class CodingOut(BaseModel):
    """The document as it stands. ``version`` 0: nothing was said yet. ``blind``: its coder saw no other codes before."""

    sentiment: int | None = None
    emotions: list[str] = []
    memo: str = ""
    excerpts: list[ExcerptIn] = []
    done: bool = False
    version: int = 0
    blind: bool = True
    done_at: datetime | None = None
    updated_at: datetime | None = None

    def content(self) -> dict[str, Any]:
        """Return what the coder said, as CodingIn.content does."""
        said = self.model_dump(mode="json", include=set(CodingIn.model_fields))
        said["excerpts"].sort(key=_place)
        return said


def _place(excerpt: dict[str, Any]) -> tuple[int, int, str]:
    return excerpt["start"], excerpt["end"], excerpt["id"]
