"""Notes of a map: written, changed, moved, taken away and brought back, by several people at once, none overwriting another.

Whoever changes a map holds its row, so changes follow each other. What is asked for and stands already is answered as it
stands, whatever version the caller saw: a request that is sent twice happens once.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.maps import quotation_queries, quotations
from app.maps.board import queries
from app.maps.board.errors import EmptyNote, IdTaken, StaleMap, TooManyOnMap, UnknownLane, UnknownPlace
from app.maps.board.looks import Viewer
from app.maps.board.maps import opened_for_change, touched
from app.maps.board.models import TEAM_LANES, ExperienceMap, MapNote
from app.maps.board.schemas import MOST_IN_CELL, MOST_NOTES, NewNote, NoteChange
from app.maps.quotations import Span
from app.participants.sight import everyone
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol


def add(session: Session, access: StudyAccess, map_id: UUID, given: NewNote) -> tuple[MapNote, bool]:
    """Return the note that ``given`` asks for, and whether it is new.

    IdTaken where the id holds other content (with it) or stands in another map; EmptyNote, UnknownLane, UnknownPlace,
    UnknownSpan, TooManyOnMap, MapRetired, NotFound.
    """
    row = opened_for_change(session, access.study.id, map_id)
    protocol = studies.protocol(session, row.study_id)
    wanted = _fields(protocol, given.model_dump(exclude={"id", "position", "quotations"}), None)
    spans = [one.span() for one in given.quotations]
    known = queries.note(session, row.study_id, given.id)
    if known is not None:
        return _again(session, row, protocol, known, wanted, spans), False
    _require_words(wanted["text"], spans, wanted["touchpoint_id"], wanted["lane"])
    if len(queries.notes(session, row.study_id, map_id)) >= MOST_NOTES:
        raise TooManyOnMap()
    now, by = clock.now(), access.actor.label
    made = MapNote(
        study_id=row.study_id,
        id=given.id,
        map_id=map_id,
        position=MOST_IN_CELL,
        origin="team",
        created_at=now,
        updated_at=now,
        updated_by=by,
        version=1,
        **wanted,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # In another map somebody took the id at this very moment; in this one we hold the row.
        raise IdTaken() from None
    _place(session, row, made, given.position)
    quotations.set_quotations(session, everyone(row.study_id), "note", made.id, spans, found_by=access.actor.name or by)
    touched(session, access, row, "map.note_added", detail=_where(protocol, made))
    return made, True


def change(
    session: Session, access: StudyAccess, map_id: UUID, note_id: UUID, given: NoteChange, version: int
) -> MapNote:
    """Return the note with what ``given`` names changed; another stage, lane or position moves it.

    StaleMap, with the note as it stands, if it changed since ``version``. NotFound for one that is not in this map or was
    removed; else as ``add``.
    """
    row = opened_for_change(session, access.study.id, map_id)
    protocol = studies.protocol(session, row.study_id)
    note = _there(session, row, note_id)
    asked = given.model_dump(exclude_unset=True)
    wanted = _fields(protocol, asked, note)
    before = _spans(session, note)
    spans = before if given.quotations is None else [one.span() for one in given.quotations]
    moved = _moves(session, row, note, wanted, given.position)
    if not moved and spans == before and all(getattr(note, name) == value for name, value in wanted.items()):
        return note
    if note.version != version:
        raise StaleMap(document(session, protocol, note))
    _require_words(wanted["text"], spans, wanted["touchpoint_id"], wanted["lane"])
    for name, value in wanted.items():
        setattr(note, name, value)
    if moved:
        _place(session, row, note, given.position)
    if spans != before:
        by = access.actor.name or access.actor.label
        quotations.set_quotations(session, everyone(row.study_id), "note", note.id, spans, found_by=by)
    _stamped(note, access)
    touched(session, access, row, "map.note_changed", detail=_where(protocol, note) | {"fields": sorted(asked)})
    return note


def remove(session: Session, access: StudyAccess, map_id: UUID, note_id: UUID, version: int) -> MapNote:
    """Take a note off the map; one that is off already is no error. It can be brought back. NotFound, StaleMap."""
    row = opened_for_change(session, access.study.id, map_id)
    protocol = studies.protocol(session, row.study_id)
    note = _of_map(session, row, note_id)
    if note.removed_at is not None:
        return note
    if note.version != version:
        raise StaleMap(document(session, protocol, note))
    note.removed_at = clock.now()
    _stamped(note, access)
    touched(session, access, row, "map.note_removed", detail=_where(protocol, note))
    return note


def bring_back(session: Session, access: StudyAccess, map_id: UUID, note_id: UUID, version: int) -> MapNote:
    """Put a note that was taken off back into its cell; one that is there is no error. NotFound, StaleMap, TooManyOnMap."""
    row = opened_for_change(session, access.study.id, map_id)
    protocol = studies.protocol(session, row.study_id)
    note = _of_map(session, row, note_id)
    if note.removed_at is None:
        return note
    if note.version != version:
        raise StaleMap(document(session, protocol, note))
    note.removed_at = None
    _stamped(note, access)
    _place(session, row, note, note.position)
    touched(session, access, row, "map.note_brought_back", detail=_where(protocol, note))
    return note


def read(session: Session, viewer: Viewer, map_id: UUID, note_id: UUID) -> dict[str, object]:
    """Return a note's document, also one that was removed. NotFound, as a note that this viewer would not see is.

    Who may not read words is not told which statements a note rests on.
    """
    study_id = viewer.sight.study_id
    note = queries.note(session, study_id, note_id)
    if note is None or note.map_id != map_id:
        raise NotFound()
    protocol = studies.protocol(session, study_id)
    found = document(session, protocol, note)
    if not viewer.text:
        if not note.text and note.touchpoint_id is None:
            raise NotFound()
        found["quotations"] = []
    return found


def document(session: Session, protocol: StudyProtocol, note: MapNote) -> dict[str, object]:
    """Return a note as whoever edits it knows it: its own fields, and the spans (no words) that it rests on."""
    touchpoint = protocol.touchpoint_of(note.touchpoint_id)
    return {
        "id": str(note.id),
        "stage": protocol.stage_of(note.stage_id).key,
        "lane": note.lane,
        "position": note.position,
        "text": note.text,
        "party": note.party,
        "touchpoint": touchpoint.key if touchpoint else None,
        "quotations": [
            {"statement": str(one.statement_id), "start": one.start, "end": one.end} for one in _spans(session, note)
        ],
        "origin": note.origin,
        "source": note.source_name,
        "version": note.version,
        "removed": note.removed_at is not None,
    }


def _again(
    session: Session,
    row: ExperienceMap,
    protocol: StudyProtocol,
    known: MapNote,
    wanted: Mapping[str, Any],
    spans: Sequence[Span],
) -> MapNote:
    if known.map_id != row.id:
        raise IdTaken()
    same = all(getattr(known, name) == value for name, value in wanted.items())
    if not same or _spans(session, known) != list(dict.fromkeys(spans)):
        raise IdTaken(document(session, protocol, known))
    return known


def _fields(protocol: StudyProtocol, asked: Mapping[str, Any], note: MapNote | None) -> dict[str, Any]:
    """Return the columns that a note shall have: as asked, else as it stands. UnknownPlace, UnknownLane."""
    stage_id = note.stage_id if note else None
    if asked.get("stage") is not None:
        stage = protocol.stage(asked["stage"])
        if stage is None:
            raise UnknownPlace()
        stage_id = stage.id
    if stage_id is None:
        raise UnknownPlace()
    lane = asked.get("lane") or (note.lane if note else "")
    text = asked["text"] if asked.get("text") is not None else (note.text if note else "")
    party = asked.get("party", note.party if note else None)
    touchpoint_id = _touchpoint(protocol, stage_id, asked, note)
    if party is not None and lane not in TEAM_LANES:
        if asked.get("party") is not None:
            raise UnknownLane()
        party = None
    return {"stage_id": stage_id, "lane": lane, "text": text, "party": party, "touchpoint_id": touchpoint_id}


def _touchpoint(protocol: StudyProtocol, stage_id: UUID, asked: Mapping[str, Any], note: MapNote | None) -> UUID | None:
    if asked.get("touchpoint") is not None:
        found = protocol.touchpoint(stage_id, asked["touchpoint"])
        if found is None:
            raise UnknownLane()
        return found.id
    if note is None or "touchpoint" in asked:
        return None
    # Moved to another stage, a note that stands for a touchpoint by its name alone keeps it; it would say nothing else.
    kept = protocol.touchpoint_of(note.touchpoint_id)
    return kept.id if kept and (kept.stage_id == stage_id or not note.text) else None


def _require_words(text: str, spans: Sequence[Span], touchpoint_id: UUID | None, lane: str) -> None:
    if not text and not spans and not (touchpoint_id and lane in TEAM_LANES):
        raise EmptyNote()


def _moves(
    session: Session, row: ExperienceMap, note: MapNote, wanted: Mapping[str, Any], position: int | None
) -> bool:
    if (wanted["stage_id"], wanted["lane"]) != (note.stage_id, note.lane):
        return True
    if position is None:
        return False
    cell = _cell(session, row, note)
    return cell.index(note) != min(position, len(cell) - 1)


def _cell(session: Session, row: ExperienceMap, note: MapNote) -> list[MapNote]:
    notes = queries.notes(session, row.study_id, row.id)
    return [one for one in notes if (one.stage_id, one.lane) == (note.stage_id, note.lane)]


def _place(session: Session, row: ExperienceMap, note: MapNote, position: int | None) -> None:
    """Put the note at its place in the cell in which it stands now; the others make room and are otherwise untouched."""
    session.flush()
    others = [one for one in _cell(session, row, note) if one.id != note.id]
    if len(others) >= MOST_IN_CELL:
        raise TooManyOnMap()
    others.insert(len(others) if position is None else position, note)
    for place, one in enumerate(others):
        one.position = place


def _there(session: Session, row: ExperienceMap, note_id: UUID) -> MapNote:
    note = _of_map(session, row, note_id)
    if note.removed_at is not None:
        raise NotFound()
    return note


def _of_map(session: Session, row: ExperienceMap, note_id: UUID) -> MapNote:
    note = queries.note(session, row.study_id, note_id)
    if note is None or note.map_id != row.id:
        raise NotFound()
    return note


def _spans(session: Session, note: MapNote) -> list[Span]:
    rows = quotation_queries.of_owners(session, note.study_id, "note", [note.id])
    return [Span(one.statement_id, one.start, one.end) for one in rows]


def _stamped(note: MapNote, access: StudyAccess) -> None:
    note.version += 1
    note.updated_at, note.updated_by = clock.now(), access.actor.label


def _where(protocol: StudyProtocol, note: MapNote) -> dict[str, object]:
    stage = protocol.stage_of(note.stage_id).key
    return {"note": str(note.id), "stage": stage, "lane": note.lane, "version": note.version}
