"""What an import is going to store: rows as the tables have them, still with the file's own ids, and what it leaves out."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.web.i18n import mark as _

MOST_SHOWN: Final = 200
TWICE: Final = _("同一个人在同一处用同一个编码编了两次，留一次")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A participant of the file."""

    id: UUID
    code: str
    kind: str
    time_zone: str
    attributes: dict[str, str]
    anchor_on: date | None
    enrolled_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewCoder:
    """A user who coded or wrote."""

    id: UUID
    name: str
    consensus: bool


@dataclass(frozen=True, slots=True)
class NewCodeRow:
    """A code; parents come before their children."""

    id: UUID
    parent_id: UUID | None
    name: str
    colour: str | None
    description: str
    examples: tuple[str, ...]
    memo: str
    shortcut: str | None
    retired: bool


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A selection that does not lie where it says, or says another text than stands there."""

    source: str
    position: str
    why: str


@dataclass(slots=True)
class Intake:
    """A project as understood. ``own`` says that we wrote it, ``counting`` how its positions were counted, ``sure``
    whether another way would give other spans.

    ``statements`` may lack ``model_version``: the study's coder reads them. ``left_out`` counts what is not taken over by
    element and reason; ``mismatches`` holds the first of ``mismatched``.
    """

    own: bool
    name: str = ""
    origin: str = ""
    counting: str = ""
    sure: bool = True
    people: list[NewPerson] = field(default_factory=list)
    coders: list[NewCoder] = field(default_factory=list)
    codes: list[NewCodeRow] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    interviews: list[Row] = field(default_factory=list)
    turns: list[Row] = field(default_factory=list)
    statements: list[Row] = field(default_factory=list)
    machine: list[Row] = field(default_factory=list)
    codings: list[Row] = field(default_factory=list)
    excerpts: list[Row] = field(default_factory=list)
    draws: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)
    memos: list[Row] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    mismatches: list[Mismatch] = field(default_factory=list)
    mismatched: int = 0
    unstaged: int = 0

    def mismatch(self, source: str, position: str, why: str) -> None:
        """Note a selection that is not taken as it stands."""
        self.mismatched += 1
        if len(self.mismatches) < MOST_SHOWN:
            self.mismatches.append(Mismatch(source[:80], position, why))

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        kinds = ("people", "coders", "codes", "entries", "interviews", "turns", "statements", "machine")
        return {kind: len(getattr(self, kind)) for kind in (*kinds, "codings", "excerpts", "draws", "memos")}
