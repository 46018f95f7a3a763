"""What a demo's ``fieldwork.json`` and ``codes.csv`` say: interviews, observations, and what two coders made of what was said.

As in ``team.json``, words are named by their person and beginning, and looked up where they were said.
"""

import csv
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.coding.plan_schemas import PlanIn
from app.interviews.guide_schemas import GuideQuestion
from app.interviews.observing_schemas import ObservationIn
from app.studies.schemas import Key, Strict

MARKS = ";"
PLACE = ":"
LISTED = "、"

Sentiment = Annotated[int, Field(ge=-2, le=2)]


def _listed(given: object) -> object:
    return tuple(filter(None, given.split(LISTED))) if isinstance(given, str) else given


def _marked(given: object) -> object:
    if not isinstance(given, str):
        return given
    parts = (one.partition(PLACE) for one in given.split(MARKS) if one)
    return tuple((code, words) for code, _, words in parts)


Emotions = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Marks = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_marked)]
"""Codes by name, each with the words that it stands on."""


class InterviewFileIn(Strict):
    """An interview of ``person``: the ``file`` as a transcription service gave it, and the place of each answer.

    ``places`` are ``stage`` or ``stage/touchpoint`` by the answer's beginning; an answer that is not named is no part of
    the journey.
    """

    file: str
    person: str
    title: str
    held_on: date
    places: dict[str, str]


class ObservationFileIn(ObservationIn):
    """An observation under a ``key``."""

    key: Key

    def given(self) -> ObservationIn:
        """Return it as the room of interviews takes it."""
        return ObservationIn.model_validate(self.model_dump(exclude={"key"}))


class MemoFileIn(Strict):
    """A memo by a login; ``of`` names an interview's file, a code, or the beginning of what ``person`` said."""

    by: str
    about: Literal["study", "interview", "code", "statement"]
    person: str = ""
    of: str = ""
    text: str


class CodedIn(Strict):
    """What the two coders say of the statement of ``person`` that ``begins`` so, whichever of them it comes to.

    ``decided`` is the sentiment that the team settles on where the two differ, with the first coder's emotions and codes.
    """

    person: str
    begins: str
    first: Sentiment
    second: Sentiment
    decided: Annotated[Sentiment | None, BeforeValidator(lambda given: given if given != "" else None)]
    first_emotions: Emotions
    second_emotions: Emotions
    first_codes: Marks
    second_codes: Marks


class FieldFile(Strict):
    """All that a demo's team gathered beside the diaries, and how it draws; ``coders`` are logins of two colleagues."""

    guide: tuple[GuideQuestion, ...]
    interviews: tuple[InterviewFileIn, ...]
    observations: tuple[ObservationFileIn, ...]
    plan: PlanIn
    coders: tuple[str, str]
    memos: tuple[MemoFileIn, ...]


class Fieldwork:
    """A demo's folder, as far as it tells of field work."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def file(self) -> FieldFile | None:
        """What ``fieldwork.json`` says; None where there is none."""
        path = self._folder / "fieldwork.json"
        return FieldFile.model_validate_json(path.read_bytes()) if path.exists() else None

    def transcript(self, name: str) -> bytes:
        """Return a transcript's bytes."""
        return (self._folder / name).read_bytes()

    def coded(self) -> Sequence[CodedIn]:
        """Return what the coders say, a row each."""
        with (self._folder / "codes.csv").open(encoding="utf-8", newline="") as sheet:
            return [CodedIn.model_validate(row) for row in csv.DictReader(sheet)]
