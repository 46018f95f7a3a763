"""Participants as they are given and shown."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.studies.schemas import known_zone

CODE_PATTERN = r"^[\w.\-]{1,40}$"
MOST_ATTRIBUTES = 30
EARLIEST = date(1900, 1, 1)
LATEST = date(2200, 1, 1)

AttributeName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
AttributeValue = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Attributes = Annotated[dict[AttributeName, AttributeValue], Field(max_length=MOST_ATTRIBUTES)]


class Enrolment(BaseModel):
    """A person to take in. ``code`` is never a name; left out, the next of P01, P02, … is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    code: str = Field("", max_length=40)
    anchor_on: date | None = None
    time_zone: str | None = Field(None, max_length=60)
    attributes: Attributes = Field(default_factory=dict)

    @field_validator("code")
    @classmethod
    def _code_fits(cls, value: str) -> str:
        value = value.strip()
        if value and not re.match(CODE_PATTERN, value):
            raise ValueError("use letters, digits, dots, dashes and underscores, at most 40")
        return value

    @field_validator("anchor_on")
    @classmethod
    def _date_plausible(cls, value: date | None) -> date | None:
        return plausible_date(value)

    @field_validator("time_zone")
    @classmethod
    def _zone_known(cls, value: str | None) -> str | None:
        return known_zone(value) if value else None

    @field_validator("attributes")
    @classmethod
    def _storable(cls, value: dict[str, str]) -> dict[str, str]:
        if any(re.search(r"[\x00\ud800-\udfff]", part) for pair in value.items() for part in pair):
            raise ValueError("attributes hold characters that cannot be stored")
        return value


class PaperConsentIn(BaseModel):
    """Consent that was given on paper. Without ``given_on`` it is of today and of the text in force.

    With it, of the text that was in force on that day; ``version``, if given, must be that one.
    """

    model_config = ConfigDict(extra="forbid")

    purposes: list[str] = Field(min_length=1, max_length=20)
    version: int | None = Field(None, ge=1)
    given_on: date | None = Field(None, description="The day on the paper, if it was signed earlier.")

    @field_validator("given_on")
    @classmethod
    def _day_plausible(cls, value: date | None) -> date | None:
        return plausible_date(value)


class ConsentOut(BaseModel):
    """Whether the required purposes are agreed to, and which purposes are in force under the latest text."""

    version: int | None
    complete: bool
    on_phone: bool
    purposes: list[str]


class ParticipantOut(BaseModel):
    """A participant, without anything they wrote."""

    id: UUID
    code: str
    attributes: Mapping[str, str]
    anchor_on: date | None
    time_zone: str
    enrolled_at: datetime
    withdrawn_at: datetime | None
    consent: ConsentOut


class LinkOut(BaseModel):
    """A personal link and its short code. They are shown this once; only their hashes are kept."""

    url: str
    short_code: str


class EnrolledOut(BaseModel):
    """A participant taken in, with the link to hand over."""

    participant: ParticipantOut
    link: LinkOut


def plausible_date(value: date | None) -> date | None:
    """Return ``value``; ValueError for a date outside a human life's reach."""
    if value is not None and not EARLIEST <= value <= LATEST:
        raise ValueError("use a date between 1900 and 2200")
    return value
