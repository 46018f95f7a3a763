"""An entry as it is sent and as it is answered."""

import re
import unicodedata
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

MOST_ANSWERS = 80
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class Submission(BaseModel):
    """One entry. ``participant`` is a code or an id; times carry their offset; ``answers`` maps question keys to values.

    ``prompt`` is the invitation that it answers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str = Field(max_length=60)
    participant: str = Field(max_length=60)
    stage: str = Field(max_length=40)
    touchpoint: str | None = Field(None, max_length=40)
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime | None = None
    form_version: int | None = Field(None, ge=1, le=1_000_000)
    answers: dict[str, Any] = Field(max_length=MOST_ANSWERS)
    wave: str | None = Field(None, max_length=40)
    prompt: UUID | None = None


class BatchEntry(Submission):
    """One entry of a batch, with the id that its client made."""

    id: UUID


class Batch(BaseModel):
    """Several entries, answered one by one; what one lacks does not stop the others."""

    model_config = ConfigDict(extra="forbid")

    entries: list[BatchEntry] = Field(min_length=1, max_length=500)


class ReceiptOut(BaseModel):
    """Our signed word that an entry is stored: Ed25519 over ``{id}|{digest}|{received_at}``, all as they stand here."""

    id: UUID
    version: int
    digest: str
    received_at: str
    signature: str


class AttachmentIn(BaseModel):
    """What a phone says of a file: ``participant`` is the person's id. What the file is, the file itself must show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entry: UUID
    participant: str = Field(max_length=60)
    kind: Literal["photo", "voice"]
    media_type: str = Field(max_length=100)
    name: str | None = Field(None, max_length=255)
    recorded_at: AwareDatetime


class StatementOut(BaseModel):
    """A statement of an entry and the score it was given."""

    id: UUID
    role: str
    text: str
    sentiment: float
    model_version: str


class AttachmentOut(BaseModel):
    """A photo or a voice note of an entry as it is kept. ``size`` in bytes, ``width`` and ``height`` in pixels."""

    id: UUID
    kind: Literal["photo", "voice"]
    media_type: str
    size: int
    width: int | None
    height: int | None
    seconds: float | None
    recorded_at: datetime
    url: str


class ClockOut(BaseModel):
    """What a phone's clock said, where it is not what is kept.

    ``corrected``: the clock was off, and both times were moved. ``uncertain``: the moment of arrival stands in for a time
    that could not be meant.
    """

    note: Literal["corrected", "uncertain"]
    occurred_at: datetime
    recorded_at: datetime | None


class EntryOut(BaseModel):
    """An entry as it stands, with its receipt and its statements. ``recall_lag``: seconds from happening to writing."""

    id: UUID
    study: str
    participant: str
    stage: str
    touchpoint: str | None
    wave: str | None
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    recall_lag: int
    clock: ClockOut | None
    prompt: UUID | None
    day: int | None
    form_version: int
    answers: dict[str, Any]
    version: int
    receipt: ReceiptOut
    statements: list[StatementOut]
    attachments: list[AttachmentOut]


def clean_text(text: str) -> str:
    """Return a typed text as it is kept: line ends unified, composed characters, no blanks around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def storable(text: str) -> bool:
    """Return whether every engine can keep ``text``: no NUL, no half of a surrogate pair."""
    return UNSTORABLE.search(text) is None
