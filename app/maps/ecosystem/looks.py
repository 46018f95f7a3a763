"""What is known of touchpoints, stages and the support there, as pages, programs and the rooms above read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.curves.service import Curve, CurvePoint
from app.maps.ecosystem.clustered import Figure, Share
from app.studies.protocol import StageFacts, StudyProtocol

Breakpoint = Literal["low", "slow", "falls"]
Opportunity = Literal["loved", "little_used"]
Mismatch = Literal["nothing", "only_generic", "least"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the team put down about one touchpoint, in counts of people of one period, and the shares that follow.

    ``use`` and ``first`` are shares of customers, ``complaint`` of users (of customers where users are not known).
    """

    customers: int | None
    users: int | None
    first_contacts: int | None
    complaints: int | None
    efficiency: int | None
    party: str | None
    basis: str
    version: int
    updated_at: datetime | None
    use: Share | None
    first: Share | None
    complaint: Share | None


@dataclass(frozen=True, slots=True)
class Silence:
    """What hurts and is not complained about: ``index`` = impact × (1 − complaint rate).

    ``certain``: the place is low, fewer than one in five complain, and the index is above zero, all beyond chance.
    """

    index: Figure
    certain: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A touchpoint or stage on its axis: experience, what it does to the road as a whole, and what is complained about.

    ``impact`` is the standardized slope, over participants, of how the rest of their road felt on how this place felt.
    ``low``: below zero, or below the mean of the others, beyond chance with all places looked at. ``lowest``: among the few
    that cannot be excluded as the valley.
    """

    point: CurvePoint
    low: bool
    lowest: bool
    impact: Figure
    complaint: Share | None
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class TouchpointLook:
    """One touchpoint of the official list, with all that is known of it. ``key`` is stage/touchpoint.

    ``mentioned``: somebody named it in an entry, or wrote about it. ``facts`` is version 0 where nothing was put down.
    """

    id: UUID
    key: str
    name: str
    stage: StageFacts
    kind: str
    frontstage: bool
    place: Place
    facts: Facts
    effort: Figure
    mentioned: bool
    breaks: tuple[Breakpoint, ...]
    chances: tuple[Opportunity, ...]

    @property
    def point(self) -> CurvePoint:
        """Its place on the curve by touchpoint: the experience score with its interval."""
        return self.place.point

    @property
    def silence(self) -> Silence | None:
        """Its silent pain, where enough is known."""
        return self.place.silence


@dataclass(frozen=True, slots=True)
class StageLook:
    """One stage as a place of its own, and how many of its entries name no touchpoint of the list."""

    stage: StageFacts
    place: Place
    unplaced: int
    entries: int


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """The touchpoints of a study: all of the official list, in the order of the road."""

    protocol: StudyProtocol
    curve: Curve
    touchpoints: tuple[TouchpointLook, ...]
    stages: tuple[StageLook, ...]

    @property
    def unmentioned(self) -> Sequence[TouchpointLook]:
        """Touchpoints on the frontstage that nobody wrote about."""
        return [one for one in self.touchpoints if one.frontstage and not one.mentioned]

    @property
    def silent(self) -> Sequence[TouchpointLook]:
        """Touchpoints with silent pain, the largest index first."""
        found = [(one.silence.index.value or 0.0, one) for one in self.touchpoints if one.silence]
        return [one for _, one in sorted(found, key=lambda pair: -pair[0])]

    @property
    def silent_stages(self) -> Sequence[StageLook]:
        """Stages with silent pain, the largest index first."""
        found = [(one.place.silence.index.value or 0.0, one) for one in self.stages if one.place.silence]
        return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


@dataclass(frozen=True, slots=True)
class SupportGiven:
    """One line of the log. ``participant`` is a person's code; None: given to everybody, ``contacts`` each."""

    id: UUID
    stage_id: UUID
    touchpoint_id: UUID | None
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
    created_by: str


@dataclass(frozen=True, slots=True)
class StageSupport:
    """Support at one stage beside how it feels there. ``generic`` is the share of contacts in the same words for all.

    ``mismatch``: people feel low here and get nothing, the least, or only generic words. It is ``certain`` where the stage
    is the only valley, or low beyond chance; else it may still turn out to be another stage.
    """

    stage: StageFacts
    point: CurvePoint
    given: tuple[SupportGiven, ...]
    contacts: float
    generic: float | None
    people: int
    low: bool
    mismatch: Mismatch | None
    certain: bool


@dataclass(frozen=True, slots=True)
class Support:
    """The support of a study, stages in order. ``logged``: whether anything was put down at all."""

    protocol: StudyProtocol
    curve: Curve
    stages: tuple[StageSupport, ...]
    logged: bool

    def at(self, stage_key: str) -> StageSupport | None:
        """Return the support at the stage ``stage_key``."""
        return next((one for one in self.stages if one.stage.key == stage_key), None)

    @property
    def mismatches(self) -> Sequence[StageSupport]:
        """Stages where support does not meet what people feel, the lowest first."""
        found = [one for one in self.stages if one.mismatch]
        return sorted(found, key=lambda one: one.point.estimate or 0.0)
