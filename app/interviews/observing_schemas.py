"""What somebody of the team saw on the road that they walked as any customer would."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

LONGEST_SAW = 4000
LONGEST_FELT = 2000


def _storable(value: str) -> str:
    if re.search(r"[\x00\ud800-\udfff]", value):
        raise ValueError("the text holds characters that cannot be stored")
    return value.replace("\r\n", "\n")


class ObservationIn(BaseModel):
    """One observation; ``stage``, ``touchpoint`` and ``wave`` are keys, ``at`` is the wall clock in the study's zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    touchpoint: str = Field("", max_length=90)
    wave: str = Field("", max_length=40)
    at: datetime
    saw: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SAW),
        AfterValidator(_storable),
    ]
    felt: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=LONGEST_FELT), AfterValidator(_storable)
    ] = ""


class Observation(BaseModel):
    """An observation as it is read: ``by`` names its writer as the log does; ``sentiment`` −1..1 of each text, in order."""

    id: UUID
    by: str
    code: str
    stage: str
    touchpoint: str
    wave: str
    at: datetime
    saw: str
    felt: str
    version: int
    statements: tuple[UUID, ...]
    sentiments: tuple[float, ...]
