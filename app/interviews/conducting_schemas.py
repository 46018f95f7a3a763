"""What is written down while somebody talks."""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.interviews.guide_schemas import KEY_FORM
from app.studies.schemas import Key

LONGEST_NOTE = 4000
MOST_NOTES = 2000
LONGEST_TITLE = 120
LONGEST_TALK_MS = 7 * 24 * 3600 * 1000

NoteMark = Literal["peak", "valley", "ask"]
QuestionKey = Annotated[str, StringConstraints(pattern=KEY_FORM)]


class NoteIn(BaseModel):
    """A note as it shall be. ``question`` is a key of the guide, ``stage`` of the study; ``start_ms`` is from its beginning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field("", max_length=LONGEST_NOTE)
    question: QuestionKey | None = None
    stage: Key | None = None
    mark: NoteMark | None = None
    start_ms: int = Field(ge=0, le=LONGEST_TALK_MS)

    @field_validator("text")
    @classmethod
    def _storable(cls, value: str) -> str:
        if re.search(r"[\x00\ud800-\udfff]", value):
            raise ValueError("the text holds characters that cannot be stored")
        return value.replace("\r\n", "\n")


class NoteOut(NoteIn):
    """A note as it is stored."""

    id: UUID
    version: int


class TalkIn(BaseModel):
    """A talk about to begin: with whom (a participant's code), what it is called, by which guide and in which wave.

    ``paper`` says that the person's consent lies there on paper; it is recorded then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    participant: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TITLE)] = ""
    guide_version: int = Field(ge=0, le=1_000_000)
    wave: str = Field("", max_length=40)
    paper: bool = False
