"""Interviews as they are handed in and shown."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.interviews.transcripts.shapes import MOST_CHARACTERS, Role

MOST_TITLE = 120
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_TITLE)]
Words = Annotated[str, Field(max_length=MOST_CHARACTERS)]
SpeakerName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Part = Literal["interviewer", "respondent", "other", "none"]


class InterviewIn(BaseModel):
    """A transcript to take in. ``speakers`` gives labels their part; ``none`` says that a label is no speaker."""

    model_config = ConfigDict(extra="forbid")

    participant: str = Field(min_length=1, max_length=40, description="Code of the participant.")
    text: Words = Field(description="The transcript, as a service exports it.")
    title: Title = ""
    held_on: date | None = Field(None, description="Day of the talk; default today.")
    wave: str | None = Field(None, max_length=40, description="Key of the wave.")
    speakers: dict[SpeakerName, Part] = Field(default_factory=dict, max_length=60)
    new_participant: bool = Field(False, description="Take the person in, if the study does not know the code.")
    paper_consent: bool = Field(
        False, description="Record consent on paper for a person who has not agreed; you vouch for it."
    )


class InterviewOut(BaseModel):
    """An interview. ``answers`` are turns of the respondent, ``confirmed`` those whose stage a person has confirmed."""

    id: str
    participant: str
    kind: Literal["interview", "observation"]
    title: str
    held_at: str
    wave: str | None
    state: Literal["open", "ready"]
    turns: int
    answers: int
    confirmed: int


class TurnOut(BaseModel):
    """One turn. ``stage`` is a key, once confirmed; ``statement`` its id then; times are milliseconds from the beginning."""

    id: str
    position: int
    speaker: str
    role: Role
    text: str
    start_ms: int | None
    end_ms: int | None
    proposed_stage: str | None
    stage: str | None
    touchpoint: str | None
    confirmed: bool
    statement: str | None
    version: int


class InterviewTurns(BaseModel):
    """An interview with a page of its turns; ``next`` is where the following page begins, if there is one."""

    interview: InterviewOut
    turns: list[TurnOut]
    next: int | None


class ImportedOut(BaseModel):
    """What became of a transcript: ``created`` is false where the study has it already."""

    id: str
    created: bool
    turns: int
    odd_lines: int
    address: str


class StageIn(BaseModel):
    """The stage of a turn by its key, or null: no part of the journey."""

    model_config = ConfigDict(extra="forbid")

    stage: str | None = Field(max_length=40)
    touchpoint: str | None = Field(None, max_length=40)


class StagedOut(BaseModel):
    """A turn's stage as it stands."""

    id: str
    stage: str | None
    touchpoint: str | None
    version: int
