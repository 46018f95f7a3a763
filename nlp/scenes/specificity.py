"""How specific a text is: whether someone who was not there could find the scene, and act on it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from nlp.scenes import patterns
from nlp.scenes.clauses import edges_of, normal, word_spans
from nlp.scenes.tables import Found, details, frame_words

SPECIFIC_FROM: Final = 0.5
"""A text whose specificity reaches this is specific; below it is too general to act on (M14)."""

DetailKind = Literal["when", "where", "who", "body", "symptom", "object", "event", "how_much", "manner", "words"]

WEIGHTS: Final[dict[str, float]] = {
    "when": 0.345, "where": 0.23, "who": 0.161, "body": 0.207, "symptom": 0.207, "object": 0.196, "event": 0.23,
    "how_much": 0.276, "manner": 0.138, "words": 0.161,
}  # fmt: skip
AGAIN: Final = 0.35
"""What a second detail of the same kind counts, of the first; the third counts this share of the second."""

AGAIN_EVENT: Final = 0.55
"""The same for events and objects: two of them are already a course of things."""

SUBSTANCE: Final = 0.03
"""What every character of a further word of content counts, up to MOST_SUBSTANCE of them."""

MOST_SUBSTANCE: Final = 10
SUBSTANCE_KIND: Final = 6
"""So many characters of content stand for one kind of detail: what was there, in words that no table knows."""
GENERAL: Final = 0.07
"""What an abstract noun (服务, 态度) or a bare verdict (不够, 很好) takes away, up to MOST_GENERAL of them.

The more is told beside them, the less.
"""

MOST_GENERAL: Final = 3
_KIND_OF: Final[dict[str, DetailKind]] = {
    "time": "when", "place": "where", "who": "who", "body": "body", "symptom": "symptom", "event": "event", "object": "object",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detail:
    """One reason: the span in code points, what it tells (when, where …), and how much, 0 to 1."""

    kind: DetailKind
    start: int
    end: int
    text: str
    strength: float


@dataclass(frozen=True, slots=True)
class Specificity:
    """``score`` in [0, 1]; ``details`` make a text specific, ``general`` are the words that say little."""

    score: float
    details: tuple[Detail, ...]
    general: tuple[str, ...]

    @property
    def specific(self) -> bool:
        """Whether the score reaches SPECIFIC_FROM."""
        return self.score >= SPECIFIC_FROM


def specificity(text: str) -> float:
    """Return how specific ``text`` is, in [0, 1]; 0 where nothing is said."""
    return explain_specificity(text).score


def explain_specificity(text: str) -> Specificity:
    """Return the specificity of ``text`` with its reasons."""
    return read_specificity(normal(text), text)


def read_specificity(plain: str, text: str) -> Specificity:
    """As explain_specificity, for a text that is normalised already (``plain``)."""
    found = details().find(plain, edges_of(plain))
    reasons = _without_overlaps([*_by_pattern(plain, text), *_by_word(found, text), *_by_ending(plain, text)])
    general = tuple(text[one.start : one.end] for one in found if one.word.kind in ("abstract", "verdict"))
    substance = _substance(plain, reasons, found)
    total = _weighed(reasons) + SUBSTANCE * min(substance, MOST_SUBSTANCE)
    total -= GENERAL * min(len(general), MOST_GENERAL) * max(0.0, 1.0 - total)
    kinds = {reason.kind for reason in reasons if reason.strength >= 0.5}
    if len(kinds) + (substance >= SUBSTANCE_KIND) < 2:
        total = min(total, SPECIFIC_FROM - 0.05)
    return Specificity(round(min(max(total, 0.0), 1.0), 4), reasons, general)


def _by_word(found: tuple[Found, ...], text: str) -> Iterator[Detail]:
    for one in found:
        if one.word.kind in _KIND_OF:
            kind = _KIND_OF[one.word.kind]
            yield Detail(kind, one.start, one.end, text[one.start : one.end], one.word.strength)


def _by_ending(plain: str, text: str) -> Iterator[Detail]:
    before = (0, 0)
    for start, end in word_spans(plain):
        # 维修单 is no word of the dictionary: 维修 and 单 stand side by side.
        first = before[0] if end - start == 1 and before == (start - 2, start) else start
        word = plain[first:end]
        if end - first in (2, 3) and word[-1] in patterns.OBJECT_ENDINGS and word not in frame_words("no_object"):
            yield Detail("object", first, end, text[first:end], 0.6)
        before = (start, end)


def _by_pattern(plain: str, text: str) -> Iterator[Detail]:
    readings: tuple[tuple[DetailKind, object, float], ...] = (
        ("when", patterns.MOMENT, 1.0),
        ("when", patterns.EVENT_MOMENT, 0.8),
        ("how_much", patterns.LENGTH, 1.0),
        ("how_much", patterns.AMOUNT, 1.0),
        ("who", patterns.NAMED, 0.8),
        ("object", patterns.NAMED_OBJECT, 0.8),
        ("event", patterns.HAPPENED, 0.7),
        ("words", patterns.QUOTED, 1.0),
        ("manner", patterns.MANNER, 1.0),
    )
    for kind, pattern, strength in readings:
        for match in pattern.finditer(plain):  # type: ignore[attr-defined]
            yield Detail(kind, match.start(), match.end(), text[match.start() : match.end()], strength)
    for match in patterns.SYMPTOM.finditer(plain):
        yield Detail("body", match.start(), match.end("body"), text[match.start() : match.end("body")], 0.9)
        yield Detail("symptom", *match.span("symptom"), text[slice(*match.span("symptom"))], 0.9)


def _without_overlaps(reasons: list[Detail]) -> tuple[Detail, ...]:
    """Keep, of those of one kind that overlap, the strongest and longest; words in quotation marks may hold others."""
    kept: list[Detail] = []
    for one in sorted(reasons, key=lambda detail: (-detail.strength, detail.start - detail.end, detail.start)):
        if not any(one.kind == other.kind and one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda detail: (detail.start, detail.end)))


def _weighed(reasons: tuple[Detail, ...]) -> float:
    by_kind: defaultdict[str, list[float]] = defaultdict(list)
    for one in reasons:
        by_kind[one.kind].append(one.strength)
    return sum(
        WEIGHTS[kind]
        * sum(strength * _again(kind) ** place for place, strength in enumerate(sorted(strengths)[:-4:-1]))
        for kind, strengths in by_kind.items()
    )


def _again(kind: str) -> float:
    return AGAIN_EVENT if kind in ("event", "object") else AGAIN


def _substance(plain: str, reasons: tuple[Detail, ...], found: tuple[Found, ...]) -> int:
    taken = [*((one.start, one.end) for one in reasons), *((one.start, one.end) for one in found)]
    stop = _stop()
    words = {
        plain[start:end]
        for start, end in word_spans(plain)
        if end - start >= 2 and not any(start < last and first < end for first, last in taken)
    }
    return sum(map(len, words - stop))


@cache
def _stop() -> frozenset[str]:
    return frozenset(frame_words("stop") + frame_words("front"))
