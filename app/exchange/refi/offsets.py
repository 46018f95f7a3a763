"""How a file counts positions: in code points, as the standard says, or in UTF-16 units; with CR LF as one or as two.

Programs differ and no file says which: the names of selections, where they are their words, and positions beyond the end
of a text tell.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.exchange.refi.lines import Units
from app.exchange.refi.names import begins, quotable
from app.exchange.refi.project import Project, SourceRead

AUTO: Final = "auto"
WAYS: Final = {
    "code-points": (False, True),
    "code-points-lf": (False, False),
    "utf-16": (True, True),
    "utf-16-lf": (True, False),
}
"""By name: whether in UTF-16 units, and whether CR LF counts as two."""
CHOICES: Final = (AUTO, *WAYS)
_MOST_ASKED: Final = 5000
_LEAST_NAME: Final = 4


@dataclass(frozen=True, slots=True)
class Counting:
    """The way that fits a file best. ``sure`` is False where several fit as well and would give other spans."""

    way: str
    sure: bool
    agreeing: int
    asked: int


def counting_of(project: Project, chosen: str = AUTO) -> Counting:
    """Return how the project counts; ``chosen`` if it is one of WAYS."""
    sources = [source for source in project.sources.values() if source.raw is not None and source.selections]
    asked = [one for source in sources for one in source.selections if _tells(one.name)]
    ways = _order(project.origin) if chosen == AUTO else (chosen,)
    counted = {way: _score(sources, way) for way in ways}
    best = max(ways, key=lambda way: (-counted[way]["beyond"], counted[way]["agree"], -ways.index(way)))
    same = [way for way in ways if counted[way] == counted[best]]
    sure = chosen != AUTO or len({tuple(_spans(sources, way)) for way in same}) == 1
    return Counting(best, sure, counted[best]["agree"], min(len(asked), _MOST_ASKED))


def units(raw: str, way: str) -> Units:
    """Return the text with its positions counted in this way."""
    utf16, pairs = WAYS[way]
    return Units(raw, utf16=utf16, pairs=pairs)


def says(name: str, text: str) -> bool | None:
    """Return whether a selection called ``name`` holds ``text``; None where its name is no quotation."""
    if not _tells(name):
        return None
    told, there = quotable(name), quotable(text)
    if told == there:
        return True
    cut = told.endswith(("…", "..."))
    return begins(told, text) if cut else (there.startswith(told) or None)


def _order(origin: str) -> tuple[str, ...]:
    """Return the ways, the likeliest first: ATLAS.ti counts line ends as one, NVivo is written in UTF-16."""
    first = "utf-16" if "nvivo" in origin.lower() else "code-points-lf" if "atlas" in origin.lower() else "code-points"
    return (first, *(way for way in WAYS if way != first))


def _tells(name: str) -> bool:
    """Return whether a name may be the words of its selection."""
    return len(quotable(name)) >= _LEAST_NAME


def _score(sources: Sequence[SourceRead], way: str) -> Counter[str]:
    score: Counter[str] = Counter(agree=0, beyond=0)
    for source in sources:
        text = units(source.raw or "", way)
        for one in source.selections[:_MOST_ASKED]:
            if one.end > text.length:
                score["beyond"] += 1
            elif says(one.name, text.text[text.at(one.start) : text.at(one.end)]):
                score["agree"] += 1
    return score


def _spans(sources: Sequence[SourceRead], way: str) -> Iterable[tuple[int, int]]:
    for source in sources:
        text = units(source.raw or "", way)
        for one in source.selections[:_MOST_ASKED]:
            yield text.at(min(one.start, text.length)), text.at(min(one.end, text.length))
