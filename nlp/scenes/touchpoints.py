"""Psychological touchpoints proposed from words: what somebody speaks of, and what they feel right beside it."""

import re
from collections.abc import Iterator
from typing import Final

from nlp.scenes.clauses import Clause, edges_of, normal
from nlp.scenes.tables import Found, touchpoint_finder, touchpoint_names, touchpoint_words

_DENIED: Final = re.compile(
    "(?:不|没|没有|不再|不用|别|毫不|并不|一点都不|一点也不|一点不|丝毫不|根本不|完全不|没那么|不怎么|不太|不必|无需|无)(?:感到|觉得|会|曾|什么)?$"
)
NEAR: Final = 2
"""So many clauses away, within a sentence, may stand what a feeling is about."""

TOO_GOOD: Final = 0.4
TOO_BAD: Final = 0.8
"""A bad touchpoint is not proposed from a statement that scores above TOO_GOOD, nor a good one from one below -TOO_BAD:
tears of gratitude look sad to a coder."""


def proposed(text: str, clauses: tuple[Clause, ...], sentiment: float) -> Iterator[tuple[str, int, int]]:
    """Yield each touchpoint that ``text`` proposes once, with the span (code points) of the clauses that do.

    A feeling counts with what stands in its own clause or in one near it in the same sentence.
    """
    plain = normal(text)
    found = touchpoint_finder().find_all(plain, edges_of(plain))
    places = [
        next((index for index, one in enumerate(clauses) if hit.start < one.end), len(clauses) - 1) for hit in found
    ]
    known: set[str] = set()
    for hit, place in zip(found, places, strict=True):
        for name, part in touchpoint_words()[hit.word.text]:
            if part == "about" or name in known or _belied(name, sentiment) or _DENIED.search(plain[: hit.start]):
                continue
            near = place if part == "alone" else _beside(name, hit, place, found, places, clauses)
            if near is not None:
                known.add(name)
                yield name, clauses[min(place, near)].start, clauses[max(place, near)].end


def _beside(
    name: str, hit: Found, place: int, found: tuple[Found, ...], places: list[int], clauses: tuple[Clause, ...]
) -> int | None:
    """Return the nearest clause that speaks of what the touchpoint is about, the feeling's own first."""
    near = [
        at
        for one, at in zip(found, places, strict=True)
        if (name, "about") in touchpoint_words()[one.word.text]
        and (one.end <= hit.start or one.start >= hit.end)
        and abs(at - place) <= NEAR
        and clauses[at].sentence == clauses[place].sentence
    ]
    return min(near, key=lambda at: (abs(at - place), at)) if near else None


def _belied(name: str, sentiment: float) -> bool:
    return sentiment < -TOO_BAD if touchpoint_names()[name] else sentiment > TOO_GOOD
