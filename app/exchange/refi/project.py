"""A project as its file says it, read but not yet understood: names, texts and references by guid."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who coded or wrote."""

    guid: UUID
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class CodeRead:
    """A code; ``parent`` is the code that it stands under."""

    guid: UUID
    parent: UUID | None
    name: str
    codable: bool
    colour: str | None
    description: str
    notes: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CodingRead:
    """A code on a selection, or on a whole source."""

    guid: UUID
    code: UUID
    user: UUID | None
    at: datetime | None
    notes: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class SelectionRead:
    """A span in the positions of the file, which are not yet ours."""

    guid: UUID
    name: str
    start: int
    end: int
    user: UUID | None
    at: datetime | None
    changed: datetime | None
    description: str
    codings: tuple[CodingRead, ...]
    notes: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A text source. ``raw`` is its text as it stands in the file; None where the file does not hold it."""

    guid: UUID
    name: str
    raw: str | None
    user: UUID | None
    at: datetime | None
    description: str
    selections: tuple[SelectionRead, ...]
    codings: tuple[CodingRead, ...]
    notes: tuple[UUID, ...]
    values: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, slots=True)
class CaseRead:
    """A case: its variables, sources and selections."""

    guid: UUID
    name: str
    description: str
    values: tuple[tuple[UUID, str], ...]
    sources: tuple[UUID, ...]
    selections: tuple[UUID, ...]
    codes: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class NoteRead:
    """A memo."""

    guid: UUID
    name: str
    text: str
    description: str
    user: UUID | None
    at: datetime | None
    changed: datetime | None


@dataclass(slots=True)
class Project:
    """All of a project that we know how to read; ``left_out`` counts the rest by element and reason."""

    name: str = ""
    origin: str = ""
    description: str = ""
    users: dict[UUID, User] = field(default_factory=dict)
    codes: dict[UUID, CodeRead] = field(default_factory=dict)
    variables: dict[UUID, str] = field(default_factory=dict)
    cases: dict[UUID, CaseRead] = field(default_factory=dict)
    sources: dict[UUID, SourceRead] = field(default_factory=dict)
    notes: dict[UUID, NoteRead] = field(default_factory=dict)
    links: list[tuple[UUID, UUID]] = field(default_factory=list)
    study_notes: list[UUID] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
