"""What programs receive of touchpoints, support and steps. Unknown and kept-back figures are null."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class FigureOut(BaseModel):
    """An estimate over ``people`` from ``n`` observations, with its interval; ``enough`` people to say something by it."""

    value: float | None
    lower: float | None
    upper: float | None
    people: int
    n: int
    enough: bool


class ShareOut(BaseModel):
    """``part`` of ``whole`` people, with Wilson's interval."""

    part: int
    whole: int
    value: float
    lower: float
    upper: float


class ExperienceOut(BaseModel):
    """The experience score (−1..1) with its interval and, for all places together, its band."""

    estimate: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    people: int | None
    statements: int | None
    enough: bool
    suppressed: bool


class SilenceOut(BaseModel):
    """impact × (1 − complaint rate) of a place that feels low; ``certain`` where all three hold beyond chance."""

    index: FigureOut
    certain: bool


class PlaceOut(BaseModel):
    """How a touchpoint or stage stands on its axis."""

    experience: ExperienceOut
    low: bool
    lowest: bool
    impact: FigureOut
    complaint_rate: ShareOut | None
    silent: SilenceOut | None


class FactsOut(BaseModel):
    """What the team put down about one touchpoint; version 0 where nothing was. The ETag is the version."""

    customers: int | None
    users: int | None
    first_contacts: int | None
    complaints: int | None
    efficiency: int | None
    party: str | None
    basis: str
    version: int
    updated_at: datetime | None
    use: ShareOut | None
    first: ShareOut | None
    complaint: ShareOut | None


class TouchpointOut(PlaceOut):
    """One touchpoint of the official list. ``breaks``: low, slow, falls; ``chances``: loved, little_used."""

    key: str
    name: str
    stage: str
    kind: Literal["digital", "physical", "human", "psychological"]
    frontstage: bool
    mentioned: bool
    effort: FigureOut
    facts: FactsOut
    breaks: list[str]
    chances: list[str]


class StagePlaceOut(PlaceOut):
    """One stage; of its ``entries`` so many name no touchpoint of the list (``unplaced``)."""

    key: str
    name: str
    entries: int
    unplaced: int


class ProposedOut(BaseModel):
    """A psychological touchpoint that people's words propose and the list lacks; take it over with POST."""

    stage: str
    name: str
    good: bool
    people: int
    statements: int
    sentiment: float


class EcosystemOut(BaseModel):
    """A study's touchpoints in the order of the road. ``proposed`` is null for those who may not read words."""

    study: str
    score: str
    corrected: bool
    touchpoints: list[TouchpointOut]
    stages: list[StagePlaceOut]
    unmentioned: list[str]
    silent: list[str]
    silent_stages: list[str]
    proposed: list[ProposedOut] | None


class SupportLineOut(BaseModel):
    """One line of the log of support. ``participant`` null: to everybody."""

    id: UUID
    stage: str
    touchpoint: str | None
    participant: str | None
    phase: str | None
    channel: str
    generic: bool
    contacts: int
    day_from: int | None
    day_to: int | None
    on: date | None
    words: str
    created_at: datetime


class StageSupportOut(BaseModel):
    """Support at a stage beside its experience. ``contacts_per_person`` is a mean over ``people``."""

    key: str
    name: str
    experience: ExperienceOut
    contacts_per_person: float
    generic_share: float | None
    people: int | None
    low: bool
    mismatch: Literal["nothing", "only_generic", "least"] | None
    certain: bool
    given: list[SupportLineOut]


class SupportOut(BaseModel):
    """The support of a study; no mismatch is named while nothing is ``logged``."""

    study: str
    logged: bool
    mismatches: list[str]
    stages: list[StageSupportOut]


class EdgeOut(BaseModel):
    """A step from one place to the next: mean change (−2..2) of the people who made it."""

    origin: str
    origin_name: str
    target: str
    target_name: str
    change: FigureOut
    falls: bool
    rises: bool
    corrected: bool
    suppressed: bool


class TransitionsOut(BaseModel):
    """A study's steps; ``broken`` are those that fall beyond chance, the worst first, as origin > target."""

    study: str
    stages: list[EdgeOut]
    touchpoints: list[EdgeOut]
    broken: list[str]
