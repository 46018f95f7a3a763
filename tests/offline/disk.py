"""What can be read of a browser's profile folder: does any file hold a text, in any shape in which browsers write texts?

Read as whoever steals the phone would: raw bytes, LevelDB's logs put together and its tables unpacked (IndexedDB, Local
Storage), values that IndexedDB packed by itself, gzip in the HTTP cache, rows of SQLite. Formats: LevelDB's
doc/table_format.md and log_format.md, snappy's format_description.txt.
"""

import base64
import os
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

LOG_BLOCK = 32 * 1024
LOG_HEAD = 7
FIRST, MIDDLE = 2, 3
TABLE_MAGIC = bytes.fromhex("57fb808b247547db")
FOOTER = 48
PACKED = 1
PACKED_VALUE = b"\xff\x11\x02"
"""How Chromium marks a value of IndexedDB that it has packed with snappy."""


def places(folder: Path, texts: Iterable[str]) -> dict[str, list[str]]:
    """Return the files under ``folder``, by their path in it, that hold one of ``texts``; no key for a text not found.

    Also while a browser writes there: a file that is gone by the time it would be read holds nothing.
    """
    patterns = {text: shapes(text) for text in texts}
    found: dict[str, list[str]] = {}
    for path in sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names):
        contents: list[bytes] = []
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                contents += readings(path)
        for text, wanted in patterns.items():
            if any(pattern in content for content in contents for pattern in wanted):
                found.setdefault(text, []).append(str(path.relative_to(folder)))
    return found


def shapes(text: str) -> set[bytes]:
    """Return the byte strings that betray ``text``: UTF-8, UTF-16 both ways, their base64, escapes of JSON and URLs."""
    plain = [text.encode("utf-8"), text.encode("utf-16-le"), text.encode("utf-16-be")]
    escaped = text.encode("ascii", "backslashreplace")
    addresses = {written.encode() for written in (quote(text), quote_plus(text), quote(text).lower())}
    return {*plain, escaped, *addresses, *(part for raw in plain for part in _base64_parts(raw))}


def _base64_parts(raw: bytes) -> Iterator[bytes]:
    """Yield what stands in any base64 text that has ``raw`` in it, at each of the three places it can begin."""
    for lead in range(3):
        inside = raw[-lead % 3 :]
        whole = base64.b64encode(inside[: len(inside) // 3 * 3])
        yield whole
        yield whole.replace(b"+", b"-").replace(b"/", b"_")


def readings(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes, and all that can be unpacked from them."""
    raw = path.read_bytes()
    yield raw
    unpacked: list[bytes] = []
    if path.suffix == ".log":
        unpacked += log_records(raw)
    if raw.endswith(TABLE_MAGIC):
        unpacked += table_blocks(raw)
    if raw.startswith(b"SQLite format 3\x00"):
        unpacked += rows(path)
    yield from unpacked
    for content in (raw, *unpacked):
        yield from packed_values(content)
        yield from gzipped(content)


def log_records(raw: bytes) -> Iterator[bytes]:
    """Yield the records of a LevelDB log, put together from their fragments, the last as far as it was written."""
    parts: list[bytes] = []
    for start in range(0, len(raw), LOG_BLOCK):
        at, end = start, min(start + LOG_BLOCK, len(raw))
        while at + LOG_HEAD <= end:
            length, kind = struct.unpack_from("<HB", raw, at + 4)
            if kind == 0:
                break
            parts.append(raw[at + LOG_HEAD : min(at + LOG_HEAD + length, end)])
            at += LOG_HEAD + length
            if kind not in (FIRST, MIDDLE):
                yield b"".join(parts)
                parts = []
    if parts:
        yield b"".join(parts)


def table_blocks(raw: bytes) -> Iterator[bytes]:
    """Yield the blocks of a LevelDB table, unpacked: those that its index names, and the index."""
    footer = raw[-FOOTER:]
    at = _varint(footer, _varint(footer, 0)[1])[1]  # past the handle of the meta index
    index = _block(raw, *_handle(footer, at))
    yield index
    for value in _values(index):
        yield _block(raw, *_handle(value, 0))


def _handle(raw: bytes, at: int) -> tuple[int, int]:
    offset, at = _varint(raw, at)
    return offset, _varint(raw, at)[0]


def _block(raw: bytes, offset: int, size: int) -> bytes:
    content = raw[offset : offset + size]
    return unpack(content) if raw[offset + size] == PACKED else content


def _values(block: bytes) -> Iterator[bytes]:
    """Yield the values of a block's entries."""
    restarts = int(struct.unpack_from("<I", block, len(block) - 4)[0])
    at, end = 0, len(block) - 4 * (restarts + 1)
    while at < end:
        _, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        yield block[at + own : at + own + length]
        at += own + length


def packed_values(content: bytes) -> Iterator[bytes]:
    """Yield the values that IndexedDB packed before it handed them to LevelDB, as far as they can be read."""
    at = content.find(PACKED_VALUE)
    while at >= 0:
        yield unpack(content[at + len(PACKED_VALUE) :])
        at = content.find(PACKED_VALUE, at + 1)


def gzipped(content: bytes) -> Iterator[bytes]:
    """Yield what stands gzipped in ``content``, as far as it can be read."""
    at = content.find(b"\x1f\x8b\x08")
    while at >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(content[at:])
        at = content.find(b"\x1f\x8b\x08", at + 1)


def rows(path: Path) -> Iterator[bytes]:
    """Yield the values of every row of an SQLite file; nothing from one that cannot be read."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as opened:
        opened.text_factory = bytes
        tables = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            for row in opened.execute(f'SELECT * FROM "{name.decode()}"'):
                yield b"\n".join(value for value in row if isinstance(value, bytes))


def unpack(packed: bytes) -> bytes:
    """Return snappy's ``packed`` unpacked, as far as it makes sense."""
    out = bytearray()
    with suppress(IndexError):
        length, at = _varint(packed, 0)
        while at < len(packed) and len(out) < length:
            tag = packed[at]
            at = _literal(packed, at, out) if tag & 3 == 0 else _copy(packed, at, out)
    return bytes(out)


def _literal(packed: bytes, at: int, out: bytearray) -> int:
    size, at = packed[at] >> 2, at + 1
    if size >= 60:
        more = size - 59
        size, at = int.from_bytes(packed[at : at + more], "little"), at + more
    out += packed[at : at + size + 1]
    return at + size + 1


def _copy(packed: bytes, at: int, out: bytearray) -> int:
    tag, kind = packed[at], packed[at] & 3
    if kind == 1:
        length, back, at = (tag >> 2 & 7) + 4, tag >> 5 << 8 | packed[at + 1], at + 2
    else:
        wide = 2 if kind == 2 else 4
        length, back, at = (tag >> 2) + 1, int.from_bytes(packed[at + 1 : at + 1 + wide], "little"), at + 1 + wide
    for _ in range(length):
        out.append(out[-back])
    return at


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at ``at``, and where it ends."""
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
