"""The paragraphs of a text as turns: who speaks, where that is written, and what of it is said by the person themselves."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.interviews.transcripts.marks import Head, head_of, key_of, shown
from app.interviews.transcripts.roles import accepted_labels, propose_roles
from app.interviews.transcripts.shapes import MOST_LINE, ParsedTurn, Role

LONGEST_SPEAKER: Final = 60
RESPONDENT: Final = "respondent"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph from ``start`` to ``end`` (exclusive) of its source. ``is_said``: it becomes a statement.

    A paragraph that carries codes always does, whoever speaks: nobody's codes are lost for a guess at roles.
    """

    start: int
    end: int
    text: str
    speaker: str
    role: str
    is_said: bool


def paragraphs(text: str, spans: Sequence[tuple[int, int]]) -> list[Paragraph]:
    """Return the paragraphs of ``text`` that hold more than blanks; ``spans`` are those of its selections, sorted."""
    lines = [(start, line, head_of(line)) for start, line in _lines(text)]
    speakers, _doubtful = accepted_labels((head for _start, _line, head in lines if head), {})
    coded = _Coded(spans)
    speaker = ""
    drafts: list[tuple[int, str, str]] = []
    for start, line, head in lines:
        shift = 0
        if head is not None and head.label and key_of(head.label) in speakers:
            speaker = shown(speakers[key_of(head.label)])[:LONGEST_SPEAKER]
            shift = _shift(start, line, head, coded)
        if line[shift:].strip():
            drafts.append((start + shift, line[shift:], speaker))
    roles = propose_roles([ParsedTurn(0, who, words) for _start, words, who in drafts]) if speakers else {}
    return [_paragraph(start, words, who, roles.get(who, RESPONDENT), coded) for start, words, who in drafts]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        for first in range(0, max(len(line), 1), MOST_LINE):
            yield start + first, line[first : first + MOST_LINE]
        start += len(line) + 1


def _shift(start: int, line: str, head: Head, coded: "_Coded") -> int:
    """Return how much of the line only says who speaks; none of it where somebody coded that as well."""
    shift = len(line) - len(head.text)
    return shift if line.endswith(head.text) and not coded.touches(start, start + shift) else 0


def _paragraph(start: int, words: str, who: str, role: Role, coded: "_Coded") -> Paragraph:
    end = start + len(words)
    marked = coded.touches(start, end)
    part: str = RESPONDENT if marked else role
    return Paragraph(start, end, words, who, part, is_said=part == RESPONDENT)


class _Coded:
    """Which parts of a text carry a selection."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            elif end > start:
                merged.append((start, end))
        self._starts = [start for start, _ in merged]
        self._ends = [end for _, end in merged]

    def touches(self, start: int, end: int) -> bool:
        """Return whether any selection has a character from ``start`` to ``end`` (exclusive)."""
        return bisect_right(self._ends, start) < bisect_left(self._starts, end)


class Turns:
    """The paragraphs of a source with the statements that they are."""

    def __init__(self, turns: Sequence[tuple[Paragraph, UUID | None]]) -> None:
        self._turns = turns
        self._ends = [said.end for said, _statement in turns]

    def parts(self, span: tuple[int, int]) -> list[tuple[UUID, int, int]]:
        """Return the statements that a span touches, with its beginning and end in each."""
        found = []
        for said, statement in self._turns[bisect_right(self._ends, span[0]) :]:
            if said.start >= span[1]:
                break
            if statement is not None:
                found.append((statement, max(span[0] - said.start, 0), min(span[1], said.end) - said.start))
        return found
