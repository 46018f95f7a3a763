"""Taking a transcript in: interview and turns in one transaction, and once only, whatever is clicked twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.bulk import insert_rows
from app.core.crypto import Keyring
from app.core.db import table_of
from app.core.errors import FieldError, Invalid
from app.core.ids import uuid7
from app.interviews import queries
from app.interviews.models import Interview, Turn
from app.interviews.queries import INTERVIEW
from app.interviews.schemas import MOST_TITLE
from app.interviews.staging import READY, propose_stages
from app.interviews.transcripts.reading import digest_of
from app.interviews.transcripts.shapes import SPEAKER_CHARACTERS, Role, Source, Transcript
from app.participants import queries as participants
from app.participants import service as people
from app.participants.consents import agree_on_paper, consent_state
from app.participants.errors import StudyClosed
from app.participants.models import Participant
from app.participants.roster import EXPLAIN
from app.participants.schemas import Enrolment
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.studies.retention import is_over
from app.web.i18n import mark as _

EARLIEST: Final = date(1980, 1, 1)
TRANSCRIPT: Final = "transcript"
_TURNS = insert(table_of(Turn))


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of a transcript: whose it is and when it was held; ``roles`` by speaker.

    ``new`` takes in a person whom the study does not know, ``paper`` records their consent as given on paper: whoever
    imports vouches for it.
    """

    participant: str
    title: str = ""
    held_on: date | None = None
    wave: str | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    new: bool = False
    paper: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """Where a transcript is now: ``created`` by this very call, or there already."""

    interview_id: UUID
    created: bool


def id_of(study_id: UUID, source: Source) -> UUID:
    """Return the id that this transcript has in the study: made of its words, so that it can be there once only."""
    return uuid5(study_id, f"transcript {digest_of(source)}")


def import_interview(
    session: Session,
    keyring: Keyring,
    actor: str,
    study: Study,
    source: Source,
    transcript: Transcript,
    given: Given,
) -> Imported:
    """Store ``transcript`` as an interview with its turns and their proposed stages.

    The same words a second time change nothing. Invalid names what is wrong with ``given``: an unknown or withdrawn
    person, one who has not agreed, a day to come, an unknown wave; StudyClosed.
    """
    interview_id = id_of(study.id, source)
    participants.held_study(session, study.id)
    if session.get(Interview, (study.id, interview_id)) is not None:
        return Imported(interview_id, created=False)
    if is_over(study, clock.now()):
        raise StudyClosed()
    protocol = studies.protocol(session, study.id)
    held_at, wave_id = _when(protocol, given), _wave(protocol, given)
    person = _person(session, keyring, actor, study, protocol, given)
    interview = Interview(
        study_id=study.id,
        id=interview_id,
        participant_id=person.id,
        kind=INTERVIEW,
        title=title_of(given.title, source, person.code),
        held_at=held_at,
        wave_id=wave_id,
        guide_version=None,
        state=READY,
        origin=_origin(source, transcript, given),
        created_by=actor,
        created_at=clock.now(),
    )
    session.add(interview)
    session.flush()
    _store_turns(session, protocol, interview, transcript, given)
    detail = {"interview": str(interview_id), "turns": len(transcript.turns), "format": source.form}
    record(session, Change(actor, "interview.imported", study.id, person.id, detail))
    return Imported(interview_id, created=True)


def title_of(title: str, source: Source, code: str) -> str:
    """Return the title given, or one made of the file's name or the person's code."""
    stem = source.name.rsplit(".", 1)[0]
    return (" ".join(title.split()) or stem or code)[:MOST_TITLE]


def _store_turns(
    session: Session, protocol: StudyProtocol, interview: Interview, transcript: Transcript, given: Given
) -> None:
    proposed_roles = {speaker.name: speaker.role for speaker in transcript.speakers if not speaker.doubtful}
    roles = {**proposed_roles, **{name: role for name, role in given.roles.items() if name in proposed_roles}}
    turns = [
        Turn(
            study_id=interview.study_id,
            id=uuid7(),
            interview_id=interview.id,
            participant_id=interview.participant_id,
            position=position,
            speaker=one.speaker[:SPEAKER_CHARACTERS],
            role=roles[one.speaker],
            origin=TRANSCRIPT,
            text=one.text,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            question=None,
        )
        for position, one in enumerate(transcript.turns, 1)
    ]
    stages = propose_stages(session, protocol, turns)
    rows = [_row(turn, stage_id) for turn, stage_id in zip(turns, stages, strict=True)]
    insert_rows(session, _TURNS, rows)


def _row(turn: Turn, proposed_stage_id: UUID | None) -> dict[str, Any]:
    given = {column.key: getattr(turn, column.key) for column in table_of(Turn).columns}
    return {**given, "proposed_stage_id": proposed_stage_id, "version": 1}


def _origin(source: Source, transcript: Transcript, given: Given) -> dict[str, Any]:
    return {
        "file": source.name,
        "format": source.form,
        "encoding": source.encoding,
        "digest": digest_of(source),
        "odd_lines": len(transcript.odd),
        "speakers": {one.name: given.roles.get(one.name, one.role) for one in transcript.speakers if not one.doubtful},
    }


def _when(protocol: StudyProtocol, given: Given) -> datetime:
    """Return noon of the day of the talk, in the study's zone; Invalid for a day to come."""
    zone, now = ZoneInfo(protocol.study.time_zone), clock.now()
    if given.held_on is None:
        return now
    if not EARLIEST <= given.held_on <= now.astimezone(zone).date():
        raise Invalid(fields=[FieldError("held_on", _("请填已经过去的日期"), "in_future")])
    return min(datetime.combine(given.held_on, time(12), zone), now)


def _wave(protocol: StudyProtocol, given: Given) -> UUID | None:
    if not given.wave:
        return None
    wave = protocol.wave(given.wave)
    if wave is None:
        raise Invalid(fields=[FieldError("wave", _("研究里没有这个轮次"), "unknown")])
    return wave.id


def _person(
    session: Session, keyring: Keyring, actor: str, study: Study, protocol: StudyProtocol, given: Given
) -> Participant:
    """Return whose words these are, taken in and agreed as far as ``given`` allows; Invalid otherwise."""
    code = given.participant.strip()
    if not code:
        raise _wrong(_("请写这场访谈是谁的"), "required")
    person = participants.by_code(session, study.id, code)
    if person is None:
        person = _newcomer(session, keyring, actor, study, code, given)
    if person.withdrawn_at is not None:
        raise _wrong(_("这个人已经退出研究，不能再导入他的话"), "withdrawn")
    if consent_state(session, person).suffices(on_phone=False):
        return person
    if queries.took_consent_back(session, study.id, person.id):
        raise _wrong(_("这个人收回了同意，不能再导入他的话"), "consent_withdrawn")
    if not given.paper:
        raise Invalid(
            fields=[
                FieldError("paper", _("这个人还没有同意参加。如果有签好的纸质同意书，请勾上这一项"), "consent_missing")
            ]
        )
    agree_on_paper(session, actor, [person], version=protocol.consent.version)
    record(session, Change(actor, "import.vouched", study.id, detail={"people": 1}))
    return person


def _newcomer(session: Session, keyring: Keyring, actor: str, study: Study, code: str, given: Given) -> Participant:
    if not given.new:
        raise Invalid(fields=[FieldError("new", _("研究里没有这个编号。要新加这个人，请勾上这一项"), "unknown")])
    try:
        enrolment = Enrolment(code=code)
    except ValidationError:
        raise _wrong(EXPLAIN["code"], "invalid") from None
    if not given.paper:
        raise Invalid(fields=[FieldError("paper", _("新加的人要有签好的纸质同意书，请勾上这一项"), "consent_missing")])
    person, _link = people.enrol(session, keyring, actor, study, enrolment)
    return person


def _wrong(words: str, code: str) -> Invalid:
    return Invalid(fields=[FieldError("participant", words, code)])
