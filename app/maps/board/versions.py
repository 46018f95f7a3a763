"""Maps as they stood when somebody kept them: opened, compared, and put back. A version holds no words of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.maps import quotation_queries, quotations
from app.maps.board import queries, reading
from app.maps.board.differences import NoteDifference, differences
from app.maps.board.errors import StaleMap, TooManyOnMap
from app.maps.board.looks import Target, Viewer
from app.maps.board.maps import map_document, opened_for_change, touched
from app.maps.board.models import ExperienceMap, MapNote, MapTarget, MapVersion
from app.maps.board.reading import Note, Seen, note_of
from app.maps.board.schemas import MOST_VERSIONS
from app.maps.board.targets import target_of
from app.maps.quotations import Span
from app.participants.sight import everyone
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol

FORMAT: Final = 1
BEFORE: Final = "—"
"""The label of what is kept by itself before an earlier version is put back."""

_NOTE = ("lane", "position", "text", "origin", "source_name", "party", "updated_by", "version")
_PUT_BACK = ("lane", "position", "text", "origin", "source_name", "party")


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A kept version by itself; ``notes`` says how many stood in it. ``label`` "—": kept before another was put back."""

    number: int
    label: str
    created_at: datetime
    created_by: str
    revision: int
    notes: int


def keep(session: Session, access: StudyAccess, map_id: UUID, label: str, revision: int | None = None) -> VersionFacts:
    """Keep a map as it stands. StaleMap if it changed since ``revision``; TooManyOnMap, MapRetired.

    Kept twice in the same state under the same label it is one version.
    """
    row = opened_for_change(session, access.study.id, map_id)
    if revision is not None and row.revision != revision:
        raise StaleMap(map_document(row))
    last, count = queries.last_version(session, row.study_id, map_id)
    document = _document(session, row)
    if last:
        newest = queries.version(session, row.study_id, map_id, last)
        if newest.document == document and newest.label == label:
            return facts(newest)
    if count >= MOST_VERSIONS:
        raise TooManyOnMap()
    made = MapVersion(
        study_id=row.study_id,
        map_id=map_id,
        number=last + 1,
        label=label,
        document=document,
        created_at=clock.now(),
        created_by=access.actor.label,
    )
    session.add(made)
    session.flush()
    # A version changes nothing of the map: whoever is editing goes on.
    record(session, Change(access.actor.label, "map.kept", row.study_id, row.id, {"number": made.number}))
    return facts(made)


def of(session: Session, study_id: UUID, map_id: UUID) -> list[VersionFacts]:
    """Return the kept versions of a map, the newest first."""
    return [facts(one) for one in queries.versions(session, study_id, map_id)]


def facts(row: MapVersion) -> VersionFacts:
    """Return a kept version by itself."""
    document = row.document
    return VersionFacts(
        row.number, row.label, row.created_at, row.created_by, document["revision"], len(document["notes"])
    )


def opened(
    session: Session, viewer: Viewer, protocol: StudyProtocol, map_id: UUID, number: int
) -> tuple[Seen, list[Target]]:
    """Return the notes and targets of a kept version as the viewer may see them. NotFound."""
    row = queries.version(session, protocol.study.id, map_id, number)
    kept = [(_note(one), _spans(one)) for one in row.document["notes"]]
    targets = [_target(one, row) for one in row.document["targets"]]
    return reading.of_spans(session, viewer, protocol, kept, stored=False), targets


def differ(
    session: Session, study_id: UUID, map_id: UUID, earlier: int, later: int | None = None
) -> list[NoteDifference]:
    """Return which notes were added, removed and changed from one version to another (None: the map as it stands)."""
    before = queries.version(session, study_id, map_id, earlier).document
    if later is None:
        after = _document(session, queries.map_of(session, study_id, map_id))
    else:
        after = queries.version(session, study_id, map_id, later).document
    return differences(
        {_note(one).id: (_note(one), [span for span, _ in _spans(one)]) for one in before["notes"]},
        {_note(one).id: (_note(one), [span for span, _ in _spans(one)]) for one in after["notes"]},
    )


def restore(session: Session, access: StudyAccess, map_id: UUID, number: int, revision: int) -> ExperienceMap:
    """Put a map back as it stood in a version. What stood until now is kept first, so that nothing is lost.

    Words of people that are gone stay gone. StaleMap if the map changed since ``revision``; NotFound, MapRetired.
    """
    row = opened_for_change(session, access.study.id, map_id)
    if row.revision != revision:
        raise StaleMap(map_document(row))
    wanted = queries.version(session, row.study_id, map_id, number).document
    keep(session, access, map_id, BEFORE)
    _put_notes(session, access, row, wanted["notes"])
    _put_targets(session, access, row, wanted["targets"])
    touched(session, access, row, "map.restored", detail={"number": number})
    return row


def _document(session: Session, row: ExperienceMap) -> dict[str, Any]:
    notes = queries.notes(session, row.study_id, row.id)
    spans: dict[UUID, list[dict[str, Any]]] = {one.id: [] for one in notes}
    for one in quotation_queries.of_owners(session, row.study_id, "note", list(spans)):
        span = {"statement": str(one.statement_id), "start": one.start, "end": one.end, "found_by": one.found_by}
        spans[one.owner_id].append(span)
    return {
        "format": FORMAT,
        "revision": row.revision,
        "title": row.title,
        "notes": [
            {name: getattr(one, name) for name in _NOTE}
            | {
                "id": str(one.id),
                "stage": str(one.stage_id),
                "touchpoint": str(one.touchpoint_id) if one.touchpoint_id else None,
                "quotations": spans[one.id],
            }
            for one in notes
        ],
        "targets": [
            {
                "stage": str(one.stage_id),
                "sentiment_micro": one.sentiment_micro,
                "effort_micro": one.effort_micro,
                "words": one.words,
            }
            for one in sorted(queries.targets(session, row.study_id, row.id), key=lambda one: one.stage_id)
        ],
    }


def _note(kept: Mapping[str, Any]) -> Note:
    return Note(
        id=UUID(kept["id"]),
        stage_id=UUID(kept["stage"]),
        touchpoint_id=UUID(kept["touchpoint"]) if kept["touchpoint"] else None,
        updated_at=None,
        **{name: kept[name] for name in _NOTE},
    )


def _spans(kept: Mapping[str, Any]) -> list[tuple[Span, str]]:
    return [
        (Span(UUID(one["statement"]), one["start"], one["end"]), str(one["found_by"])) for one in kept["quotations"]
    ]


def _target(kept: Mapping[str, Any], row: MapVersion) -> Target:
    return target_of(
        MapTarget(
            stage_id=UUID(kept["stage"]),
            sentiment_micro=kept["sentiment_micro"],
            effort_micro=kept["effort_micro"],
            words=kept["words"],
            version=0,
            updated_at=row.created_at,
            updated_by=row.created_by,
        )
    )


def _put_notes(session: Session, access: StudyAccess, row: ExperienceMap, wanted: Sequence[Mapping[str, Any]]) -> None:
    now, by = clock.now(), access.actor.label
    present = {one.id: one for one in queries.notes(session, row.study_id, row.id, removed=True)}
    back = {_note(one).id: one for one in wanted}
    for note_id, one in present.items():
        if note_id not in back and one.removed_at is None:
            one.removed_at, one.updated_at, one.updated_by = now, now, by
            one.version += 1
    for note_id, kept in back.items():
        if note_id in present:
            _put_note(session, access, present[note_id], kept)
    session.flush()


def _put_note(session: Session, access: StudyAccess, row: MapNote, kept: Mapping[str, Any]) -> None:
    note = _note(kept)
    respanned = _put_spans(session, row.study_id, row.id, _spans(kept))
    if row.removed_at is None and _same(row, note) and not respanned:
        return
    for name in (*_PUT_BACK, "stage_id", "touchpoint_id"):
        setattr(row, name, getattr(note, name))
    row.removed_at, row.updated_at, row.updated_by = None, clock.now(), access.actor.label
    row.version += 1


def _same(row: MapNote, note: Note) -> bool:
    stands = note_of(row)
    return all(getattr(stands, name) == getattr(note, name) for name in (*_PUT_BACK, "stage_id", "touchpoint_id"))


def _put_spans(session: Session, study_id: UUID, note_id: UUID, wanted: Sequence[tuple[Span, str]]) -> bool:
    """Let a note rest on these words as far as they still stand; return whether that is a change."""
    sight = everyone(study_id)
    standing = quotations.quoted_spans(session, sight, {note_id: wanted})[note_id]
    spans = {Span(one.said.id, one.start, one.end): one.found_by for one in standing}
    before = quotation_queries.of_owners(session, study_id, "note", [note_id])
    if [Span(one.statement_id, one.start, one.end) for one in before] == list(spans):
        return False
    quotations.set_quotations(session, sight, "note", note_id, list(spans), found_by=spans)
    return True


def _put_targets(
    session: Session, access: StudyAccess, row: ExperienceMap, wanted: Sequence[Mapping[str, Any]]
) -> None:
    present = {one.stage_id: one for one in queries.targets(session, row.study_id, row.id)}
    back = {UUID(one["stage"]): one for one in wanted}
    for stage_id in present.keys() - back.keys():
        session.delete(present[stage_id])
    for stage_id, kept in back.items():
        one = present.get(stage_id)
        if one is None:
            one = MapTarget(study_id=row.study_id, map_id=row.id, stage_id=stage_id, version=0)
            session.add(one)
        aims = (kept["sentiment_micro"], kept["effort_micro"], kept["words"])
        if one.version and (one.sentiment_micro, one.effort_micro, one.words) == aims:
            continue
        one.sentiment_micro, one.effort_micro, one.words = aims
        one.version += 1
        one.updated_at, one.updated_by = clock.now(), access.actor.label
    session.flush()
