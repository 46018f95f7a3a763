"""The XML of a project, written piece by piece; only what a project needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.exchange.refi.names import moment, writable

_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def element(tag: str, attributes: Mapping[str, object] | None = None, *children: str) -> str:
    """Return an element on lines of its own; attributes that are None are left out."""
    inside = "".join(children)
    return f"{opening(tag, attributes)}\n{inside}</{tag}>\n" if inside else f"{opening(tag, attributes)[:-1]}/>\n"


def opening(tag: str, attributes: Mapping[str, object] | None = None) -> str:
    """Return the start tag of ``tag``."""
    given = ((name, value) for name, value in (attributes or {}).items() if value is not None)
    return "".join([f"<{tag}", *(f' {name}="{quoted(value)}"' for name, value in given), ">"])


def words(tag: str, text: str) -> str:
    """Return an element that holds ``text`` and nothing else; nothing where there is none."""
    return f"<{tag}>{writable(text).translate(_IN_TEXT)}</{tag}>\n" if text else ""


def quoted(value: object) -> str:
    """Return ``value`` as the value of an attribute."""
    if isinstance(value, UUID | int):
        return str(value)
    if isinstance(value, datetime):
        return str(moment(value))
    told = str(value)
    return told if told.isalnum() else writable(told).translate(_IN_ATTRIBUTE)


def reference(tag: str, target: UUID) -> str:
    """Return a reference to ``target``."""
    return f'<{tag} targetGUID="{target}"/>\n'


def references(tag: str, targets: Iterable[UUID]) -> str:
    """Return a reference to each of ``targets``."""
    return "".join(reference(tag, target) for target in targets)


@dataclass(frozen=True, slots=True)
class Coding:
    """A code on a selection, by a user."""

    guid: UUID
    code: UUID
    user: UUID
    at: datetime | None

    def written(self) -> str:
        """Return the element."""
        given = {"guid": self.guid, "creatingUser": self.user, "creationDateTime": self.at}
        return element("Coding", given, reference("CodeRef", self.code))


@dataclass(frozen=True, slots=True)
class Selection:
    """A span of a text source, from ``start`` to ``end`` (exclusive) in code points."""

    guid: UUID
    name: str
    start: int
    end: int
    user: UUID
    at: datetime | None
    description: str = ""
    changed: datetime | None = None
    codings: tuple[Coding, ...] = ()
    notes: tuple[UUID, ...] = field(default=())

    def written(self) -> str:
        """Return the element."""
        given = {
            "guid": self.guid,
            "name": self.name,
            "startPosition": self.start,
            "endPosition": self.end,
            "creatingUser": self.user,
            "creationDateTime": self.at,
            "modifyingUser": self.user if self.changed else None,
            "modifiedDateTime": self.changed,
        }
        return element(
            "PlainTextSelection",
            given,
            words("Description", self.description),
            *(coding.written() for coding in self.codings),
            references("NoteRef", self.notes),
        )
