"""Maps themselves: made, renamed, put away and back; and every change of one counted and logged."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.curves import queries as curves
from app.curves.errors import UnknownSegment
from app.maps import quotations
from app.maps.board import queries
from app.maps.board.errors import IdTaken, MapHasPair, MapRetired, NotPaired, StaleMap, TooManyOnMap
from app.maps.board.models import ExperienceMap, MapNote
from app.maps.board.schemas import MOST_MAPS, MapChange, NewMap
from app.maps.quotations import Span
from app.participants.sight import everyone
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.web.i18n import mark as _


def create(session: Session, access: StudyAccess, given: NewMap) -> tuple[ExperienceMap, bool]:
    """Return the map that ``given`` asks for, and whether it is new: the same request again makes no second one.

    A to-be map takes the notes of its as-is map over. NotPaired unless that is one, NotFound, IdTaken, UnknownSegment,
    TooManyOnMap.
    """
    study_id = access.study.id
    known = session.get(ExperienceMap, (study_id, given.id), populate_existing=True)
    if known is not None:
        if not _same(known, given):
            raise IdTaken()
        return known, False
    if len(queries.maps(session, study_id, retired=True)) >= MOST_MAPS:
        raise TooManyOnMap()
    if given.as_is is not None and opened_for_change(session, study_id, given.as_is).kind != "as_is":
        raise NotPaired()
    _require_known(session, study_id, given.wave, given.segment)
    made = ExperienceMap(
        study_id=study_id,
        id=given.id,
        title=given.title,
        kind=given.kind,
        as_is_id=given.as_is,
        wave=given.wave or None,
        segment=given.segment or None,
        revision=1,
        created_at=clock.now(),
        created_by=access.actor.label,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # Made at this very moment by the same request, sent twice, or another one.
        raise IdTaken() from None
    if given.as_is is not None:
        _take_over(session, access, given.as_is, made.id)
    record(session, Change(access.actor.label, "map.made", study_id, made.id, {"kind": given.kind}))
    session.flush()
    return made, True


def change(session: Session, access: StudyAccess, map_id: UUID, given: MapChange, revision: int) -> ExperienceMap:
    """Let a map be as ``given`` says. StaleMap if it changed since ``revision``; MapHasPair, MapRetired, UnknownSegment."""
    row = queries.map_of(session, access.study.id, map_id, held=True)
    wanted = given.model_dump(exclude_unset=True)
    if "title" in wanted and wanted["title"] is None:
        del wanted["title"]
    retired = wanted.pop("retired", None)
    if _stands(row, wanted, retired):
        return row
    if row.revision != revision:
        raise StaleMap(map_document(row))
    if row.retired_at is not None and retired is not False:
        raise MapRetired()
    _require_known(session, row.study_id, wanted.get("wave"), wanted.get("segment"))
    for name, value in wanted.items():
        setattr(row, name, value or None)
    if retired is not None:
        _retire(session, row, retired=retired)
    action = "map.changed" if retired is None else "map.retired" if retired else "map.brought_back"
    touched(session, access, row, action, detail={"changed": sorted(wanted)})
    return row


def map_document(row: ExperienceMap) -> dict[str, object]:
    """Return a map by itself as programs receive it."""
    return {
        "id": str(row.id),
        "title": row.title,
        "kind": row.kind,
        "as_is": str(row.as_is_id) if row.as_is_id else None,
        "wave": row.wave,
        "segment": row.segment,
        "revision": row.revision,
        "created_at": row.created_at.isoformat(),
        "retired_at": row.retired_at.isoformat() if row.retired_at else None,
    }


def opened_for_change(session: Session, study_id: UUID, map_id: UUID) -> ExperienceMap:
    """Return a map, held until the transaction ends, so that changes of it follow each other. NotFound, MapRetired."""
    row = queries.map_of(session, study_id, map_id, held=True)
    if row.retired_at is not None:
        raise MapRetired()
    return row


def touched(
    session: Session, access: StudyAccess, row: ExperienceMap, action: str, *, detail: Mapping[str, object]
) -> None:
    """Count and log a change of a map that is held; ``detail`` never holds words."""
    row.revision += 1
    session.flush()
    record(session, Change(access.actor.label, action, row.study_id, row.id, detail))


def descendant(to_be_id: UUID, note_id: UUID) -> UUID:
    """Return the id that a note of the as-is map has in a to-be map: so the two are known to be one."""
    return uuid5(to_be_id, note_id.hex)


def _take_over(session: Session, access: StudyAccess, as_is_id: UUID, to_be_id: UUID) -> None:
    study_id, now = access.study.id, clock.now()
    notes = queries.notes(session, study_id, as_is_id)
    for one in notes:
        copy = {name: getattr(one, name) for name in _TAKEN}
        session.add(
            MapNote(
                **copy,
                study_id=study_id,
                id=descendant(to_be_id, one.id),
                map_id=to_be_id,
                version=1,
                created_at=now,
                updated_at=now,
                updated_by=access.actor.label,
            )
        )
    session.flush()
    sight = everyone(study_id)
    seen = quotations.quotations_of(session, sight, "note", [one.id for one in notes])
    for note_id, quotes in seen.items():
        spans = {Span(one.said.id, one.start, one.end): one.found_by for one in quotes}
        owner = descendant(to_be_id, note_id)
        quotations.set_quotations(session, sight, "note", owner, list(spans), found_by=spans)


_TAKEN = ("stage_id", "lane", "position", "text", "origin", "source_name", "touchpoint_id", "party")


def _same(row: ExperienceMap, given: NewMap) -> bool:
    return (row.title, row.kind, row.as_is_id, row.wave, row.segment) == (
        given.title,
        given.kind,
        given.as_is,
        given.wave or None,
        given.segment or None,
    )


def _stands(row: ExperienceMap, wanted: Mapping[str, object], retired: bool | None) -> bool:
    same = all(getattr(row, name) == (value or None) for name, value in wanted.items())
    return same and retired in (None, row.retired_at is not None)


def _retire(session: Session, row: ExperienceMap, *, retired: bool) -> None:
    if not retired:
        if row.as_is_id and queries.map_of(session, row.study_id, row.as_is_id).retired_at is not None:
            raise MapRetired()
        row.retired_at = None
        return
    if any(one.as_is_id == row.id for one in queries.maps(session, row.study_id)):
        raise MapHasPair()
    row.retired_at = clock.now()


def _require_known(session: Session, study_id: UUID, wave: str | None, segment: str | None) -> None:
    if wave and studies.protocol(session, study_id).wave(wave) is None:
        raise Invalid(fields=[FieldError("wave", _("这个研究没有这一轮"), "unknown_wave")])
    if segment:
        attribute, colon, value = segment.partition(":")
        if not (attribute and colon and value) or attribute not in curves.attribute_values(session, study_id):
            raise UnknownSegment()
