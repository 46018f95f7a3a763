"""When care staff are told of a person: the thresholds of a study, as its team set them."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints

from app.studies.schemas import Strict

MOST_NOTICES = 5
Address = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$")
]


class CareRules(Strict):
    """What makes an entry one that care staff should look at, and by when. What is None, or False, is not watched.

    Mood 1..9 and effort 1..7 as reported, score −1..1 as coded; hours and days are whole. Signs of self-harm and of an
    emergency are watched whenever anything is.
    """

    watching: bool = Field(True, description="Whether anything is watched at all.")
    mood_at_most: int | None = Field(2, ge=1, le=4, description="A reported mood of this or less (1..9).")
    score_at_most: float | None = Field(
        -0.6, ge=-1, le=-0.1, description="A statement coded this or lower (−1..1); the lowest of an entry counts."
    )
    marked_low: bool = Field(True, description="The person marked the moment as a valley (低谷).")
    effort_at_least: int | None = Field(None, ge=5, le=7, description="A reported effort of this or more (1..7).")
    silence: bool = Field(True, description="Somebody who wrote, or was to write, has gone silent.")
    fresh_days: int = Field(3, ge=1, le=30, description="Entries of moments longer ago open nothing.")
    due_hours: int = Field(24, ge=1, le=168, description="A follow-up is due within.")
    urgent_hours: int = Field(2, ge=1, le=24, description="An urgent one is due within.")
    ask_again_hours: int = Field(24, ge=0, le=168, description="After a contact, ask how it is now; 0: do not.")
    notices: tuple[Address, ...] = Field(
        (), max_length=MOST_NOTICES, description="E-mail addresses that hear of follow-ups; never a word of a diary."
    )

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the rules as a study keeps them; what it never set is as above."""
        return cls.model_validate(dict(stored))
