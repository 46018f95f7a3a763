"""Notes as somebody may see them: the team's words for everybody, people's for those who may read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy.orm import Session

from app.curves.service import K_ANONYMOUS
from app.maps import quotations
from app.maps.board import queries
from app.maps.board.looks import BoardNote, Viewer
from app.maps.board.models import PEOPLE_LANES, MapNote
from app.maps.quotations import Quoted, Span, Standing
from app.participants.sight import everyone
from app.studies.protocol import StudyProtocol

NOTHING = Standing(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it stands, stood in a version, or is proposed, before it is known who looks."""

    id: UUID
    stage_id: UUID
    lane: str
    position: int
    text: str
    origin: str
    source_name: str
    party: str | None
    touchpoint_id: UUID | None
    version: int = 0
    updated_at: datetime | None = None
    updated_by: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Notes that are shown, in the order of their cells, and how many of people's words all notes of a cell rest on."""

    notes: Sequence[BoardNote]
    rested_on: Mapping[tuple[UUID, str], int]


def stored(session: Session, viewer: Viewer, protocol: StudyProtocol, map_id: UUID) -> Seen:
    """Return the notes of a map."""
    study_id = protocol.study.id
    notes = [note_of(row) for row in queries.notes(session, study_id, map_id)]
    ids = [one.id for one in notes]
    counts = quotations.standing(session, study_id, "note", ids)
    quotes = quotations.quotations_of(session, viewer.sight, "note", ids) if viewer.text else {}
    return seen(viewer, protocol, notes, quotes, counts, stored=True)


def of_spans(
    session: Session,
    viewer: Viewer,
    protocol: StudyProtocol,
    notes: Sequence[tuple[Note, Sequence[tuple[Span, str]]]],
    *,
    stored: bool,
) -> Seen:
    """Return notes whose quotations are given beside them: those of a version or of a proposal."""
    spans = {note.id: those for note, those in notes}
    everything = quotations.quoted_spans(session, everyone(protocol.study.id), spans)
    counts = {note_id: _counted(quotes) for note_id, quotes in everything.items()}
    narrowed = viewer.sight.consents is not None
    shown = quotations.quoted_spans(session, viewer.sight, spans) if narrowed else everything
    return seen(viewer, protocol, [note for note, _ in notes], shown if viewer.text else {}, counts, stored=stored)


def seen(
    viewer: Viewer,
    protocol: StudyProtocol,
    notes: Sequence[Note],
    quotes: Mapping[UUID, Sequence[Quoted]],
    counts: Mapping[UUID, Standing],
    *,
    stored: bool,
) -> Seen:
    """Return what of ``notes`` the viewer sees.

    A note that has neither words of the team nor of anybody whom the viewer may read is left out; what it rests on counts.
    """
    shown = []
    rested_on: dict[tuple[UUID, str], int] = {}
    for note in sorted(notes, key=lambda one: (one.lane, one.position, one.id)):
        count = counts.get(note.id, NOTHING)
        cell = (note.stage_id, note.lane)
        rested_on[cell] = rested_on.get(cell, 0) + count.quotes
        one = _shown(viewer, protocol, note, quotes.get(note.id, ()), count, stored=stored)
        if one.shown:
            shown.append(one)
    return Seen(shown, rested_on)


def note_of(row: MapNote) -> Note:
    """Return a stored note."""
    return Note(
        row.id,
        row.stage_id,
        row.lane,
        row.position,
        row.text,
        row.origin,
        row.source_name,
        row.party,
        row.touchpoint_id,
        row.version,
        row.updated_at,
        row.updated_by,
    )


def _shown(
    viewer: Viewer, protocol: StudyProtocol, note: Note, quotes: Sequence[Quoted], count: Standing, *, stored: bool
) -> BoardNote:
    own = note.text or _name(protocol, note)
    hidden = not viewer.text and 0 < count.people < K_ANONYMOUS
    return BoardNote(
        id=note.id,
        stage_id=note.stage_id,
        lane=note.lane,
        position=note.position,
        text=note.text,
        shown=own or (quotes[0].words if quotes else ""),
        own=bool(own),
        quotes=tuple(quotes),
        quote_count=None if hidden else count.quotes,
        people=None if hidden else count.people,
        observers=None if hidden else count.observers,
        origin=cast(Literal["team", "code", "model"], note.origin),
        source_name=note.source_name,
        party=note.party,
        touchpoint_id=note.touchpoint_id,
        version=note.version,
        updated_at=note.updated_at,
        updated_by=note.updated_by,
        stored=stored,
    )


def _name(protocol: StudyProtocol, note: Note) -> str:
    """The name of its touchpoint says a note of the organisation's lanes that has no words of its own."""
    touchpoint = protocol.touchpoint_of(note.touchpoint_id)
    return touchpoint.name if touchpoint and note.lane not in PEOPLE_LANES else ""


def _counted(quotes: Sequence[Quoted]) -> Standing:
    people = {one.said.participant_id for one in quotes if not one.observed}
    observers = {one.said.participant_id for one in quotes if one.observed}
    return Standing(len(quotes), len(people), len(observers))
