"""The shape of an interview guide: what to ask, stage by stage."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.studies.schemas import Key

MOST_QUESTIONS = 100
MOST_PROBES = 8
LONGEST_QUESTION = 300
LONGEST_PROBE = 200
KEY_FORM = r"^[a-z0-9_]{1,40}$"

QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)]
Probe = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_PROBE)]


class GuideQuestion(BaseModel):
    """One question with what to ask further; ``key`` stays the same over versions, ``stage`` is a stage's key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, StringConstraints(pattern=KEY_FORM)]
    stage: Key
    text: QuestionText
    probes: tuple[Probe, ...] = Field((), max_length=MOST_PROBES)


class GuideIn(BaseModel):
    """The questions of a guide's next version, in the order in which they are asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: tuple[GuideQuestion, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)

    @model_validator(mode="after")
    def _keys_differ(self) -> "GuideIn":
        if len({one.key for one in self.questions}) < len(self.questions):
            raise ValueError("two questions have the same key")
        return self


class GuideOut(BaseModel):
    """A version of a guide. Version 0 is the proposal that is made of the study's stages: nobody has published one yet."""

    version: int
    published_at: datetime | None
    questions: tuple[GuideQuestion, ...]
