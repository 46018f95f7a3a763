"""Reads what coders are judged on. Every line is checked, and what is wrong is named with its row."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nlp.coding import EMOTIONS
from nlp.errors import NlpError

MOST_BYTES: Final = 64_000_000
MOST_ROWS: Final = 200_000
LONGEST: Final = 100_000

CORPUS_ENDINGS: Final = (".tsv", ".tsv.gz")


class EvaluationFileError(NlpError, ValueError):
    """A file that coders are judged on cannot be used. `problem` is one of the names below, `row` from 1, 0 for the whole.

    unreadable, too_large (MOST_BYTES, unpacked), too_many_rows (MOST_ROWS), not_utf8, empty, no_corpora; of a row: not_json,
    no_text, text_too_long (LONGEST), wrong_valence, wrong_emotions, wrong_phenomena, not_two_texts, wrong_label.
    """

    def __init__(self, file: Path, problem: str, row: int = 0) -> None:
        super().__init__(f"{file}{f', row {row}' if row else ''}: {problem}")
        self.file = file
        self.problem = problem
        self.row = row


@dataclass(frozen=True, slots=True)
class Graded:
    """A statement with its valence (-2 to 2), emotions, and the phenomena it shows."""

    text: str
    valence: int
    emotions: frozenset[str]
    phenomena: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text of a public corpus that is known to be positive or negative, nothing finer."""

    text: str
    positive: bool


def load_graded(file: Path) -> list[Graded]:
    """Reads one JSON object a line, with `text`, `valence`, `emotions` and, where known, `phenomena`.

    Raises EvaluationFileError.
    """
    return [_graded(file, row, line) for row, line in _rows(file)]


def load_pairs(file: Path) -> list[tuple[str, str]]:
    """Reads a positive and a negative statement a line, between them a tab. Raises EvaluationFileError."""
    return [_pair(file, row, line) for row, line in _rows(file)]


def load_corpora(folder: Path) -> dict[str, list[Labelled]]:
    """Reads every `NAME.tsv` and `NAME.tsv.gz` of a folder, by name: `1` or `0`, a tab, a text. Raises EvaluationFileError."""
    if not folder.is_dir():
        raise EvaluationFileError(folder, "unreadable")
    files = sorted(file for file in folder.iterdir() if file.name.endswith(CORPUS_ENDINGS))
    if not files:
        raise EvaluationFileError(folder, "no_corpora")
    return {
        file.name.removesuffix(".gz").removesuffix(".tsv"): [_labelled(file, row, line) for row, line in _rows(file)]
        for file in files
    }


def _graded(file: Path, row: int, line: str) -> Graded:
    try:
        stated: Any = json.loads(line)
    except ValueError as error:
        raise EvaluationFileError(file, "not_json", row) from error
    if not isinstance(stated, dict):
        raise EvaluationFileError(file, "not_json", row)
    valence: Any = stated.get("valence")
    if isinstance(valence, bool) or valence not in range(-2, 3):
        raise EvaluationFileError(file, "wrong_valence", row)
    emotions, phenomena = _names(stated.get("emotions", [])), _names(stated.get("phenomena", []))
    if emotions is None or not emotions <= set(EMOTIONS):
        raise EvaluationFileError(file, "wrong_emotions", row)
    if phenomena is None:
        raise EvaluationFileError(file, "wrong_phenomena", row)
    return Graded(_text(file, row, stated.get("text")), int(valence), emotions, phenomena)


def _names(value: Any) -> frozenset[str] | None:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return None
    return frozenset(value)


def _pair(file: Path, row: int, line: str) -> tuple[str, str]:
    parts = line.split("\t")
    if len(parts) != 2:
        raise EvaluationFileError(file, "not_two_texts", row)
    return _text(file, row, parts[0]), _text(file, row, parts[1])


def _labelled(file: Path, row: int, line: str) -> Labelled:
    label, tab, text = line.partition("\t")
    if label not in {"0", "1"} or not tab:
        raise EvaluationFileError(file, "wrong_label", row)
    return Labelled(_text(file, row, text), label == "1")


def _text(file: Path, row: int, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise EvaluationFileError(file, "no_text", row)
    if len(value) > LONGEST:
        raise EvaluationFileError(file, "text_too_long", row)
    return value


def _rows(file: Path) -> Iterator[tuple[int, str]]:
    """Row numbers from 1 and the lines that hold something; a text may hold any other separator than the line feed."""
    try:
        lines = _content(file).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise EvaluationFileError(file, "not_utf8") from error
    rows = [(row, line.rstrip("\r")) for row, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise EvaluationFileError(file, "empty")
    if len(rows) > MOST_ROWS:
        raise EvaluationFileError(file, "too_many_rows")
    return iter(rows)


def _content(file: Path) -> bytes:
    try:
        with gzip.open(file) if file.name.endswith(".gz") else file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise EvaluationFileError(file, "unreadable") from error
    if len(content) > MOST_BYTES:
        raise EvaluationFileError(file, "too_large")
    return content
