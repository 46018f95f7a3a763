"""The posted forms of the codebook's pages, as the service takes them, and codes as forms show them."""

from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_schemas import (
    MOST_EXAMPLE,
    MOST_EXAMPLES,
    MOST_NAME,
    MOST_WORDS,
    CodeIn,
    NewCode,
)
from app.core.errors import FieldError, Invalid
from app.web.i18n import mark as _
from app.web.i18n import translate

Shape = TypeVar("Shape", bound=CodeIn)
TOP: Final = "top"
TOO_LONG = _("太长了，请缩短一些")
WORDS: Final = {
    "name": _("请写一个名称，不超过 80 字，写在一行里"),
    "colour": _("请从色块里选一个"),
    "description": TOO_LONG,
    "examples": _("一行一个例子，最多 20 行，每行不超过 400 字"),
    "memo": TOO_LONG,
    "shortcut": _("请写一个英文字母，或者空着"),
    "parent_id": _("请从列出的编码里选"),
}
LIMITS: Final = {"name": MOST_NAME, "words": MOST_WORDS, "example": MOST_EXAMPLE, "examples": MOST_EXAMPLES}


def posted_code(form: FormData) -> CodeIn:
    """Return what the form says of a code; Invalid, naming each field."""
    return _read(CodeIn, _said(form))


def posted_new_code(form: FormData) -> NewCode:
    """Return what the form says of a new code; Invalid, naming each field."""
    return _read(NewCode, _said(form) | {"parent_id": parent_of(form)})


def parent_of(form: FormData) -> UUID | None:
    """Return the code that was chosen to stand above, None for the top; Invalid."""
    given = str(form.get("parent_id", ""))
    return None if given in ("", TOP) else posted_id(given, "parent_id")


def posted_id(given: str, field: str) -> UUID:
    """Return a posted id; Invalid."""
    try:
        return UUID(given)
    except ValueError:
        raise Invalid(fields=[FieldError(field, WORDS["parent_id"], "unknown")]) from None


def posted_ids(form: FormData, field: str) -> list[UUID]:
    """Return the ids of a field that may be given several times; Invalid."""
    return [posted_id(str(one), field) for one in form.getlist(field)]


def posted_version(form: FormData) -> int:
    """Return the version of the codebook that the form was made from; −1, which none has, where it is missing."""
    given = str(form.get("version", ""))
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def values_of_code(code: CodeFacts) -> dict[str, str]:
    """Return a code as its form shows it."""
    return {
        "name": code.name,
        "colour": code.colour,
        "description": code.description,
        "examples": "\n".join(code.examples),
        "memo": code.memo,
        "shortcut": (code.shortcut or "").upper(),
        "parent_id": str(code.parent_id) if code.parent_id else TOP,
    }


def _said(form: FormData) -> dict[str, Any]:
    given = {name: str(form.get(name, "")) for name in ("name", "colour", "description", "memo", "shortcut")}
    examples = [line for line in str(form.get("examples", "")).splitlines() if line.strip()]
    return given | {"examples": examples, "colour": given["colour"] or None}


def _read(shape: type[Shape], given: dict[str, Any]) -> Shape:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        wrong = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
        fields = [FieldError(name, translate(WORDS.get(name, TOO_LONG))) for name in wrong]
        raise Invalid(fields=fields) from None
