"""The word tables of this package and the words found in a text; what a line means is in README.md beside them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from nlp.errors import LexiconFormatError

FOLDER: Final = Path(__file__).parent
KINDS: Final = ("time", "place", "who", "body", "symptom", "event", "object", "abstract", "verdict")
FORMS: Final = ("wish", "request", "unknown", "untold", "not")
PARTS: Final = ("about", "feeling", "alone", "valence")
PLACES: Final = ("front", "back", "stop", "no_object")
FILES: Final = ("details.tsv", "needs.tsv", "efforts.tsv", "touchpoints.tsv", "frames.tsv")


@dataclass(frozen=True, slots=True)
class Word:
    """A phrase of a table: what it is, how much it tells (0 to 1), and the scene's part that it stands for."""

    text: str
    kind: str
    strength: float
    concept: str


@dataclass(frozen=True, slots=True)
class Found:
    """A word at its place in a text, in code points."""

    start: int
    end: int
    word: Word


class WordFinder:
    """Finds words from the left, at each free place the longest."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = {word.text: word for word in words}
        widths: defaultdict[str, set[int]] = defaultdict(set)
        for word in words:
            widths[word.text[0]].add(len(word.text))
        self._widths = {first: tuple(sorted(found, reverse=True)) for first, found in widths.items()}

    def find(self, text: str, edges: frozenset[int] | None = None) -> tuple[Found, ...]:
        """Return what stands in ``text`` (normalised), in order.

        With ``edges``, one or two characters count only where a word begins and ends there, so that 手 is not seen in 手术.
        """
        return tuple(self._walk(text, edges))

    def find_all(self, text: str, edges: frozenset[int]) -> tuple[Found, ...]:
        """Return every word at every place, also those within one another; a single character only where it is a word."""
        return tuple(
            Found(place, place + width, self._words[text[place : place + width]])
            for place in range(len(text))
            for width in self._widths.get(text[place], ())
            if place + width <= len(text)
            and text[place : place + width] in self._words
            and (width > 1 or (place in edges and place + 1 in edges))
        )

    def _walk(self, text: str, edges: frozenset[int] | None) -> Iterator[Found]:
        place = 0
        while place < len(text):
            found = self._at(text, place, edges)
            if found is not None:
                yield found
            place = found.end if found else place + 1

    def _at(self, text: str, place: int, edges: frozenset[int] | None) -> Found | None:
        for width in self._widths.get(text[place], ()):
            end = place + width
            word = self._words.get(text[place:end])
            if word and (edges is None or width > 2 or (place in edges and end in edges)):
                return Found(place, end, word)
        return None


@cache
def details() -> WordFinder:
    """What makes a scene specific, and the abstract nouns and verdicts that do not."""
    words = []
    for row in _rows("details.tsv", 4):
        text, kind, _, concept = row.fields
        words.append(Word(text, row.one_of(kind, KINDS), row.number(2, 0, 1), concept or text))
    return WordFinder(words)


@cache
def need_cues() -> WordFinder:
    """Words that open a need, and their look-alikes (kind ``not``)."""
    return WordFinder([_plain(row, row.one_of(row.fields[1], FORMS)) for row in _rows("needs.tsv", 2)])


@cache
def effort_words() -> WordFinder:
    """Words that tell of effort: ``strength`` is the level, 1 to 7; 0 only hides shorter words inside it."""
    rows = _rows("efforts.tsv", 2)
    return WordFinder(
        [
            Word(row.fields[0], "effort", 0.0 if row.fields[1] == "not" else row.number(1, 1, 7), row.fields[0])
            for row in rows
        ]
    )


@cache
def touchpoint_words() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Phrase to the touchpoints that it speaks of, each with the part (about, feeling, alone) it plays there."""
    table: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows("touchpoints.tsv", 3):
        name, part, text = row.fields
        if row.one_of(part, PARTS) != "valence":
            table[text].append((name, part))
    return {text: tuple(found) for text, found in table.items()}


@cache
def touchpoint_names() -> Mapping[str, bool]:
    """Every touchpoint of the table in its order, and whether it is a good one."""
    rows = [row for row in _rows("touchpoints.tsv", 3) if row.fields[1] == "valence"]
    return {row.fields[0]: row.one_of(row.fields[2], ("positive", "negative")) == "positive" for row in rows}


@cache
def touchpoint_finder() -> WordFinder:
    """Finds the phrases of touchpoint_words."""
    return WordFinder([Word(text, "touchpoint", 1.0, text) for text in touchpoint_words()])


@cache
def frame_words(place: str) -> tuple[str, ...]:
    """Words to trim at the ``front`` or ``back`` of a phrase, to leave out when phrases are compared (``stop``), or that
    end as the name of an object does and name none (``no_object``).
    """
    rows = [(row.fields[0], row.one_of(row.fields[1], PLACES)) for row in _rows("frames.tsv", 2)]
    return tuple(sorted((text for text, at in rows if at == place), key=lambda text: (-len(text), text)))


@cache
def version() -> str:
    """Changes with every line of the tables."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    line: int
    fields: tuple[str, ...]

    def one_of(self, value: str, allowed: Sequence[str]) -> str:
        if value not in allowed:
            raise LexiconFormatError(self.source, self.line, f"{value!r} is none of {', '.join(allowed)}")
        return value

    def number(self, column: int, low: float, high: float) -> float:
        try:
            value = float(self.fields[column])
        except ValueError:
            raise LexiconFormatError(self.source, self.line, f"{self.fields[column]!r} is not a number") from None
        if not low <= value <= high:
            raise LexiconFormatError(self.source, self.line, f"{value} is outside {low} to {high}")
        return value


def _rows(name: str, columns: int) -> list[_Row]:
    rows: list[_Row] = []
    known: set[tuple[str, ...]] = set()
    for number, line in enumerate((FOLDER / name).read_text(encoding="utf-8").splitlines()[1:], start=2):
        row = _Row(name, number, tuple(line.split("\t")))
        if len(row.fields) != columns or not row.fields[0]:
            raise LexiconFormatError(name, number, f"{columns} columns expected, {len(row.fields)} found")
        if (row.fields if columns < 4 else row.fields[:1]) in known:
            raise LexiconFormatError(name, number, f"{row.fields[0]!r} stands twice")
        known.add(row.fields if columns < 4 else row.fields[:1])
        rows.append(row)
    return rows


def _plain(row: _Row, kind: str) -> Word:
    return Word(row.fields[0], kind, 1.0, row.fields[0])
