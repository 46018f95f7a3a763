"""Cutting a statement into clauses, and trimming a clause to what can be read by itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from nlp.characters import normalise
from nlp.scenes.tables import frame_words
from nlp.segmentation import fastest_cut

MOST_READ: Final = 2000
"""Code points of a statement that are looked at; what stands behind them adds quotes, hardly scenes."""

_HAN: Final = re.compile("[\u4e00-\u9fd5]+")
_ENDS: Final = re.compile(
    r"[，。！？；…\n\r,!?;~～—|]+|(?<!\d)[.:：]|[:：](?!\d)|(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])"
)
_SENTENCE_ENDS: Final = frozenset("。！？!?\n；;")
_TURNS: Final = re.compile("但是|可是|然后|结果(?!出|呢|还没|没|怎|是)|不过|而且|所以|于是|后来")
_LONG: Final = 14
"""A clause of so many characters is cut before a turn (但是, 结果 …) even where no comma stands."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A span of a statement between two marks; ``sentence`` counts the sentences before it."""

    start: int
    end: int
    text: str
    sentence: int


def normal(text: str) -> str:
    """Return the text half-width and in lower case, as many code points as before, up to MOST_READ."""
    return text[:MOST_READ].translate(_normal_forms())


@cache
def _normal_forms() -> dict[int, str]:
    """Return what nlp.characters.normalise changes: for one short text, looking it up here costs a fiftieth."""
    plane = "".join(map(chr, range(0x10000)))
    return {ord(one): other for one, other in zip(plane, normalise(plane), strict=True) if one != other}


def clauses_of(text: str) -> tuple[Clause, ...]:
    """Return the clauses of ``text`` in order; blanks and marks around them left out."""
    return tuple(_clauses(text[:MOST_READ]))


def _clauses(text: str) -> Iterator[Clause]:
    sentence = start = 0
    for mark in [*_ENDS.finditer(text), None]:
        end = mark.start() if mark else len(text)
        for first, last in _turned(text, start, end):
            yield Clause(first, last, text[first:last], sentence)
        if mark:
            sentence += not _SENTENCE_ENDS.isdisjoint(mark.group())
            start = mark.end()


def _turned(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    cuts = [start]
    if end - start > _LONG:
        cuts += [turn.start() for turn in _TURNS.finditer(text, start + 4, end - 3)]
    for first, last in zip(cuts, [*cuts[1:], end], strict=True):
        said = text[first:last]
        if said.strip():
            yield last - len(said.lstrip()), first + len(said.rstrip())


@cache
def _trims() -> tuple[re.Pattern[str], re.Pattern[str]]:
    front = "|".join(map(re.escape, frame_words("front")))
    back = "|".join(map(re.escape, frame_words("back")))
    marks = r"[\s，。！？、；：,.!?;:~…—\-]"
    return re.compile(f"^(?:{marks}+|(?:{front})(?=.{{4}}))"), re.compile(f"(?:{marks}+|(?<=..)(?:{back}))$")


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the fillers and marks at its ends."""
    front, back = _trims()
    while found := front.match(text[start:end]):
        start += found.end()
    while found := back.search(text[start:end]):
        end = start + found.start()
    return start, end


@lru_cache(maxsize=4096)
def word_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where jieba's words stand in ``text`` (normalised); what is not Han is left out."""
    spans = []
    cut = fastest_cut()
    for run in _HAN.finditer(text):
        place = run.start()
        for word in cut(run.group()):
            spans.append((place, place + len(word)))
            place += len(word)
    return tuple(spans)


@lru_cache(maxsize=4096)
def edges_of(text: str) -> frozenset[int]:
    """Return the places where a word of ``text`` begins or ends; a dictionary word of four and more is open inside."""
    edges = {0, len(text)}
    for start, end in word_spans(text):
        edges.update(range(start, end + 1) if end - start >= 4 else (start, end))
    return frozenset(edges)
