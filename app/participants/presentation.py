"""Participants as pages and programs see them, and finding the one a path names."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.participants import queries
from app.participants.consents import ConsentState, consent_state, consent_states
from app.participants.models import Participant
from app.participants.schemas import ConsentOut, ParticipantOut
from app.studies.access import StudyAccess


def find_person(session: Session, access: StudyAccess, reference: str | UUID) -> Participant:
    """Return the participant of the study whose code (text) or id is ``reference``; NotFound, also for another study's."""
    if isinstance(reference, UUID):
        found = queries.by_id(session, access.study.id, reference)
    else:
        found = queries.by_code(session, access.study.id, reference)
    if found is None:
        raise NotFound()
    return found


def present(participant: Participant, anchor_on: date | None, consent: ConsentState) -> ParticipantOut:
    """Return one participant as programs see them."""
    return ParticipantOut(
        id=participant.id,
        code=participant.code,
        attributes=participant.attributes,
        anchor_on=anchor_on,
        time_zone=participant.time_zone,
        enrolled_at=participant.enrolled_at,
        withdrawn_at=participant.withdrawn_at,
        consent=ConsentOut(
            version=consent.text.version if consent.text else None,
            complete=consent.suffices(on_phone=False),
            on_phone=consent.suffices(on_phone=True),
            purposes=sorted(consent.given),
        ),
    )


def present_one(session: Session, participant: Participant) -> ParticipantOut:
    """Return one participant as programs see them, read with ``session``."""
    anchor_on = queries.anchor_of(session, participant.study_id, participant.id)
    return present(participant, anchor_on, consent_state(session, participant))


def present_all(session: Session, study_id: UUID, people: Sequence[Participant]) -> list[ParticipantOut]:
    """Return participants of one study as programs see them, with two SELECTs for all of them."""
    ids = [one.id for one in people]
    anchors, consents = queries.anchors(session, study_id, ids), consent_states(session, study_id, ids)
    return [present(one, anchors.get(one.id), consents[one.id]) for one in people]
