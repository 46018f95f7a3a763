"""Reading a roster of participants from CSV: sound rows and, by row number, what is wrong with the others."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from app.core.errors import FieldError, Invalid
from app.participants.schemas import Enrolment
from app.web.i18n import mark as _

MOST_ROWS = 1000
HEADERS: Mapping[str, str] = {
    "code": "code",
    "participant_code": "code",
    "编号": "code",
    "参与者编号": "code",
    "anchor_date": "anchor_on",
    "anchor_on": "anchor_on",
    "锚定日期": "anchor_on",
    "日期": "anchor_on",
    "time_zone": "time_zone",
    "时区": "time_zone",
}
DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
EXPLAIN: Mapping[str, str] = {
    "code": _("编号只能用字母、数字、点、横线和下划线，最多 40 个"),
    "anchor_on": _("日期请写成 2025-03-08 这样"),
    "time_zone": _("时区请写成 Asia/Shanghai 这样"),
    "attributes": _("附加的列最多 30 个，列名 40 字以内，内容 200 字以内"),
}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One sound row; ``number`` is the row's number in the sheet, the header being 1."""

    number: int
    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row, as a sentence of the catalogue."""

    number: int
    message: str


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster as read."""

    rows: Sequence[RosterRow]
    problems: Sequence[RowProblem]


def read_roster(raw: bytes) -> Roster:
    """Return the roster in ``raw`` (UTF-8 with or without BOM, else GB18030); Invalid if it is no roster at all.

    Columns: code, anchor_date, time_zone; every other column becomes an attribute.
    """
    lines = _records(_decode(raw))
    header = [cell.strip() for cell in next(lines, [])]
    names = [HEADERS.get(cell.lower(), cell) for cell in header]
    _check_header(names)
    rows: list[RosterRow] = []
    problems: list[RowProblem] = []
    seen: set[str] = set()
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) + len(problems) >= MOST_ROWS:
            raise _refused(_("一次最多 1000 人，请分成几个文件"))
        read = _read_row(number, names, cells)
        if isinstance(read, RosterRow) and read.enrolment.code in seen:
            read = RowProblem(number, _("这个编号在文件里出现过了"))
        if isinstance(read, RosterRow):
            seen.add(read.enrolment.code)
            rows.append(read)
        else:
            problems.append(read)
    return Roster(rows, problems)


def _decode(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _refused(_("读不懂这个文件，请在表格软件里另存为 CSV（UTF-8）"))


def _records(text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        raise _refused(_("读不懂这个文件，请在表格软件里另存为 CSV（UTF-8）")) from None


def _check_header(names: Sequence[str]) -> None:
    if "code" not in names:
        raise _refused(_("第一行要有一列叫 code 或 编号"))
    if len(set(names)) != len(names) or "" in names:
        raise _refused(_("第一行的列名不能重复，也不能空着"))


def _read_row(number: int, names: Sequence[str], cells: Sequence[str]) -> RosterRow | RowProblem:
    if len(cells) > len(names):
        return RowProblem(number, _("这一行的格子比表头多"))
    values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
    if "code" not in values:
        return RowProblem(number, _("请给每个人一个编号：再次上传时才认得出是同一个人"))
    try:
        return RosterRow(number, _enrolment(values))
    except ValidationError as error:
        return RowProblem(number, EXPLAIN[str(error.errors()[0]["loc"][0])])
    except ValueError:
        return RowProblem(number, EXPLAIN["anchor_on"])


def _enrolment(values: Mapping[str, str]) -> Enrolment:
    known = ("code", "anchor_on", "time_zone")
    return Enrolment(
        code=values["code"],
        anchor_on=_date(values["anchor_on"]) if "anchor_on" in values else None,
        time_zone=values.get("time_zone"),
        attributes={name: value for name, value in values.items() if name not in known},
    )


def _date(text: str) -> date:
    match = DATE.match(text)
    if match is None:
        raise ValueError("not a date")
    return date(int(match[1]), int(match[2]), int(match[3]))


def _refused(message: str) -> Invalid:
    return Invalid(fields=[FieldError("file", message, "unreadable")])
