"""The shape of a code as people and programs give it."""

import re
import unicodedata
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.studies.schemas import Strict

MOST_CODES: Final = 1000
MOST_DEPTH: Final = 5
"""Levels of nesting: a code at the top stands on the first."""
MOST_NAME: Final = 80
MOST_WORDS: Final = 4000
MOST_EXAMPLES: Final = 20
MOST_EXAMPLE: Final = 400
AUTO: Final = "auto"

# What neither XML 1.0 (section 2.2) nor every database can hold.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _writable(text: str) -> str:
    if _UNWRITABLE.search(text):
        raise ValueError("control characters")
    return text


def _one_line(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise ValueError("more than one line")
    return text


def _line_ends(given: object) -> object:
    return given.replace("\r\n", "\n").replace("\r", "\n") if isinstance(given, str) else given


def _joined(given: object) -> object:
    return " ".join(given.splitlines()) if isinstance(given, str) else given


def _lower(given: object) -> object:
    return (given.strip().lower() or None) if isinstance(given, str) else given


def _text(most: int, least: int = 0) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


CodeName = Annotated[str, _text(MOST_NAME, 1), AfterValidator(_writable), AfterValidator(_one_line)]
LongText = Annotated[str, BeforeValidator(_line_ends), _text(MOST_WORDS), AfterValidator(_writable)]
Example = Annotated[str, BeforeValidator(_joined), _text(MOST_EXAMPLE, 1), AfterValidator(_writable)]
"""One line: on the page each line is an example of its own."""
Colour = Annotated[str, BeforeValidator(_lower), StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Letter = Annotated[str, StringConstraints(pattern=r"^(?:[a-z]|auto)$")]
Shortcut = Annotated[Letter | None, BeforeValidator(_lower)]


class CodeIn(Strict):
    """What is said of a code. ``colour`` None: its parent's, or one that is not taken yet.

    ``shortcut`` is the letter that applies it on the coding page; "auto": a free one, if any is.
    """

    name: CodeName
    colour: Colour | None = None
    description: LongText = ""
    examples: tuple[Example, ...] = Field((), max_length=MOST_EXAMPLES)
    memo: LongText = ""
    shortcut: Shortcut = AUTO


class NewCode(CodeIn):
    """A code to add, as the last one under ``parent_id``. A caller that knows its ``id`` already gives it."""

    parent_id: UUID | None = None
    id: UUID | None = None
