"""What the team puts down about personas, phases and votes, checked before anything is stored."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.studies.schemas import Strict

MOST_PERSONAS = 20
MOST_LINES = 12
POINTS = 10
PhaseName = Literal["exploring", "building", "deepening", "expanding"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
SegmentName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^:]+:.+$", max_length=120)]


class SpanIn(Strict):
    """Words to rest on: code points [start, end) of a statement."""

    statement: UUID
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class PersonaIn(Strict):
    """A kind of customer, in the team's own words; people's words come as ``quotes`` only."""

    name: Name
    segment: SegmentName | None = Field(None, description="attribute:value of the participants it stands for.")
    story: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    goals: list[Line] = Field(default_factory=list, max_length=MOST_LINES)
    worries: list[Line] = Field(default_factory=list, max_length=MOST_LINES)
    quotes: list[SpanIn] = Field(default_factory=list, max_length=50)


class NewPersona(PersonaIn):
    """A persona under an id that the sender made: the same again is the same one."""

    id: UUID


class PlanIn(Strict):
    """What is aimed at in a phase, its moment of truth, and the one thing that is done for it."""

    goal: Sentence = ""
    moment: Sentence = ""
    action: Sentence = ""
    quotes: list[SpanIn] = Field(default_factory=list, max_length=50)


class VotesIn(Strict):
    """One's whole ballot: points by touchpoint (stage/touchpoint), at most 10 in all; it replaces the one before."""

    points: dict[Annotated[str, StringConstraints(max_length=90)], Annotated[int, Field(ge=1, le=POINTS)]] = Field(
        max_length=POINTS
    )
