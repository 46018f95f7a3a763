"""A text cut where the evidence and the cues in it begin and end, to be shown in place; offsets are code points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, Literal

from nlp import Cue, Evidence

BROAD: Final = frozenset({"characters", "encoder", "adapted", "model"})
"""Rules whose spans say how a clause or the whole text reads; the spans of the others are words."""

UNSEEN: Final = 0.005
"""A contribution that is smaller is shown as 0.00, and is not highlighted."""

FAINTEST_SCALE: Final = 0.1
"""Where nothing contributes as much as this, nothing is highlighted in full strength."""

_STEPS: Final = (0.25, 0.6)

Side = Literal["low", "high"]


@dataclass(frozen=True, slots=True)
class Tone:
    """How to show a contribution: its side, and a strength of 1 to 3 beside the strongest of its kind in the text."""

    side: Side
    strength: int
    contribution: float


@dataclass(frozen=True, slots=True)
class Word:
    """A span that words of the evidence make up, those that overlap taken together; ``number`` counts from 0."""

    number: int
    start: int
    end: int
    tone: Tone | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of text within which nothing begins or ends. ``opens``: it is the first of its word."""

    start: int
    end: int
    text: str
    word: Word | None
    opens: bool
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring pieces within which no cue begins or ends; ``cues`` are the kinds of those they lie in."""

    cues: tuple[str, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Stretches that the broad evidence speaks of alike, such as a clause. ``tone`` is that of its share."""

    tone: Tone | None
    stretches: tuple[Stretch, ...]


def is_broad(one: Evidence) -> bool:
    """Return whether a span says how a clause or the whole text reads, rather than a word in it."""
    return one.rule in BROAD


def tone_of(contribution: float, largest: float) -> Tone | None:
    """Return how to show a contribution where the largest of its kind is ``largest``; None if it is not to be seen."""
    if abs(contribution) < UNSEEN:
        return None
    share = abs(contribution) / max(largest, FAINTEST_SCALE)
    return Tone("high" if contribution > 0 else "low", 1 + sum(share >= step for step in _STEPS), contribution)


def words_of(evidence: Iterable[Evidence]) -> list[Word]:
    """Return the words of the evidence in the order of the text."""
    groups: list[tuple[int, int, float]] = []
    for one in sorted((one for one in evidence if not is_broad(one)), key=lambda one: (one.start, one.end)):
        if groups and one.start < groups[-1][1]:
            start, end, total = groups.pop()
            groups.append((start, max(end, one.end), total + one.contribution))
        else:
            groups.append((one.start, one.end, one.contribution))
    largest = max((abs(total) for *_, total in groups), default=0.0)
    return [Word(number, start, end, tone_of(total, largest)) for number, (start, end, total) in enumerate(groups)]


def passages_of(text: str, evidence: Sequence[Evidence], cues: Sequence[Cue]) -> list[Passage]:
    """Return ``text`` cut into passages; the pieces in them, joined, are the text."""
    words = words_of(evidence)
    runs = _runs(len(text), [one for one in evidence if is_broad(one)])
    largest = max((abs(share) for *_, share in runs), default=0.0)
    spans = [(start, end) for start, end, _ in runs]
    spans += [(word.start, word.end) for word in words]
    spans += [(cue.start, cue.end) for cue in cues]
    edges = sorted({edge for span in spans for edge in span})
    pieces = iter(_pieces(text, edges, words, cues))
    passages = []
    for _, end, share in runs:
        inside: list[Piece] = []
        while not inside or inside[-1].end < end:
            inside.append(next(pieces))
        stretches = tuple(Stretch(kinds, tuple(those)) for kinds, those in groupby(inside, key=lambda one: one.cues))
        passages.append(Passage(tone_of(share, largest), stretches))
    return passages


def _runs(length: int, broad: Sequence[Evidence]) -> list[tuple[int, int, float]]:
    """Start, end and share of the stretches between the edges of broad spans, each spread evenly over its characters."""
    steps = dict.fromkeys((0, length), 0.0)
    for one in broad:
        density = one.contribution / (one.end - one.start)
        steps[one.start] = steps.get(one.start, 0.0) + density
        steps[one.end] = steps.get(one.end, 0.0) - density
    edges = sorted(steps)
    runs, density = [], 0.0
    for start, end in pairwise(edges):
        density += steps[start]
        runs.append((start, end, density * (end - start)))
    return runs


def _pieces(text: str, edges: Sequence[int], words: Sequence[Word], cues: Sequence[Cue]) -> list[Piece]:
    pieces = []
    words_ahead, marks_ahead = iter(words), iter(_marks(cues))
    word, mark = next(words_ahead, None), next(marks_ahead, None)
    for start, end in pairwise(edges):
        while word is not None and word.end <= start:
            word = next(words_ahead, None)
        while mark is not None and mark[1] <= start:
            mark = next(marks_ahead, None)
        inside = word if word is not None and word.start <= start else None
        kinds = mark[2] if mark is not None and mark[0] <= start else ()
        pieces.append(Piece(start, end, text[start:end], inside, inside is not None and inside.start == start, kinds))
    return pieces


def _marks(cues: Sequence[Cue]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Start, end and kinds of the cues, those that overlap taken together."""
    marks: list[tuple[int, int, tuple[str, ...]]] = []
    for cue in sorted(cues, key=lambda one: (one.start, one.end)):
        if marks and cue.start < marks[-1][1]:
            start, end, kinds = marks.pop()
            marks.append((start, max(end, cue.end), tuple(sorted({*kinds, cue.kind}))))
        else:
            marks.append((cue.start, cue.end, (cue.kind,)))
    return marks
