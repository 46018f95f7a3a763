"""The JSON of insights, improvements, results, the self-check and the programme."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.maps.insights.schemas import Kind, State, Status


class QuoteOut(BaseModel):
    """A quotation: code points [start, end) of a statement, and its words."""

    statement: UUID
    participant: str
    start: int
    end: int
    words: str


class StepOut(BaseModel):
    id: UUID
    state: State
    note: str
    at: datetime


class InsightOut(BaseModel):
    """An insight. ``quotes`` are those the caller may read, ``quoted`` counts all; null: of fewer than 8 people."""

    id: UUID
    title: str
    text: str
    stage: str | None
    touchpoint: str | None
    segment: str | None
    owner: str | None
    due: date | None
    overdue: bool
    metric: str
    state: State
    history: list[StepOut]
    quotes: list[QuoteOut]
    quoted: int | None
    version: int
    created_at: datetime
    updated_at: datetime


class FunnelOut(BaseModel):
    """``reached``: in this state or beyond. ``benchmark`` is a practitioners' figure about companies, not measured here."""

    state: State
    here: int
    reached: int
    share: float | None
    benchmark: float


class InsightsOut(BaseModel):
    insights: list[InsightOut]
    funnel: list[FunnelOut]
    overdue: int


class ImprovementOut(BaseModel):
    """An improvement; ``party`` is one of the ten."""

    id: UUID
    title: str
    text: str
    insight: UUID | None
    stage: str | None
    party: str
    owner: str | None
    starts: date | None
    due: date | None
    status: Status
    overdue: bool
    version: int
    created_at: datetime
    updated_at: datetime


class IntervalOut(BaseModel):
    estimate: float
    lower: float | None
    upper: float | None


class EffectOut(BaseModel):
    """``difference`` is after − before in the figure's own unit (of a share: 0.01 is one percentage point); ``relative``
    is after ÷ before − 1. The two are never mixed."""

    before: IntervalOut
    after: IntervalOut
    difference: IntervalOut
    relative: IntervalOut | None
    clear: bool


class ResultOut(BaseModel):
    """A figure before and after. ``effect`` null: too few people. ``improved`` null: the figures cannot tell."""

    id: UUID
    name: str
    kind: Kind
    unit: str
    better: Literal["higher", "lower"]
    insight: UUID | None
    improvement: UUID | None
    before_period: str
    before_n: int | None
    before_value: float | None
    before_sd: float | None
    after_period: str
    after_n: int | None
    after_value: float | None
    after_sd: float | None
    stage: str | None
    before_wave: str | None
    after_wave: str | None
    basis: str
    effect: EffectOut | None
    improved: bool | None
    few: bool
    suppressed: bool
    summary: str
    version: int


class EvidenceOut(BaseModel):
    """One thing that was counted, in words, and under which address of the study it stands."""

    kind: str
    stage: str | None
    met: bool
    words: str
    specificity: float | None = Field(default=None, description="Of a pain: 0 to 1.")


class CheckOut(BaseModel):
    """A check: ``met`` of ``whole`` make ``score``; ``next`` says what to do where it does not pass."""

    key: str
    name: str
    score: int
    passes: bool
    met: int
    whole: int
    evidence: list[EvidenceOut]
    next: str | None


class SelfCheckOut(BaseModel):
    """Five checks of 0 to 4 points; each passes from ``passing``."""

    score: int
    whole: int
    most: int
    passing: int
    pains_from: Literal["map", "scenes"]
    checks: list[CheckOut]


class GroundOut(BaseModel):
    key: str
    words: str
    met: bool
    count: int


class ProgrammeStepOut(BaseModel):
    """A step, read from the study: done when all grounds are met, begun when one is."""

    key: str
    name: str
    standing: Literal["done", "begun", "open"]
    note: str
    grounds: list[GroundOut]


class ProgrammeOut(BaseModel):
    vision: str
    steps: list[ProgrammeStepOut]
    making_a_map: list[ProgrammeStepOut]
    elements: list[GroundOut]
    version: int
