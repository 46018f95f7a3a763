"""Transcripts as tables: a row a turn, with columns for the words, the speaker and the time, in any order."""

import csv
import io
from typing import Final

from app.interviews.errors import TranscriptTooLarge, TranscriptUnreadable
from app.interviews.transcripts.lines import SPLIT, Collected, Said
from app.interviews.transcripts.marks import STAMP, milliseconds, shown
from app.interviews.transcripts.shapes import MOST_LINE, NOBODY, SPEAKER_CHARACTERS, OddLine
from app.web.i18n import mark as _

COLUMNS: Final = {
    "text": "内容 文本 文字 话 发言内容 说话内容 转写 转写内容 转写结果 原文 正文 text content transcript utterance words",
    "speaker": "说话人 发言人 讲话人 说话者 发言者 角色 姓名 speaker name role",
    "start": "时间 开始 开始时间 起始时间 时间戳 start time timestamp begin starttime start_time",
    "end": "结束 结束时间 终止时间 end endtime end_time",
}
_FIELD_OF: Final = {name: field for field, names in COLUMNS.items() for name in names.split()}
DELIMITERS: Final = (",", "\t", ";")
NO_TEXT: Final = _("这一行没有话")
MORE_CELLS: Final = _("这一行的格子比第一行多")
NO_COLUMN: Final = _("表格第一行没有一列叫“内容”或 text")


def is_table(text: str) -> bool:
    """Return whether the first line names a column for the words and another one."""
    first = text.lstrip("\n").partition("\n")[0]
    if len(first) > MOST_LINE:
        return False
    fields = set(_fields(_cells(first, _delimiter(first))).values())
    return "text" in fields and len(fields) > 1


def parse_table(text: str) -> Collected:
    """Return the turns of a table; TranscriptUnreadable when no column holds the words, or its quotes do not pair."""
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.partition("\n")[0]), strict=True)
    collected = Collected()
    number = 1
    try:
        header = next(reader, [])
        fields = _fields(header)
        if "text" not in fields.values():
            raise TranscriptUnreadable(NO_COLUMN)
        for cells in reader:
            line, number = number + 1, reader.line_num
            _take(collected, fields, cells, line, len(header))
    except csv.Error as error:
        raise TranscriptUnreadable(
            _("第 %(line)s 行的引号不成对，读不出格子"), remedy=SPLIT, line=reader.line_num
        ) from error
    return collected


def _take(collected: Collected, fields: dict[int, str], cells: list[str], line: int, width: int) -> None:
    given = {field: cells[place].strip() for place, field in fields.items() if place < len(cells)}
    if not any(cell.strip() for cell in cells):
        return
    too_wide = any(cell.strip() for cell in cells[width:])
    if too_wide or not given.get("text"):
        collected.odd.append(OddLine(line, " | ".join(cells), MORE_CELLS if too_wide else NO_TEXT))
        return
    if len(given["text"]) > MOST_LINE:
        raise TranscriptTooLarge(
            _("第 %(line)s 行起的一段话超过 %(most)s 个字"), remedy=SPLIT, line=line, most=MOST_LINE
        )
    others = [cell for place, cell in enumerate(cells) if fields.get(place) != "text"]
    speaker = shown(given.get("speaker", NOBODY))[:SPEAKER_CHARACTERS]
    said = Said(line, speaker, " | ".join(others), _time(given.get("start", "")), _time(given.get("end", "")))
    said.add(given["text"])
    collected.close(said)


def _time(cell: str) -> int | None:
    """Return a cell such as 00:01:23 or 83.5 (seconds) in milliseconds; None for what is no time."""
    if found := STAMP.match(cell):
        return milliseconds(found[2])
    try:
        seconds = float(cell)
    except ValueError:
        return None
    return int(seconds * 1000) if 0 <= seconds < 1_000_000 else None


def _fields(header: list[str]) -> dict[int, str]:
    """Return what the columns hold, by place; of two that hold the same, the first."""
    fields: dict[int, str] = {}
    for place, name in enumerate(header):
        field = _FIELD_OF.get(name.strip().casefold().replace(" ", "_"))
        if field and field not in fields.values():
            fields[place] = field
    return fields


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=lambda one: len(_fields(_cells(line, one))))


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line[:MOST_LINE].split(delimiter)]
