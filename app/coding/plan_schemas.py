"""A plan of draws as it is given and as it is shown."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field, model_validator

from app.coding.probabilities import LEAST, Design
from app.studies.schemas import Strict

DEFAULT_RATE: Final = 0.2
DEFAULT_DOUBLE: Final = 0.2
DEFAULT_FLOOR: Final = 0.4


class PlanIn(Strict):
    """How to draw. ``rate`` is for every stage, ``rates`` (by stage key) for some; ``half_width`` wants intervals instead.

    ``floor`` is the least probability of the active design as a share of the stage's rate, ``double_share`` the share of
    what is drawn that two coders code.
    """

    design: Design = "uniform"
    rate: float = Field(DEFAULT_RATE, ge=LEAST, le=1)
    rates: dict[str, float] = Field(default_factory=dict, max_length=200)
    floor: float = Field(DEFAULT_FLOOR, ge=0.05, le=1)
    double_share: float = Field(DEFAULT_DOUBLE, ge=0, le=1)
    half_width: float | None = Field(None, ge=0.01, le=1)

    @model_validator(mode="after")
    def _rates_possible(self) -> "PlanIn":
        if any(not LEAST <= rate <= 1 for rate in self.rates.values()):
            raise ValueError(f"a rate lies between {LEAST} and 1")
        if self.design == "uniform" and self.rates:
            raise ValueError("the uniform design has one rate for all stages")
        return self


class StagePlanOut(BaseModel):
    """One stage under a plan, in statements: how many there are, drawn and coded, expected, and needed for the interval.

    ``codes_left``: codes that coders have still to give. ``reachable`` is the half width with everything coded.
    """

    stage: str
    name: str
    rate: float
    statements: int
    participants: int
    drawn: int
    coded: int
    expected: float
    expected_codes: float
    codes_done: int
    codes_left: float
    needed: int | None
    half_width: float | None
    reachable: float | None


class PlanOut(BaseModel):
    """A plan: version 0 is one that is not in force. ``stages`` say what follows from it."""

    version: int
    design: Design
    rates: dict[str, float]
    floor: float
    double_share: float
    half_width: float | None
    at: datetime | None
    by: str | None
    stages: list[StagePlanOut]
