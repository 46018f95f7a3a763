"""A codebook as a file gives it, whatever the file is: what it says of each code, and what could not be read as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from app.coding.codebook_schemas import (
    AUTO,
    MOST_CODES,
    MOST_NAME,
    CodeName,
    Colour,
    Example,
    Letter,
    LongText,
)
from app.core.errors import FieldError
from app.exchange.errors import CodebookRefused
from app.studies.schemas import Strict
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_SHOWN = 20
NAMELESS = _("未命名")
_FIELDS = {
    "name": _("名称不超过 80 字，写在一行里"),
    "colour": _("颜色写成 #RRGGBB，例如 #3073d9"),
    "description": _("说明太长，或者有存不了的字符"),
    "examples": _("例子最多 20 条，每条不超过 400 字"),
    "memo": _("备注太长，或者有存不了的字符"),
    "shortcut": _("快捷键是一个英文字母"),
}


class GivenCode(Strict):
    """What a file says of a code. ``parent`` is the place of its parent in the list, before its own; None: says nothing.

    ``shortcut`` is "auto" where the file does not speak of letters, None where it says that the code has none.
    """

    name: CodeName
    parent: int | None = None
    id: UUID | None = None
    colour: Colour | None = None
    description: LongText | None = None
    examples: Annotated[tuple[Example, ...], Field(max_length=20)] | None = None
    memo: LongText | None = None
    shortcut: Letter | None = AUTO


@dataclass(frozen=True, slots=True)
class GivenBook:
    """The codes of a file, parents before their children, and in sentences what of it is not taken as it stands."""

    codes: Sequence[GivenCode]
    notes: Sequence[str] = ()


CODES = TypeAdapter(list[GivenCode])


def name_of(text: str, notes: list[str]) -> tuple[str, str]:
    """Return a name that a code can have, and what must stand in its description because it was too long for one."""
    line = " ".join(part.strip() for part in text.splitlines()).strip()
    if not line:
        notes.append(translate(_("有一个编码没有名称，叫作“未命名”")))
        return translate(NAMELESS), ""
    if len(line) <= MOST_NAME:
        return line, ""
    short = line[: MOST_NAME - 1] + "…"
    notes.append(translate(_("名称太长，截短成“%(name)s”，全文写进了说明")) % {"name": short})
    return short, line


def checked(rows: Sequence[tuple[str, dict[str, Any]]]) -> list[GivenCode]:
    """Return the codes of a file; ``rows`` are where each stands, in words, and what it says. CodebookRefused names them."""
    codes: list[GivenCode] = []
    wrong: list[FieldError] = []
    if len(rows) > MOST_CODES:
        raise CodebookRefused(_("一个编码本最多 %(most)s 个编码，什么也没有存"), most=MOST_CODES)
    for where, said in rows:
        try:
            codes.append(GivenCode.model_validate(said))
        except ValidationError as error:
            fields = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
            wrong += [FieldError(where, translate(_FIELDS.get(name, _FIELDS["name"]))) for name in fields]
    if wrong:
        raise CodebookRefused(fields=wrong[:MOST_SHOWN], wrong=len(wrong))
    return codes
