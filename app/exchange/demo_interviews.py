"""A demo's interviews and observations, through the services that the pages use: preview, import, confirmed stages."""

from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.core.crypto import Keyring
from app.exchange.demo_fieldwork_shapes import FieldFile, Fieldwork, InterviewFileIn
from app.interviews import guides, importing, observing, staging
from app.interviews import queries as interviews
from app.interviews.guide_schemas import GuideIn
from app.interviews.importing import Given
from app.interviews.models import Turn
from app.interviews.staging import Choice
from app.interviews.transcripts import reading
from app.participants import queries as participants
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol


def gather(session: Session, keyring: Keyring, access: StudyAccess, fieldwork: Fieldwork, told: FieldFile) -> None:
    """Publish the guide of ``told``, take its interviews in, confirm their stages, and write its observations down.

    ValueError where the file names what is not there.
    """
    study, actor = access.study, access.actor.label
    protocol = studies.protocol(session, study.id)
    guides.publish(session, actor, protocol, GuideIn(questions=told.guide), version=0)
    for one in told.interviews:
        _take_in(session, keyring, access, protocol, one, fieldwork.transcript(one.file))
    for seen in told.observations:
        observing.write(session, actor, study, protocol, seen.given(), uuid5(study.id, f"observation:{seen.key}"))


def interview_id(access: StudyAccess, fieldwork: Fieldwork, name: str) -> UUID:
    """Return the id under which the transcript ``name`` was taken in."""
    return importing.id_of(access.study.id, reading.read(fieldwork.transcript(name), name))


def _take_in(
    session: Session, keyring: Keyring, access: StudyAccess, protocol: StudyProtocol, one: InterviewFileIn, raw: bytes
) -> None:
    study, actor = access.study, access.actor.label
    source = reading.read(raw, one.file)
    transcript = reading.understand(source, codes=participants.codes(session, study.id))
    given = Given(one.person, one.title, one.held_on)
    stored = importing.import_interview(session, keyring, actor, study, source, transcript, given)
    waiting = interviews.turns_of(session, study.id, stored.interview_id, waiting=True)
    if unknown := [begins for begins in one.places if not any(turn.text.startswith(begins) for turn in waiting)]:
        raise ValueError(f"the demo's own interview {one.file} has {len(unknown)} places of nothing that was said")
    choices = [_choice(protocol, one, turn) for turn in waiting]
    staging.confirm(session, actor, study.id, choices)


def _choice(protocol: StudyProtocol, one: InterviewFileIn, turn: Turn) -> Choice:
    place = next((place for begins, place in one.places.items() if turn.text.startswith(begins)), None)
    if place is None:
        return Choice(turn.id, turn.version, None)
    stage_key, _, touchpoint_key = place.partition("/")
    stage = protocol.stage(stage_key)
    touchpoint = protocol.touchpoint(stage.id, touchpoint_key) if stage and touchpoint_key else None
    if stage is None or (touchpoint_key and touchpoint is None):
        raise ValueError(f"the demo's own place: {place}")
    return Choice(turn.id, turn.version, stage.id, touchpoint.id if touchpoint else None)
