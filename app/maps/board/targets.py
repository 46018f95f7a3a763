"""What a to-be map aims at stage by stage, and what people expect on the road. Neither is overwritten unseen."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.db import MICRO, to_micro
from app.maps.board import queries
from app.maps.board.errors import NotPaired, StaleMap, UnknownPlace
from app.maps.board.looks import Target
from app.maps.board.maps import opened_for_change, touched
from app.maps.board.models import Expectation, MapTarget
from app.maps.board.schemas import ExpectationIn, TargetIn
from app.studies import queries as studies
from app.studies.access import StudyAccess


def target_of(row: MapTarget) -> Target:
    """Return a stored target in units of the curve and of the scale of effort."""
    return Target(
        row.stage_id,
        None if row.sentiment_micro is None else row.sentiment_micro / MICRO,
        None if row.effort_micro is None else row.effort_micro / MICRO,
        row.words,
        row.version,
        row.updated_at,
        row.updated_by,
    )


def target_document(one: Target) -> dict[str, object]:
    """Return a target as programs receive it."""
    return {"sentiment": one.sentiment, "effort": one.effort, "words": one.words, "version": one.version}


def put_target(
    session: Session, access: StudyAccess, map_id: UUID, stage_key: str, given: TargetIn, version: int
) -> Target:
    """Let a to-be map aim at ``given`` in a stage; ``version`` is the one that was seen, 0 where there was none.

    What stands already is answered as it stands. NotPaired for an as-is map, UnknownPlace, StaleMap, MapRetired.
    """
    row = opened_for_change(session, access.study.id, map_id)
    if row.kind != "to_be":
        raise NotPaired()
    stage = studies.protocol(session, access.study.id).stage(stage_key)
    if stage is None:
        raise UnknownPlace()
    kept = next((one for one in queries.targets(session, row.study_id, map_id) if one.stage_id == stage.id), None)
    wanted = (
        None if given.sentiment is None else to_micro(given.sentiment),
        None if given.effort is None else to_micro(given.effort),
        given.words,
    )
    if kept is not None and (kept.sentiment_micro, kept.effort_micro, kept.words) == wanted:
        return target_of(kept)
    if version != (kept.version if kept else 0):
        raise StaleMap(target_document(target_of(kept)) if kept else None)
    if kept is None:
        kept = MapTarget(study_id=row.study_id, map_id=map_id, stage_id=stage.id, version=0)
        session.add(kept)
    kept.sentiment_micro, kept.effort_micro, kept.words = wanted
    kept.version += 1
    kept.updated_at, kept.updated_by = clock.now(), access.actor.label
    touched(session, access, row, "map.target_set", detail={"stage": stage_key, "version": kept.version})
    return target_of(kept)


def put_expectation(
    session: Session,
    access: StudyAccess,
    stage_key: str,
    touchpoint_key: str | None,
    given: ExpectationIn,
    version: int,
) -> Expectation:
    """Let ``given`` be what people expect at a stage or touchpoint; ``version`` is the one seen, 0 where there was none.

    What stands already is answered as it stands. UnknownPlace, StaleMap.
    """
    axis, position = _place(session, access.study.id, stage_key, touchpoint_key)
    kept = _expectation(session, access.study.id, axis, position)
    wanted = (to_micro(given.expected), given.basis)
    if kept is not None and (kept.expected_micro, kept.basis) == wanted:
        return kept
    if version != (kept.version if kept else 0):
        raise StaleMap(expectation_document(kept) if kept else None)
    if kept is None:
        kept = _add(session, access, axis, position)
    kept.expected_micro, kept.basis = wanted
    kept.version += 1
    kept.updated_at, kept.updated_by = clock.now(), access.actor.label
    _log(session, access, "expectation.set", stage_key, touchpoint_key)
    return kept


def remove_expectation(
    session: Session, access: StudyAccess, stage_key: str, touchpoint_key: str | None, version: int
) -> None:
    """Take an expectation away; one that is gone is no error. UnknownPlace, StaleMap."""
    axis, position = _place(session, access.study.id, stage_key, touchpoint_key)
    kept = _expectation(session, access.study.id, axis, position)
    if kept is None:
        return
    if kept.version != version:
        raise StaleMap(expectation_document(kept))
    session.delete(kept)
    _log(session, access, "expectation.removed", stage_key, touchpoint_key)


def expectation_document(one: Expectation) -> dict[str, object]:
    """Return an expectation as programs receive it."""
    return {"expected": one.expected_micro / MICRO, "basis": one.basis, "version": one.version}


def _place(session: Session, study_id: UUID, stage_key: str, touchpoint_key: str | None) -> tuple[str, str]:
    protocol = studies.protocol(session, study_id)
    stage = protocol.stage(stage_key)
    if stage is None:
        raise UnknownPlace()
    if touchpoint_key is None:
        return "stage", stage.id.hex
    touchpoint = protocol.touchpoint(stage.id, touchpoint_key)
    if touchpoint is None:
        raise UnknownPlace()
    return "touchpoint", touchpoint.id.hex


def _expectation(session: Session, study_id: UUID, axis: str, position: str) -> Expectation | None:
    query = select(Expectation).where(
        Expectation.study_id == study_id, Expectation.axis == axis, Expectation.position == position
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _add(session: Session, access: StudyAccess, axis: str, position: str) -> Expectation:
    made = Expectation(
        study_id=access.study.id,
        axis=axis,
        position=position,
        expected_micro=0,
        version=0,
        updated_at=clock.now(),
        updated_by=access.actor.label,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # Somebody else said it at this very moment.
        raise StaleMap() from None
    return made


def _log(session: Session, access: StudyAccess, action: str, stage_key: str, touchpoint_key: str | None) -> None:
    session.flush()
    detail = {"stage": stage_key, "touchpoint": touchpoint_key}
    record(session, Change(access.actor.label, action, access.study.id, detail=detail))
