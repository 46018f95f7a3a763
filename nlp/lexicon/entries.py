"""Reads the lexicon's files; what a line means is in README.md beside them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from nlp.coding import EMOTIONS
from nlp.errors import LexiconFormatError
from nlp.hashing import WIDEST

FOLDER: Final = Path(__file__).parent
FEELING_FILES: Final = ("feelings.tsv", "service.tsv", "everyday.tsv")
EASING: Final = "变化好"
"""The category of words that tell of a change for the better."""
FILES: Final = (*FEELING_FILES, "operators.tsv", "whole_words.tsv", "risk.tsv", "traditional.tsv")


class Role(IntEnum):
    """What a phrase does to the others of its clause or sentence."""

    PLAIN = 0
    FEELING = 1
    NEGATOR = 2
    STOPPED = 3
    DEGREE = 4
    AFFIRMED = 5
    ONSET = 6
    ARRIVAL = 7
    DEGREE_BEHIND = 8
    GONE = 9
    SUPPOSED = 10
    CONCEDED = 11
    CONTRAST = 12
    CONTRAST_OPENING = 13
    WORRY = 14
    REGRET = 15
    IRONY = 16


@dataclass(frozen=True, slots=True)
class Phrase:
    """`weight` multiplies what is in scope; `valence` (-2 to 2) is the phrase's own; `emotions` index EMOTIONS.

    `eases`: tells of a change for the better, and so turns the symptom before it.
    """

    text: str
    role: Role
    weight: float = 1.0
    valence: float = 0.0
    emotions: tuple[int, ...] = ()
    eases: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    line: int
    fields: tuple[str, ...]

    def error(self, problem: str) -> LexiconFormatError:
        return LexiconFormatError(self.source, self.line, problem)

    def number(self, column: int, low: float, high: float) -> float:
        try:
            value = float(self.fields[column])
        except ValueError:
            raise self.error(f"{self.fields[column]!r} is not a number") from None
        if not low <= value <= high:
            raise self.error(f"{value} is outside {low} to {high}")
        return value


def load_phrases(folder: Path = FOLDER) -> tuple[Phrase, ...]:
    """All phrases of the feeling, operator and whole-word files. Raises LexiconFormatError, also for a word given twice."""
    phrases: dict[str, Phrase] = {}
    for name in FEELING_FILES:
        for row in _rows(folder / name, 4):
            _add(phrases, row, _feeling(row))
    for row in _rows(folder / "operators.tsv", 4):
        _add(phrases, row, _operator(row))
    for row in _rows(folder / "whole_words.tsv", 1):
        _add(phrases, row, Phrase(row.fields[0], Role.PLAIN))
    return tuple(phrases.values())


def load_risk(folder: Path = FOLDER) -> dict[str, str]:
    """Cue phrase to kind: `self_harm`, `emergency`, or `not_risk` for a look-alike."""
    cues: dict[str, str] = {}
    for row in _rows(folder / "risk.tsv", 3):
        phrase, kind, _ = row.fields
        if kind not in ("self_harm", "emergency", "not_risk"):
            raise row.error(f"unknown kind {kind!r}")
        if phrase in cues:
            raise row.error(f"{phrase!r} stands twice")
        cues[phrase] = kind
    return cues


def fingerprint(folder: Path = FOLDER, files: Sequence[str] = FILES) -> bytes:
    """A digest of the words, the same for either kind of line ending."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.digest()


def _rows(path: Path, columns: int) -> Iterator[_Row]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], start=2):
        row = _Row(path.name, number, tuple(line.split("\t")))
        if len(row.fields) != columns:
            raise row.error(f"{columns} columns expected, {len(row.fields)} found")
        if not 1 <= len(row.fields[0]) <= WIDEST:
            raise row.error(f"a phrase has 1 to {WIDEST} characters")
        yield row


def _add(phrases: dict[str, Phrase], row: _Row, phrase: Phrase) -> None:
    if phrase.text in phrases:
        raise row.error(f"{phrase.text!r} stands twice")
    phrases[phrase.text] = phrase


def _feeling(row: _Row) -> Phrase:
    text, _, category, labels = row.fields
    valence = row.number(1, -2, 2)
    unknown = [label for label in labels.split(",") if label and label not in EMOTIONS]
    if unknown:
        raise row.error(f"unknown emotion {unknown[0]!r}")
    emotions = tuple(EMOTIONS.index(label) for label in labels.split(",") if label)
    role = Role.FEELING if valence else Role.PLAIN
    return Phrase(text, role, 1.0, valence, emotions, category == EASING and valence > 0)


_OWN_EMOTION: Final = {
    "comparison_better": "喜悦", "comparison_worse": "失望", "change_up": "安心", "change_down": "焦虑",
    "irony_cue": "愤怒", "worry_question": "焦虑", "hypothetical": "失望",
}  # fmt: skip
_OWN_ROLE: Final = {"irony_cue": Role.IRONY, "worry_question": Role.WORRY, "hypothetical": Role.REGRET}
_ROLES: Final = {
    "negator": Role.NEGATOR, "double_negation": Role.AFFIRMED, "intensifier": Role.DEGREE,
    "diminisher": Role.DEGREE, "emphasis": Role.DEGREE, "filler": Role.PLAIN, "irony_cue": Role.PLAIN,
    "contrast": Role.CONTRAST, "concession": Role.CONCEDED, "hypothetical": Role.SUPPOSED,
}  # fmt: skip


def _operator(row: _Row) -> Phrase:
    text, kind, _, scope = row.fields
    weight = row.number(2, -2, 2)
    if scope == "self" and kind in _OWN_EMOTION:
        emotion = EMOTIONS.index(_OWN_EMOTION[kind])
        return Phrase(text, _OWN_ROLE.get(kind, Role.FEELING), 1.0, weight, (emotion,))
    if kind == "change_up":
        return Phrase(text, Role.ONSET if weight == 1.1 else Role.ARRIVAL if weight == 1.2 else Role.DEGREE, weight)
    if kind == "change_down":
        role = Role.GONE if scope == "before" else Role.STOPPED if weight < 0 else Role.DEGREE
        return Phrase(text, role, weight)
    if kind not in _ROLES or scope not in ("after", "before", "clause"):
        raise row.error(f"unknown kind or scope {kind!r}, {scope!r}")
    role = _ROLES[kind]
    if scope == "before":
        role = Role.DEGREE_BEHIND
    elif scope == "clause" and kind == "contrast":
        role = Role.CONTRAST_OPENING
    return Phrase(text, role, weight)


__all__ = ["FILES", "FOLDER", "Phrase", "Role", "fingerprint", "load_phrases", "load_risk"]
