"""Sheets as people hand them in: CSV of any common encoding and delimiter, read row by row; and written so that no cell
becomes a formula."""

import codecs
import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.core.errors import FieldError
from app.exchange.errors import Unreadable, Unwritable
from app.web.i18n import mark as _

DELIMITERS = (",", ";", "\t")
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
PIECE = 1 << 20
LARGEST_CELL = 1 << 20
# Spreadsheets take a cell that begins so for a formula; an apostrophe before it makes it text (OWASP, CSV injection).
FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number as a spreadsheet shows it (the header is row 1), its cells, and what makes it unreadable."""

    number: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open sheet. ``position`` tells how many of its ``size`` bytes have been read."""

    header: list[str]
    rows: Iterator[SheetRow]
    size: int
    position: Callable[[], int]


@contextmanager
def open_sheet(path: Path, known: Callable[[str], bool]) -> Iterator[Sheet]:
    """Open the CSV at ``path``: UTF-8, UTF-16 with its mark, or GB18030; separated by commas, semicolons or tabs.

    The separator is the one that finds most names that are ``known`` in the first row. Unreadable if it is no CSV.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise Unreadable(fields=[FieldError("file", error.strerror or "", "not_opened")]) from error
    with raw:
        encoding = _encoding(raw)
        with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
            delimiter = _delimiter(_first_line(text), known)
            text.seek(0)
            csv.field_size_limit(LARGEST_CELL)
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            header = [name.strip() for name in _header(reader)]
            yield Sheet(header, _rows(reader, len(header)), path.stat().st_size, raw.tell)


def guarded(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula; `plain` takes it back."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """Return ``cell`` without the apostrophe that guards it from being taken for a formula."""
    return cell[1:] if cell[:1] == "'" and GUARDED.match(cell) else cell


@contextmanager
def private_file(path: Path, *, anew: bool = True) -> Iterator[IO[str]]:
    """Open ``path`` for writing text that only its owner may read; Unwritable, also if it is there and must be new.

    A new file that ends in an error is taken away again.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if anew else os.O_TRUNC)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise Unwritable(path=path) from error
    with open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - of a descriptor
        try:
            yield file
        except BaseException:
            if anew:
                path.unlink()
            raise


class SheetWriter:
    """Writes rows as CSV that spreadsheets open as they are: UTF-8 with its mark, formulas guarded."""

    def __init__(self, file: IO[str], header: Sequence[str]) -> None:
        self._writer = csv.writer(file)
        file.write("\ufeff")
        self.write(header)

    def write(self, cells: Sequence[str]) -> None:
        """Add one row."""
        self._writer.writerow([guarded(cell) for cell in cells])


def _encoding(raw: IO[bytes]) -> str:
    """Return what ``raw`` is written in: its mark says, or all of it is UTF-8, or all of it is GB18030."""
    start = raw.read(4)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            if not _decodes(raw, encoding):
                break
            return encoding
    for encoding in ("utf-8", "gb18030"):
        if _decodes(raw, encoding):
            return encoding
    raise Unreadable()


def _decodes(raw: IO[bytes], encoding: str) -> bool:
    raw.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := raw.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        raw.seek(0)
    return True


def _first_line(text: io.TextIOWrapper) -> str:
    line = text.readline(LARGEST_CELL)
    # Text in an encoding that is not its own shows as NULs between its letters.
    if not line.strip() or "\x00" in line:
        raise Unreadable()
    return line


def _delimiter(line: str, known: Callable[[str], bool]) -> str:
    def score(delimiter: str) -> int:
        try:
            names = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return 0
        return sum(known(name.strip()) for name in names)

    return max(DELIMITERS, key=score)


def _header(reader: Any) -> list[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        raise Unreadable() from error


def _rows(reader: Any, width: int) -> Iterator[SheetRow]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                # What follows would be read out of step: better none of it than some of it wrongly.
                raise Unreadable(
                    _("第 %(row)s 行有一格没有尽头，多半是少了一个引号；从这一行起都没有读"), row=number
                ) from error
            yield SheetRow(number, [], _("引号不成对，读不出这一行的格子"))
            continue
        if any(cell.strip() for cell in cells[width:]):
            yield SheetRow(number, cells, _("这一行的格子比第一行多"))
        elif any(cell.strip() for cell in cells):
            yield SheetRow(number, [plain(cell) for cell in cells[:width]])
