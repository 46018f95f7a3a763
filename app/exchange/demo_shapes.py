"""What a demo's ``team.json`` says: what a team puts down beside the diaries, in the shapes in which its rooms take it.

People's words are named by their person and beginning, and looked up in the diaries: they stand in no second place.
"""

from typing import Annotated, Literal

from pydantic import Field

from app.care.contacting import Way
from app.maps.board.schemas import ExpectationIn, Lane, TargetIn
from app.maps.ecosystem.schemas import FactsIn, Party, SupportIn
from app.maps.groups.schemas import PhaseName, PlanIn
from app.maps.insights.schemas import ProgrammeIn, State
from app.studies.schemas import Key, MemberRole, Strict, WaveIn

Point = Annotated[int, Field(ge=1, le=10)]


class QuoteIn(Strict):
    """Words of a person: ``words`` stands in one of the statements of ``person``, a code."""

    person: str
    words: str


class MeasureIn(Strict):
    """An outcome that the sheet of outcomes gives values of."""

    key: Key
    name: str
    kind: Literal["number", "yes_no"] = "number"
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"


class ColleagueIn(Strict):
    """A further account that belongs to the demo's team; nobody knows its password."""

    login: str
    name: str
    role: MemberRole


class TeamNote(Strict):
    """A note of the team on a map, under a ``key`` of its own."""

    key: Key
    stage: Key
    lane: Lane
    text: str = ""
    party: Party | None = None
    touchpoint: Key | None = None
    quotes: tuple[QuoteIn, ...] = ()


class AsIsIn(Strict):
    """The map as it is; ``propose`` puts in what was read and laid down, ``kept`` names the version that is kept."""

    title: str
    wave: Key | None = None
    propose: bool = False
    notes: tuple[TeamNote, ...] = ()
    kept: str = ""


class ToBeIn(Strict):
    """The map as it shall be: targets by stage, further notes, and ``without``: keys of the as-is notes that are gone."""

    title: str
    wave: Key | None = None
    targets: dict[Key, TargetIn]
    notes: tuple[TeamNote, ...] = ()
    without: tuple[Key, ...] = ()


class PersonaFileIn(Strict):
    """A persona under a ``key``."""

    key: Key
    name: str
    segment: str | None = None
    story: str = ""
    goals: tuple[str, ...] = ()
    worries: tuple[str, ...] = ()
    quotes: tuple[QuoteIn, ...] = ()


class InsightFileIn(Strict):
    """An insight under a ``key``, and the ``steps`` that it has taken since it was collected, each with a word."""

    key: Key
    title: str
    text: str = ""
    stage: Key | None = None
    touchpoint: Key | None = None
    segment: str | None = None
    due: str | None = None
    metric: str = ""
    quotes: tuple[QuoteIn, ...] = ()
    steps: dict[State, str] = Field(default_factory=dict)


class ImprovementFileIn(Strict):
    """An improvement under a ``key``; ``insight`` is the key of one."""

    key: Key
    title: str
    text: str = ""
    insight: Key | None = None
    stage: Key | None = None
    party: Party
    starts: str | None = None
    due: str | None = None
    status: Literal["planned", "doing", "done", "dropped"] = "planned"


class ResultFileIn(Strict):
    """A figure before and after, as results take it; ``improvement`` is the key of one."""

    key: Key
    improvement: Key | None = None
    figures: dict[str, str | float | int]


class ContactFileIn(Strict):
    """An attempt to be in touch, so many hours after the moment that it is about."""

    after_hours: float = Field(gt=0)
    way: Way = "phone"
    reached: bool = True
    note: str = ""
    passed_to: str = ""


class FollowUpFileIn(Strict):
    """How somebody was followed up for what the diaries have of ``person``, a code, ``at`` that moment, and how it ended."""

    person: str
    at: str
    contacts: tuple[ContactFileIn, ...] = ()
    outcome: Literal["helped", "passed_on", "no_need", "not_reached"]
    closed_after_hours: float = Field(gt=0)


class TeamFile(Strict):
    """All that a demo's team put down. Facts and votes go by ``stage/touchpoint``, votes by login."""

    waves: tuple[WaveIn, ...] = ()
    colleagues: tuple[ColleagueIn, ...] = ()
    measures: tuple[MeasureIn, ...] = ()
    facts: dict[str, FactsIn] = Field(default_factory=dict)
    support: tuple[SupportIn, ...] = ()
    expectations: dict[str, ExpectationIn] = Field(default_factory=dict)
    personas: tuple[PersonaFileIn, ...] = ()
    phases: dict[PhaseName, PlanIn] = Field(default_factory=dict)
    votes: dict[str, dict[str, Point]] = Field(default_factory=dict)
    as_is: AsIsIn | None = None
    to_be: ToBeIn | None = None
    insights: tuple[InsightFileIn, ...] = ()
    improvements: tuple[ImprovementFileIn, ...] = ()
    results: tuple[ResultFileIn, ...] = ()
    programme: ProgrammeIn | None = None
    follow_ups: tuple[FollowUpFileIn, ...] = ()
