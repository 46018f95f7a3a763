"""What programs and forms say of insights, improvements, results and the programme, checked."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.maps.parties import PARTIES

MOST_ROWS: Final = 500
MOST_PEOPLE: Final = 100_000_000
MOST_VALUE: Final = 1e12

State = Literal["collected", "shared", "used", "improved", "measured"]
Status = Literal["planned", "doing", "done", "dropped"]
Kind = Literal["share", "mean", "curve"]
Better = Literal["higher", "lower"]


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _party(key: str) -> str:
    if key not in PARTIES:
        raise ValueError(f"one of {', '.join(PARTIES)}")
    return key


Title = Annotated[str, AfterValidator(_line), Field(min_length=1, max_length=120)]
Words = Annotated[str, AfterValidator(_plain), Field(max_length=4000)]
Metric = Annotated[str, AfterValidator(_line), Field(max_length=200)]
Note = Annotated[str, AfterValidator(_line), Field(max_length=300)]
Period = Annotated[str, AfterValidator(_line), Field(max_length=60)]
Key = Annotated[str, Field(max_length=40)]
Login = Annotated[str, Field(max_length=80)]
Count = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
Figure = Annotated[float, Field(ge=-MOST_VALUE, le=MOST_VALUE, allow_inf_nan=False)]


class Shape(BaseModel):
    """Unknown fields are refused, so that a slip of a program is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SpanIn(Shape):
    """A quotation: a statement and code points [start, end) of its text."""

    statement: UUID
    start: Annotated[int, Field(ge=0, le=100_000)]
    end: Annotated[int, Field(ge=1, le=100_000)]


class InsightIn(Shape):
    """An insight as the team writes it; ``stage`` and ``touchpoint`` are keys, ``owner`` a member's login."""

    title: Title
    text: Words = ""
    stage: Key | None = None
    touchpoint: Key | None = Field(default=None, description="Key of a touchpoint of the stage.")
    segment: Annotated[str, Field(max_length=120)] | None = Field(default=None, description="attribute:value")
    owner: Login | None = None
    due: date | None = None
    metric: Metric = ""
    quotes: Annotated[list[SpanIn], Field(max_length=50)] = []


class NewInsight(InsightIn):
    """An insight under an id of the caller's, so that saying it twice makes one."""

    id: UUID


class StepIn(Shape):
    """That an insight comes into ``state``; ``id`` is the caller's, so that a repeat is not a second step."""

    id: UUID | None = None
    state: State
    note: Note = ""


class ImprovementIn(Shape):
    """Something to be done: by which of the ten parties, who sees to it, from when to when."""

    title: Title
    text: Words = ""
    insight: UUID | None = None
    stage: Key | None = None
    party: Annotated[str, AfterValidator(_party)]
    owner: Login | None = None
    starts: date | None = None
    due: date | None = None
    status: Status = "planned"

    @model_validator(mode="after")
    def _in_order(self) -> "ImprovementIn":
        if self.starts and self.due and self.starts > self.due:
            raise ValueError("due is before starts")
        return self


class NewImprovement(ImprovementIn):
    id: UUID


class ResultIn(Shape):
    """One figure before and after. share: ``value`` of ``n`` did it; mean: with ``sd``; curve: a stage in two waves."""

    name: Annotated[str, AfterValidator(_line), Field(min_length=1, max_length=80)]
    kind: Kind
    unit: Annotated[str, AfterValidator(_line), Field(max_length=20)] = ""
    better: Better = "higher"
    insight: UUID | None = None
    improvement: UUID | None = None
    before_period: Period = ""
    before_n: Count | None = None
    before_value: Figure | None = None
    before_sd: Annotated[float, Field(ge=0, le=MOST_VALUE, allow_inf_nan=False)] | None = None
    after_period: Period = ""
    after_n: Count | None = None
    after_value: Figure | None = None
    after_sd: Annotated[float, Field(ge=0, le=MOST_VALUE, allow_inf_nan=False)] | None = None
    stage: Key | None = None
    before_wave: Key | None = None
    after_wave: Key | None = None
    basis: Metric = ""

    @model_validator(mode="after")
    def _whole(self) -> "ResultIn":
        if self.kind == "curve":
            if not (self.stage and self.before_wave and self.after_wave) or self.before_wave == self.after_wave:
                raise ValueError("a curve needs a stage and two different waves")
            return self
        for side in ("before", "after"):
            self._side(side)
        return self

    def _side(self, side: str) -> None:
        n, value, sd = (getattr(self, f"{side}_{name}") for name in ("n", "value", "sd"))
        if n is None or value is None or (self.kind == "mean" and sd is None):
            raise ValueError(f"{side} is not complete")
        if self.kind == "share" and not (n >= 1 and 0 <= value <= n and float(value).is_integer()):
            raise ValueError(f"{side}: a whole number of people, at most n")
        if self.kind == "mean" and n < 2:
            raise ValueError(f"{side}: at least two people")


class NewResult(ResultIn):
    id: UUID


class ProgrammeIn(Shape):
    """The vision, and what the team says of each of the six steps."""

    vision: Annotated[str, AfterValidator(_plain), Field(max_length=500)] = ""
    notes: dict[Literal["vision", "pains", "redesign", "quick", "frontline", "keep_on"], Note] = {}


class SentenceIn(Shape):
    """A sentence to try; it is not kept."""

    text: Annotated[str, AfterValidator(_plain), Field(min_length=1, max_length=400)]
