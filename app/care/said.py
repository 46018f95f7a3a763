"""What somebody wrote, as care staff read it: the words in place, with the signs in them marked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.care import page_queries
from app.diary.models import Entry
from app.diary.words import EntryWords, words_of
from app.participants.sight import Sight
from app.statements.highlights import passages_of
from app.studies.protocol import StudyProtocol
from nlp import Cue

MICRO: Final = 1_000_000
AFTER: Final = timedelta(days=7)
"""How long after the first contact what a person writes is set beside the moment for which they were called."""

MOST_AFTER: Final = 6
EXCERPT: Final = 72
BEFORE_SIGN: Final = 24


@dataclass(frozen=True, slots=True)
class Bit:
    """A bit of a text; ``kinds`` are those of the signs that it is part of."""

    text: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the question's words, and the answer cut where signs begin and end."""

    label: str
    bits: Sequence[Bit]
    free: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One entry as care staff read it. ``score``: the lowest of its statements, −1..1, None where nothing was written."""

    id: UUID
    words: EntryWords
    score: float | None
    answers: Sequence[Answer]
    edited: bool

    @property
    def excerpt(self) -> Sequence[Bit]:
        """A line of it: around the first sign, else from the beginning; empty where nothing was written."""
        free = [one for one in self.answers if one.free]
        signed = next((one for one in free if any(bit.kinds for bit in one.bits)), None)
        return _cut(signed.bits) if signed else _cut(free[0].bits) if free else ()


@dataclass(frozen=True, slots=True)
class Later:
    """What a person reported or wrote at a later moment: mood 1..9, score −1..1."""

    at: datetime
    mood: int | None
    score: float | None
    entry_id: UUID


def said_of(
    session: Session, sight: Sight, protocol: StudyProtocol, entry_ids: Collection[UUID]
) -> Mapping[UUID, Said]:
    """Return by id those of the entries that may be seen, in words."""
    entries = page_queries.entries_seen(session, sight, entry_ids)
    read = _by_entry(session, sight.study_id, entries)
    return {entry_id: _said(entry, protocol, read[entry_id]) for entry_id, entry in entries.items()}


def later_of(session: Session, sight: Sight, participant_id: UUID, contacted_at: datetime) -> list[Later]:
    """Return the person's next entries in the days after the first contact, the earliest first."""
    entries = page_queries.entries_between(
        session, sight, participant_id, contacted_at, contacted_at + AFTER, MOST_AFTER
    )
    read = _by_entry(session, sight.study_id, [one.id for one in entries])
    return [Later(one.occurred_at, one.mood, _lowest(read[one.id]), one.id) for one in entries]


def marked(text: str, risk: Sequence[Mapping[str, Any]]) -> list[Bit]:
    """Return ``text`` cut where its signs begin and end; the bits, joined, are the text."""
    cues = [Cue(one["kind"], one["start"], one["end"], text[one["start"] : one["end"]]) for one in risk]
    stretches = [stretch for passage in passages_of(text, (), cues) for stretch in passage.stretches]
    return [Bit("".join(piece.text for piece in one.pieces), one.cues) for one in stretches]


def _by_entry(session: Session, study_id: UUID, entry_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {entry_id: [] for entry_id in entry_ids}
    for row in page_queries.read_in(session, study_id, entry_ids):
        found[row.source_id].append(row)
    return found


def _said(entry: Entry, protocol: StudyProtocol, read: Sequence[Any]) -> Said:
    words = words_of(entry, protocol)
    risk = {row.text: row.risk or () for row in read}
    answers = [
        Answer(one.label, marked(one.words, risk.get(one.words, ())) if one.free else [Bit(one.words)], one.free)
        for one in words.told
    ]
    return Said(
        id=entry.id,
        words=words,
        score=_lowest(read),
        answers=answers,
        edited=entry.version > 1,
    )


def _lowest(read: Sequence[Any]) -> float | None:
    return min((row.sentiment_micro / MICRO for row in read), default=None)


def _cut(bits: Sequence[Bit]) -> list[Bit]:
    """Return as much of the text as fits a line, from shortly before its first sign; an ellipsis says where it was cut."""
    ahead = 0
    for bit in bits:
        if bit.kinds:
            break
        ahead += len(bit.text)
    whole = sum(len(bit.text) for bit in bits)
    start = max(0, ahead - BEFORE_SIGN) if ahead < whole and whole > EXCERPT else 0
    return [
        *([Bit("…")] if start else []),
        *_between(bits, start, start + EXCERPT),
        *([Bit("…")] if start + EXCERPT < whole else []),
    ]


def _between(bits: Sequence[Bit], start: int, end: int) -> list[Bit]:
    found, place = [], 0
    for bit in bits:
        text = bit.text[max(0, start - place) : max(0, end - place)]
        if text:
            found.append(Bit(text, bit.kinds))
        place += len(bit.text)
    return found
