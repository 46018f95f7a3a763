"""The codebook as a sheet: a row for each code, its parent named by its path."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_schemas import MOST_CODES
from app.core.errors import FieldError
from app.exchange.codebook_shapes import GivenBook, GivenCode, checked
from app.exchange.errors import CodebookRefused, ColumnsMissing, ColumnTwice
from app.exchange.sheets import Sheet, SheetRow, SheetWriter, open_sheet
from app.web.i18n import mark as _
from app.web.i18n import translate

COLUMNS: Final = ("parent", "name", "colour", "description", "examples", "memo", "shortcut", "id")
NAMES: Final[Mapping[str, Sequence[str]]] = {
    "path": ("path", "路径"),
    "parent": ("parent", "上级", "上级编码"),
    "name": ("name", "code", "名称", "编码"),
    "colour": ("colour", "color", "颜色"),
    "description": ("description", "definition", "说明", "定义"),
    "examples": ("examples", "example", "例子"),
    "memo": ("memo", "备注"),
    "shortcut": ("shortcut", "快捷键"),
    "id": ("id", "guid", "编号"),
}
FIELDS: Final[Mapping[str, str]] = {name: field for field, names in NAMES.items() for name in names}
STEP: Final = " / "
LONGEST_PATH: Final = 60
CodePath = tuple[str, ...]


def write_sheet(codes: Sequence[CodeFacts]) -> str:
    """Return the codebook as CSV that spreadsheets open as they are, formulas guarded; ``codes`` are in tree order."""
    buffer = io.StringIO(newline="")
    writer = SheetWriter(buffer, COLUMNS)
    paths: dict[UUID, CodePath] = {}
    for code in codes:
        above = paths.get(code.parent_id, ()) if code.parent_id else ()
        paths[code.id] = (*above, code.name)
        examples = "\n".join(code.examples)
        facts = (code.colour, code.description, examples, code.memo, code.shortcut or "", str(code.id))
        writer.write([STEP.join(map(_step, above)), code.name, *facts])
    return buffer.getvalue()


def read_sheet(path: Path) -> GivenBook:
    """Return the codes of a CSV: UTF-8, UTF-16 or GB18030; its columns are those of ``NAMES``, in any order.

    A code is named by ``path``, or by ``name`` and ``parent`` (its path); a parent without a row of its own becomes a code.
    Unreadable, ColumnsMissing, ColumnTwice, CodebookRefused.
    """
    with open_sheet(path, lambda name: name.lower() in FIELDS) as sheet:
        places, ignored = _places(sheet)
        reading = _Reading(places)
        for row in sheet.rows:
            reading.take(row)
    sentence = translate(_("没有用到的列：%(columns)s"))
    notes = [sentence % {"columns": ", ".join(ignored)}] if ignored else []
    return GivenBook(reading.codes(), notes)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: where it stands, in words, the path of its parent and its name, and what it says."""

    where: str
    above: CodePath
    name: str
    said: Mapping[str, Any]


class _Reading:
    """The rows of a sheet that name a code, and what is wrong with the others."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = places
        self._rows: list[_Row] = []
        self._wrong: list[FieldError] = []

    def take(self, row: SheetRow) -> None:
        """Take a row in."""
        where = translate(_("第 %(row)s 行")) % {"row": row.number}
        if row.problem is not None:
            self._wrong.append(FieldError(where, translate(row.problem)))
            return
        cells = {
            field: row.cells[place].strip() if place < len(row.cells) else "" for field, place in self._places.items()
        }
        path = _path_of(cells)
        if not path or len(path) > LONGEST_PATH:
            self._wrong.append(FieldError(where, translate(_("这一行没有名称"))))
            return
        self._rows.append(_Row(where, path[:-1], path[-1], _said(cells)))
        if len(self._rows) > MOST_CODES:
            raise CodebookRefused(_("一个编码本最多 %(most)s 个编码，什么也没有存"), most=MOST_CODES)

    def codes(self) -> list[GivenCode]:
        """Return the codes, parents first, with those that are only named as a parent; CodebookRefused."""
        named: dict[CodePath, _Row] = {}
        for row, path in zip(self._rows, _paths(self._rows), strict=True):
            if path in named:
                self._wrong.append(FieldError(row.where, translate(_("前面已经有同一个编码"))))
            named[path] = row
        if self._wrong:
            raise CodebookRefused(fields=self._wrong[:20], wrong=len(self._wrong))
        ordered = _ordered(dict.fromkeys(path[:length] for path in named for length in range(1, len(path) + 1)))
        place_of = {path: place for place, path in enumerate(ordered)}
        rows = []
        for path in ordered:
            own = named.get(path)
            parent = {"name": path[-1], "parent": place_of.get(path[:-1])}
            rows.append((own.where if own else path[-1], {**own.said, **parent} if own else parent))
        return checked(rows)


def _paths(rows: Sequence[_Row]) -> list[CodePath]:
    """Return the path of each row. A parent that is named alone, and is one row's name but no code at the top, is that row."""
    tops = {row.name for row in rows if not row.above} | {row.above[0] for row in rows if len(row.above) > 1}
    of_name: dict[str, list[_Row]] = {}
    for row in rows:
        of_name.setdefault(row.name, []).append(row)

    def path(row: _Row, inside: tuple[_Row, ...] = ()) -> CodePath:
        alone = row.above[0] if len(row.above) == 1 and row.above[0] not in tops else ""
        meant = of_name.get(alone, [])
        if len(meant) != 1 or meant[0] in inside or meant[0] is row or len(inside) > LONGEST_PATH:
            return (*row.above, row.name)
        return (*path(meant[0], (*inside, row)), row.name)

    return [path(row) for row in rows]


def _ordered(paths: Mapping[CodePath, object]) -> Sequence[CodePath]:
    """Return the paths, parents before their children, and otherwise in the order of the sheet."""
    children: dict[CodePath, list[CodePath]] = {}
    for path in paths:
        children.setdefault(path[:-1], []).append(path)
    found: list[CodePath] = []
    waiting = list(reversed(children.get((), [])))
    while waiting:
        path = waiting.pop()
        found.append(path)
        waiting += reversed(children.get(path, []))
    return found


def _places(sheet: Sheet) -> tuple[dict[str, int], list[str]]:
    places: dict[str, int] = {}
    ignored = []
    for place, title in enumerate(sheet.header):
        name = title.lstrip("\ufeff")  # GB18030 with a mark of its own
        field = FIELDS.get(name.lower())
        if field is None:
            ignored.append(name or f"({place + 1})")
        elif field in places:
            raise ColumnTwice(column=f"{sheet.header[places[field]]}, {name}")
        else:
            places[field] = place
    if "name" not in places and "path" not in places:
        raise ColumnsMissing(columns="name", remedy=_("编码本的表至少要有 name（名称）一列，或者 path（路径）一列。"))
    return places, ignored


def _path_of(cells: Mapping[str, str]) -> CodePath:
    """Return the path that a row names: ``path``, or ``parent`` and ``name``."""
    if cells.get("path"):
        return _steps(cells["path"])
    name = cells.get("name", "")
    return (*_steps(cells.get("parent", "")), name) if name else ()


def _said(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return what a row says; a column that the sheet has not says nothing, and so does an empty colour, letter or id."""
    said: dict[str, Any] = {field: cells[field] for field in ("description", "memo") if field in cells}
    if "examples" in cells:
        said["examples"] = [line for line in cells["examples"].splitlines() if line.strip()]
    if "shortcut" in cells:
        said["shortcut"] = cells["shortcut"].lower() or None
    return said | {field: cells[field] for field in ("colour", "id") if cells.get(field)}


def _step(name: str) -> str:
    return name.replace("\\", "\\\\").replace("/", "\\/")


def _steps(path: str) -> CodePath:
    """Return the names of a path; a stroke in a name stands behind a backslash."""
    steps, behind = [""], False
    for character in path:
        if behind:
            steps[-1] += character
        elif character == "/":
            steps.append("")
        elif character != "\\":
            steps[-1] += character
        behind = character == "\\" and not behind
    return tuple(name for name in map(str.strip, steps) if name)
