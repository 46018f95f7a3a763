"""A person's diary as one text source, and each interview as one: the words in their order, and where each of them stands."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.diary.models import Entry
from app.exchange.refi.lines import Flattened, flat
from app.exchange.refi.names import PROGRAM, described, guid, moment
from app.exchange.refi.people import Person, Said
from app.exchange.refi.statements import StatementWriter, place
from app.exchange.refi.xml import Selection
from app.interviews.models import Interview, Turn

BETWEEN = " · "


class Source:
    """A text that grows piece by piece, and the selections in it."""

    def __init__(self, guid: UUID, name: str, facts: dict[str, object]) -> None:
        self.guid = guid
        self.name = name
        self.description = described("", facts)
        self.selections: list[Selection] = []
        self.read: list[UUID] = []
        self.notes: tuple[UUID, ...] = ()
        self.values: dict[str, object] = {}
        self._pieces: list[str] = []
        self.length = 0

    def add(self, text: str) -> int:
        """Append ``text`` and return where it begins, in code points."""
        start = self.length
        self._pieces.append(text)
        self.length += len(text)
        return start

    @property
    def text(self) -> str:
        """The whole of it, with LF line ends."""
        return "".join(self._pieces)


def sources_of(person: Person, writer: StatementWriter) -> Iterator[Source]:
    """Yield a person's diary, if they wrote one, and then their interviews."""
    spoken = {turn.id for turns in person.turns.values() for turn in turns}
    written = person.entries.keys() | (person.said.keys() - spoken)
    if written:
        yield _diary(person, writer, written)
    for interview in person.interviews:
        yield _interview(person, interview, writer)


def _diary(person: Person, writer: StatementWriter, written: set[UUID]) -> Source:
    source = Source(guid("diary", person.row.id), f"{person.row.code} 日记", {"is": "diary", "of": person.row.id})
    source.notes = tuple(writer.notes.get(("participant", person.row.id), ()))
    source.add(f"{person.row.code} 日记\n\n")
    for source_id in sorted(written, key=lambda one: (_when(person, one), one)):
        _entry(person, source_id, source, writer)
    return source


def _when(person: Person, source_id: UUID) -> Any:
    entry = person.entries.get(source_id)
    return entry.occurred_at if entry else person.said[source_id][0].statement.occurred_at


def _entry(person: Person, source_id: UUID, source: Source, writer: StatementWriter) -> None:
    entry, said = person.entries.get(source_id), person.said.get(source_id, [])
    heading = _heading(person, entry, said, writer)
    start = source.add(heading + "\n")
    selections: list[Selection] = []
    for one in said:
        text = Flattened(one.statement.text)
        selections += writer.selections(one, text, source.add(text.text))
        source.add("\n")
    source.add("\n")
    if entry is not None:
        facts = _entry_facts(entry, said, writer)
        end = source.length - 2 if said else start + len(heading)
        source.selections.append(
            Selection(entry.id, heading, start, end, PROGRAM, entry.received_at, described("", facts))
        )
    source.selections += selections
    source.read.append(source_id)


def _heading(person: Person, entry: Entry | None, said: Sequence[Said], writer: StatementWriter) -> str:
    """Return the line above an entry: when by the person's clock, at which stage and touchpoint, on which day."""
    one = entry or said[0].statement
    if entry is not None:
        at = entry.occurred_at + timedelta(minutes=entry.occurred_offset)
    else:
        at = one.occurred_at.astimezone(ZoneInfo(person.row.time_zone))
    touchpoint = writer.protocol.touchpoint_of(one.touchpoint_id)
    told = [
        at.strftime("%Y-%m-%d %H:%M"),
        writer.protocol.stage_of(one.stage_id).name,
        *([touchpoint.name] if touchpoint else []),
        *([f"D{one.day:+d}"] if one.day is not None else []),
    ]
    return BETWEEN.join(told)


def _entry_facts(entry: Entry, said: Sequence[Said], writer: StatementWriter) -> dict[str, object]:
    """Return all of an entry; an answer that is a statement is named by its id, its words stand in the text."""
    texts = {one.statement.text: str(one.statement.id) for one in reversed(said)}
    answers = {
        key: {"statement": texts[value]} if isinstance(value, str) and value in texts else {"value": _flat(value)}
        for key, value in entry.answers.items()
    }
    return {
        "is": "entry",
        **place(writer.protocol, entry.stage_id, entry.touchpoint_id, entry.wave_id),
        "day": entry.day,
        "occurred_at": entry.occurred_at,
        "occurred_offset": entry.occurred_offset,
        "recorded_at": entry.recorded_at,
        "recorded_offset": entry.recorded_offset,
        "received_at": entry.received_at,
        "mood": entry.mood,
        "effort": entry.effort,
        "mark": entry.mark,
        "form_version": entry.form_version,
        "version": entry.version,
        "answers": answers,
        "digest": entry.digest,
    }


def _flat(value: Any) -> Any:
    return flat(value) if isinstance(value, str) else value


def _interview(person: Person, interview: Interview, writer: StatementWriter) -> Source:
    wave = next((one.key for one in writer.protocol.waves if one.id == interview.wave_id), None)
    facts: dict[str, object] = {
        "is": "interview",
        "of": person.row.id,
        "kind": interview.kind,
        "held_at": interview.held_at,
        "wave": wave,
        "guide_version": interview.guide_version,
        "state": interview.state,
        "origin": dict(interview.origin) or None,
        "created_by": interview.created_by,
        "created_at": interview.created_at,
        "version": interview.version,
    }
    source = Source(interview.id, flat(interview.title), facts)
    source.notes = tuple(writer.notes.get(("interview", interview.id), ()))
    source.values = {"held_at": moment(interview.held_at), "kind": interview.kind, "wave": wave}
    source.add(f"{flat(interview.title)}\n\n")
    for turn in person.turns[interview.id]:
        _turn(person, turn, source, writer)
    return source


def _turn(person: Person, turn: Turn, source: Source, writer: StatementWriter) -> None:
    source.add(f"{flat(turn.speaker)}：")
    text = Flattened(turn.text)
    start = source.add(text.text)
    source.add("\n\n")
    facts: dict[str, object] = {
        "is": "turn",
        "position": turn.position,
        "speaker": flat(turn.speaker),
        "role": turn.role,
        "origin": turn.origin,
        "start_ms": turn.start_ms,
        "end_ms": turn.end_ms,
        "question": turn.question,
        "mark": turn.mark,
        **place(writer.protocol, turn.stage_id, turn.touchpoint_id, None),
        "proposed": place(writer.protocol, turn.proposed_stage_id, None, None)["stage"],
        "confirmed_by": turn.confirmed_by,
        "confirmed_at": turn.confirmed_at,
        "version": turn.version,
    }
    span = start, start + len(text.text)
    source.selections.append(Selection(turn.id, turn.speaker, *span, PROGRAM, None, described("", facts)))
    for said in person.said.get(turn.id, []):
        told = Flattened(said.statement.text)
        # A statement is its turn's words; one whose turn was mended since stands below it.
        source.selections += writer.selections(said, told, start if told.text == text.text else _below(source, told))
    source.read.append(turn.id)


def _below(source: Source, told: Flattened) -> int:
    start = source.add(told.text)
    source.add("\n\n")
    return start
