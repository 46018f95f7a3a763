"""What the team puts down about touchpoints and support, checked before anything is stored."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.studies.schemas import Key, Strict

MOST_PEOPLE = 1_000_000_000
MOST_WORDS = 200

Count = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_WORDS)]
Party = Literal[
    "customer", "reception", "professional", "assistant", "care", "service", "marketing", "operations", "technology",
    "management",
]  # fmt: skip
Channel = Literal["sms", "call", "wechat", "app", "email", "letter", "visit", "gift", "other"]
Phase = Literal["exploring", "building", "deepening", "expanding"]


class FactsIn(Strict):
    """Facts about one touchpoint, as counts of people in one period. ``complaints`` counts people who complained."""

    customers: Count | None = Field(None, description="All customers of the period.")
    users: Count | None = Field(None, description="Those of them who used this touchpoint.")
    first_contacts: Count | None = Field(None, description="Those of them who met the organisation here first.")
    complaints: Count | None = Field(None, description="People who complained about it.")
    efficiency: int | None = Field(None, ge=1, le=5, description="The team's score: 1 slow, 5 at once.")
    party: Party | None = Field(None, description="Who answers for it.")
    basis: Short = Field("", description="Where the counts come from, and of which period.")

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for name, whole in (("users", self.customers), ("first_contacts", self.customers), ("complaints", self.among)):
            part = getattr(self, name)
            if part is not None and whole is not None and part > whole:
                raise ValueError(f"{name} must not exceed those it is counted among")
        return self

    @property
    def among(self) -> int | None:
        """Those among whom complaints are counted: users, or customers where users are not known."""
        return self.users if self.users is not None else self.customers


class SupportIn(Strict):
    """Support at a stage: to everybody, ``contacts`` each, or to one ``participant`` (a person's code).

    ``generic``: all get the same words. Days are counted from the anchor event.
    """

    stage: Key
    touchpoint: Key | None = None
    participant: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] | None = None
    phase: Phase | None = None
    channel: Channel
    generic: bool
    contacts: int = Field(1, ge=1, le=1000)
    day_from: int | None = Field(None, ge=-3650, le=3650)
    day_to: int | None = Field(None, ge=-3650, le=3650)
    on: date | None = None
    words: Short = Field("", description="What it is, in the team's own words; never a participant's.")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.day_from is not None and self.day_to is not None and self.day_from > self.day_to:
            raise ValueError("day_from must not lie after day_to")
        return self


class ProposalIn(Strict):
    """A psychological touchpoint that people's words propose, to be taken into the protocol. ``name`` is its Chinese name."""

    stage: Key
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
