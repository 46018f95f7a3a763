"""CSV that no spreadsheet executes."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# A cell that begins with one of these is a formula to a spreadsheet; an apostrophe makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


ROWS_AT_ONCE = 200


def safe_cell(value: object) -> object:
    """Return ``value`` with text that would be a formula made plain text; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the table as CSV in UTF-8 with a byte order mark, which makes spreadsheets read Chinese rightly."""
    return "".join(csv_pieces(header, rows))


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the same table some rows at a time, for those that are too long to be held."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(value) for value in row])
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
