"""Segments, personas, phases, outcomes and priorities as programs receive them."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.maps.groups.footing import Place
from app.maps.groups.lifecycle import Lifecycle
from app.maps.groups.models import PHASES, Persona
from app.maps.groups.plans import written as plan_written
from app.maps.groups.ratios import Ratio
from app.maps.groups.repurchase import Repurchase
from app.maps.groups.segments import Segments
from app.maps.quotations import Quoted


class QuoteOut(BaseModel):
    """Words that something rests on; ``start`` and ``end`` are code points of the statement."""

    statement: UUID
    start: int
    end: int
    words: str
    participant: str


class PlaceOut(BaseModel):
    """A figure at one place; null where nothing is known or it may not be shown (``suppressed``)."""

    key: str
    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    participants: int | None
    entries: int | None
    enough: bool
    suppressed: bool


class SegmentOut(BaseModel):
    """One segment: its curve, and ``differences``: how far it lies above the others of its attribute, with the band that
    holds for all places at once."""

    segment: str
    participants: int | None
    wrote: int | None
    entries: int | None
    whole: PlaceOut
    points: list[PlaceOut]
    valley: list[str]
    peak: list[str]
    differences: list[PlaceOut]


class SegmentsOut(BaseModel):
    """All segments of a study."""

    study: str
    score: str
    level: float
    segments: list[SegmentOut]


class PersonaOut(BaseModel):
    """A persona in the team's words; ``quotes`` only for who may read people's words."""

    id: UUID
    name: str
    segment: str | None
    story: str
    goals: list[str]
    worries: list[str]
    version: int
    quotes: list[QuoteOut]


class PlanOut(BaseModel):
    """What is planned for a phase; version 0 where nothing is."""

    phase: str
    goal: str
    moment: str
    action: str
    version: int
    quotes: list[QuoteOut]


class PhaseOut(BaseModel):
    """One phase of the relation and how the road of the people in it is felt."""

    phase: str
    participants: int | None
    left: int | None
    whole: PlaceOut
    points: list[PlaceOut]
    valley: list[str]
    plan: PlanOut


class MoveOut(BaseModel):
    """People who went from one phase to the next they reached; ``median_days`` null where too few to tell."""

    before: str = Field(serialization_alias="from")
    after: str = Field(serialization_alias="to")
    participants: int | None
    median_days: float | None


class RatioOut(BaseModel):
    """How many times as often; ``upper`` null with ``enough`` true: nothing bounds it. Observational: nothing was tried."""

    outcome: str
    split: str
    label: str
    yes: int | None
    participants: int | None
    other_yes: int | None
    other_participants: int | None
    ratio: float | None
    lower: float | None
    upper: float | None
    enough: bool
    suppressed: bool
    observational: bool = True


class PersonPhaseOut(BaseModel):
    """Where one participant stands, and since when they were in each phase."""

    participant: str
    phase: str
    left: bool
    since: dict[str, date]


class LifecycleOut(BaseModel):
    """The relation as of a day; ``participants`` only for who may read people's words."""

    study: str
    as_of: date
    known: int | None
    without: int | None
    phases: list[PhaseOut]
    moves: list[MoveOut]
    repurchase: RatioOut | None
    participants: list[PersonPhaseOut]


def quotes(those: Sequence[Quoted]) -> list[QuoteOut]:
    """Return quotations as they are served."""
    return [
        QuoteOut(statement=one.said.id, start=one.start, end=one.end, words=one.words, participant=one.said.participant)
        for one in those
    ]


def place(one: Place) -> PlaceOut:
    """Return a figure as it is served."""
    return PlaceOut(
        key=one.key,
        label=one.label,
        estimate=one.estimate,
        lower=one.lower,
        upper=one.upper,
        participants=one.people,
        entries=one.entries,
        enough=one.enough,
        suppressed=one.suppressed,
    )


def segments(found: Segments) -> SegmentsOut:
    """Return the segments as they are served."""
    return SegmentsOut(
        study=found.ground.protocol.study.slug,
        score=found.ground.curve.score,
        level=found.ground.curve.level,
        segments=[
            SegmentOut(
                segment=one.key,
                participants=one.people,
                wrote=one.wrote,
                entries=one.entries,
                whole=place(one.whole),
                points=[place(each) for each in one.road.places],
                valley=list(one.road.valley),
                peak=list(one.road.peak),
                differences=[place(each) for each in one.differences],
            )
            for attribute in found.attributes
            for one in attribute.segments
        ],
    )


def persona(one: Persona, own: Sequence[Quoted]) -> PersonaOut:
    """Return a persona as it is served."""
    return PersonaOut(
        id=one.id,
        name=one.name,
        segment=one.segment,
        story=one.story,
        goals=one.goals,
        worries=one.worries,
        version=one.version,
        quotes=quotes(own),
    )


def lifecycle(
    found: Lifecycle,
    ratio: Repurchase | None,
    own: Mapping[str, Sequence[Quoted]],
    codes: Mapping[UUID, str],
) -> LifecycleOut:
    """Return the relation as it is served; ``codes`` of those whose standing may be told."""
    return LifecycleOut(
        study=found.ground.protocol.study.slug,
        as_of=found.as_of,
        known=found.known,
        without=found.without,
        phases=[
            PhaseOut(
                phase=one.phase,
                participants=one.people,
                left=one.left,
                whole=place(one.whole),
                points=[place(each) for each in one.road.places],
                valley=list(one.road.valley),
                plan=plan(plan_written(one.phase, one.plan), own.get(one.phase, ())),
            )
            for one in found.phases
        ],
        moves=[
            MoveOut(before=one.before, after=one.after, participants=one.people, median_days=one.days)
            for one in found.moves
        ],
        repurchase=None if ratio is None else repurchase(ratio),
        participants=[
            PersonPhaseOut(participant=codes[person], phase=one.phase, left=one.left, since=dict(one.since))
            for person, one in found.standings.items()
            if person in codes and one.phase in PHASES
        ],
    )


def plan(words: Mapping[str, Any], own: Sequence[Quoted]) -> PlanOut:
    """Return a plan as it is served."""
    return PlanOut(**words, quotes=quotes(own))


def repurchase(found: Repurchase) -> RatioOut:
    """Return a ratio as it is served."""
    ratio = found.ratio or Ratio(0, 0, 0, 0, None, None, None, enough=False, level=0.95)
    known = found.ratio is not None
    return RatioOut(
        outcome=found.outcome,
        split=found.split,
        label=found.label,
        yes=ratio.yes if known else None,
        participants=ratio.people if known else None,
        other_yes=ratio.other_yes if known else None,
        other_participants=ratio.other_people if known else None,
        ratio=ratio.ratio,
        lower=ratio.lower,
        upper=finite(ratio.upper),
        enough=ratio.enough,
        suppressed=found.suppressed,
    )


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold, or None."""
    return value if value is not None and isfinite(value) else None
