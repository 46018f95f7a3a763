"""Putting down facts and support, and taking a proposed touchpoint into the protocol."""

import hashlib
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, NotFound, PreconditionRequired
from app.maps.ecosystem import queries
from app.maps.ecosystem.errors import StaleFacts, SupportTaken, UnknownPlace
from app.maps.ecosystem.models import SupportLog, TouchpointFacts
from app.maps.ecosystem.schemas import FactsIn, SupportIn
from app.participants import queries as participants
from app.studies import queries as studies
from app.studies import service as studies_service
from app.studies.models import Touchpoint
from app.studies.protocol import StageFacts, StudyProtocol
from app.studies.schemas import NewTouchpoint
from app.web.i18n import mark as _


def put_facts(
    session: Session,
    actor: StaffActor,
    study_id: UUID,
    touchpoint_id: UUID,
    given: FactsIn,
    *,
    seen_version: int | None,
) -> TouchpointFacts:
    """Return the facts of a touchpoint as they stand after ``given`` was put down over version ``seen_version``.

    Version 0 is what stands where nothing was put down. PreconditionRequired for None; StaleFacts, and nothing is
    changed, where another version stands; NotFound for a touchpoint that the study does not have.
    """
    if seen_version is None:
        raise PreconditionRequired()
    if not queries.hold_touchpoint(session, study_id, touchpoint_id):
        raise NotFound()
    row = queries.facts_at(session, study_id, touchpoint_id)
    standing = row.version if row else 0
    if seen_version != standing:
        raise StaleFacts({**facts_in(row).model_dump(), "version": standing})
    if row is not None and facts_in(row) == given:
        return row
    if row is None:
        row = TouchpointFacts(study_id=study_id, touchpoint_id=touchpoint_id)
        session.add(row)
    for name, value in given.model_dump().items():
        setattr(row, name, value)
    row.version, row.updated_at, row.updated_by = standing + 1, clock.now(), actor.label
    detail = {"fields": sorted(given.model_fields_set), "version": row.version}
    record(session, Change(actor.label, "touchpoint.facts_set", study_id, touchpoint_id, detail=detail))
    session.flush()
    return row


def facts_in(row: TouchpointFacts | None) -> FactsIn:
    """Return what stands, in the shape in which it is put down."""
    return FactsIn(**{name: getattr(row, name) for name in FactsIn.model_fields}) if row else FactsIn()


def give_support(
    session: Session, actor: StaffActor, study_id: UUID, given: SupportIn, *, support_id: UUID
) -> tuple[SupportLog, bool]:
    """Return the line of the log with the id ``support_id``, which the client made, and whether it is new.

    The same line again, removed or not, changes nothing; SupportTaken for another of the same id; UnknownPlace for a
    stage, touchpoint or participant that the study does not have.
    """
    line = _line(session, study_id, given, support_id)
    try:
        with session.begin_nested():
            _require_free(session, study_id, support_id)
            line.created_at, line.created_by = clock.now(), actor.label
            session.add(line)
    except (IntegrityError, SupportTaken):
        standing = queries.support_line(session, study_id, support_id)
        if standing is None or any(getattr(standing, name) != getattr(line, name) for name in SAID):
            raise SupportTaken() from None
        return standing, False
    detail = {"stage": given.stage, "channel": given.channel, "generic": given.generic, "contacts": given.contacts}
    record(session, Change(actor.label, "support.given", study_id, support_id, detail=detail))
    session.flush()
    return line, True


SAID = (
    "stage_id", "touchpoint_id", "participant_id", "phase", "channel", "generic", "contacts", "day_from", "day_to", "on",
    "words",
)  # fmt: skip


def remove_support(session: Session, actor: StaffActor, study_id: UUID, support_id: UUID) -> None:
    """Take a line out of the log; once more changes nothing. NotFound for a line that never was."""
    line = queries.support_line(session, study_id, support_id)
    if line is None:
        raise NotFound()
    if line.removed_at is None:
        line.removed_at = clock.now()
        record(session, Change(actor.label, "support.removed", study_id, support_id))
        session.flush()


def adopt(session: Session, actor: StaffActor, study_id: UUID, stage: StageFacts, name: str) -> Touchpoint:
    """Return the psychological touchpoint ``name`` of the stage, added to the protocol unless it is there."""
    protocol = studies.protocol(session, study_id)
    for one in protocol.touchpoints_of(stage.id):
        if one.name == name:
            return session.get_one(Touchpoint, (study_id, one.id))
    key = "mind_" + hashlib.sha256(name.encode()).hexdigest()[:10]
    given = NewTouchpoint(stage=stage.key, key=key, name=name, kind="psychological", frontstage=True)
    return studies_service.put_touchpoint(session, actor, study_id, given)


def _require_free(session: Session, study_id: UUID, support_id: UUID) -> None:
    if queries.support_line(session, study_id, support_id) is not None:
        raise SupportTaken()


def _line(session: Session, study_id: UUID, given: SupportIn, support_id: UUID) -> SupportLog:
    protocol = studies.protocol(session, study_id)
    stage = protocol.stage(given.stage)
    if stage is None:
        raise _unknown("stage")
    return SupportLog(
        study_id=study_id,
        id=support_id,
        stage_id=stage.id,
        touchpoint_id=_touchpoint(protocol, stage, given.touchpoint),
        participant_id=_participant(session, study_id, given.participant),
        **given.model_dump(exclude={"stage", "touchpoint", "participant"}),
    )


def _touchpoint(protocol: StudyProtocol, stage: StageFacts, key: str | None) -> UUID | None:
    if key is None:
        return None
    found = protocol.touchpoint(stage.id, key)
    if found is None:
        raise _unknown("touchpoint")
    return found.id


def _participant(session: Session, study_id: UUID, code: str | None) -> UUID | None:
    if code is None:
        return None
    person = participants.by_code(session, study_id, code)
    if person is None:
        raise _unknown("participant")
    return person.id


def _unknown(field: str) -> UnknownPlace:
    return UnknownPlace(fields=[FieldError(field, _("这个研究里没有这一项"), "unknown")])
