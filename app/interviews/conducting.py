"""Talks as they are held: begun, noted down, ended. A note is a turn, once and for all by its id."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.interviews import conducting_queries as queries
from app.interviews import guide_queries, guides
from app.interviews.conducting_errors import (
    NoteChanged,
    NoteElsewhere,
    NotesMissing,
    TalkConfirmed,
    TalkFinished,
    TooManyNotes,
)
from app.interviews.conducting_schemas import MOST_NOTES, NoteIn, NoteOut, TalkIn
from app.interviews.guide_schemas import GuideIn, GuideQuestion
from app.interviews.models import Interview, Turn
from app.interviews.queries import took_consent_back
from app.participants import queries as participants
from app.participants.consents import agree_on_paper, consent_state, require_consent
from app.participants.errors import ConsentMissing, StudyClosed, Withdrawn
from app.participants.models import Participant
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.studies.retention import is_over
from app.web.i18n import mark as _
from app.web.i18n import translate

OPEN, READY = "open", "ready"
RESPONDENT, OTHER, NOTE = "respondent", "other", "note"


def begin(session: Session, actor: str, study: Study, protocol: StudyProtocol, given: TalkIn) -> Interview:
    """Open a talk with a participant who agreed to take part, and return it; its clock runs from now.

    Invalid for an unknown code, wave or guide; ConsentMissing, Withdrawn, StudyClosed. Guide version 0 is the one in
    force; where there is none, the proposal is published first, so that what was asked can be read later.
    """
    person = participants.by_code(session, study.id, given.participant)
    if person is None:
        raise Invalid(fields=[FieldError("participant", _("没有这个编号，请从名单里选"), "unknown_participant")])
    _agreed(session, actor, study, protocol, person, paper=given.paper)
    wave = protocol.wave(given.wave) if given.wave else None
    if given.wave and wave is None:
        raise Invalid(fields=[FieldError("wave", _("这个研究没有这一轮"), "unknown_wave")])
    talk = Interview(
        study_id=study.id,
        participant_id=person.id,
        kind="interview",
        title=given.title or translate(_("和 %(code)s 的访谈")) % {"code": person.code},
        held_at=clock.now(),
        wave_id=wave.id if wave else None,
        guide_version=_guide_version(session, actor, protocol, given.guide_version),
        state=OPEN,
        origin={"kind": "conducted"},
        created_by=actor,
        created_at=clock.now(),
    )
    session.add(talk)
    session.flush()
    record(session, Change(actor, "interview.begun", study.id, person.id, {"interview": str(talk.id)}))
    return talk


def may_collect(session: Session, study: Study, person: Participant) -> None:
    """Raise Withdrawn, StudyClosed or ConsentMissing where nothing may be collected of the person."""
    if person.withdrawn_at is not None:
        raise Withdrawn()
    if is_over(study, clock.now()):
        raise StudyClosed()
    require_consent(session, person, on_phone=False)


def _agreed(
    session: Session, actor: str, study: Study, protocol: StudyProtocol, person: Participant, *, paper: bool
) -> None:
    """As for a transcript: without consent nothing begins, and one that lies there on paper is recorded, unless taken back."""
    if person.withdrawn_at is None and paper and not consent_state(session, person).suffices(on_phone=False):
        if took_consent_back(session, study.id, person.id):
            message = _("这个人收回了同意，不能再访谈")
            raise Invalid(fields=[FieldError("participant", message, "consent_withdrawn")])
        agree_on_paper(session, actor, [person], version=protocol.consent.version)
    try:
        may_collect(session, study, person)
    except ConsentMissing:
        message = _("这个人还没有同意参加。如果有签好的纸质同意书，请勾上这一项")
        raise Invalid(fields=[FieldError("paper", message, "consent_missing")]) from None


def questions_of(session: Session, talk: Interview) -> tuple[GuideQuestion, ...]:
    """Return what the talk's guide asks; nothing where it has none."""
    guide = guide_queries.guide(session, talk.study_id, talk.guide_version) if talk.guide_version else None
    return guides.questions_of(guide) if guide else ()


def restart_clock(session: Session, actor: str, study_id: UUID, interview_id: UUID) -> None:
    """Let the talk begin now; it does nothing once something is noted down. TalkFinished."""
    talk, _person = queries.talk(session, study_id, interview_id, lock=True)
    _still_open(talk)
    if queries.last_position(session, study_id, interview_id)[1] == 0:
        talk.held_at = clock.now()
        talk.version += 1
        record(
            session, Change(actor, "interview.clock_set", study_id, talk.participant_id, {"interview": str(talk.id)})
        )


def save_note(
    session: Session,
    actor: str,
    study: Study,
    protocol: StudyProtocol,
    interview_id: UUID,
    note_id: UUID,
    given: NoteIn,
    *,
    version: int,
) -> tuple[NoteOut, bool]:
    """Store a note under the id that its device made, and return it and whether it is new.

    ``version`` is the one that the device knows, 0 for none. What is stored already is answered as it stands; other
    words upon another version are NoteChanged, and nothing is overwritten. NoteElsewhere, TalkFinished, TooManyNotes.
    """
    talk, person = queries.talk(session, study.id, interview_id, lock=True)
    present = _present(session, talk, note_id)
    if present is not None and _out(present, protocol) == _wanted(given, present):
        return _out(present, protocol), False
    _still_open(talk)
    may_collect(session, study, person)
    if (present.version if present else 0) != version:
        raise NoteChanged()
    if present is None:
        return _add(session, actor, talk, protocol, note_id, given), True
    _set(present, protocol, given)
    present.version += 1
    session.flush()
    record(session, _change(actor, "note.changed", talk, present))
    return _out(present, protocol), False


def remove_note(
    session: Session, actor: str, study_id: UUID, interview_id: UUID, note_id: UUID, *, version: int
) -> None:
    """Take a note away for good; one that is gone already is no error. NoteChanged, TalkFinished."""
    talk, _person = queries.talk(session, study_id, interview_id, lock=True)
    present = _present(session, talk, note_id)
    if present is None:
        return
    _still_open(talk)
    if present.version != version:
        raise NoteChanged()
    session.delete(present)
    session.flush()
    record(session, _change(actor, "note.removed", talk, present))


def finish(session: Session, actor: str, study_id: UUID, interview_id: UUID, held: Mapping[UUID, int]) -> None:
    """End the talk: its notes are turns now, to be put in their stages. ``held``: notes and versions that the device knows.

    NotesMissing where one of them is not stored in at least that version. Ending twice changes nothing.
    """
    talk, _person = queries.talk(session, study_id, interview_id, lock=True)
    if talk.state == READY:
        return
    stored = {one.id: one.version for one in queries.notes(session, study_id, interview_id)}
    missing = sum(1 for one, version in held.items() if stored.get(one, 0) < version or one not in stored)
    if missing:
        raise NotesMissing(n=missing)
    for place, one in enumerate(queries.notes(session, study_id, interview_id), start=1):
        one.position = place
    talk.state = READY
    talk.version += 1
    detail = {"interview": str(talk.id), "notes": len(stored)}
    record(session, Change(actor, "interview.finished", study_id, talk.participant_id, detail))
    session.flush()


def reopen(session: Session, actor: str, study_id: UUID, interview_id: UUID) -> None:
    """Take notes again in a talk that was ended; TalkConfirmed once a stage of its turns is confirmed."""
    talk, _person = queries.talk(session, study_id, interview_id, lock=True)
    if talk.state == OPEN:
        return
    if talk.origin.get("kind") != "conducted":
        raise NotFound()
    if queries.any_confirmed(session, study_id, interview_id):
        raise TalkConfirmed()
    talk.state = OPEN
    talk.version += 1
    record(session, Change(actor, "interview.reopened", study_id, talk.participant_id, {"interview": str(talk.id)}))
    session.flush()


def notes_of(session: Session, protocol: StudyProtocol, interview_id: UUID) -> list[NoteOut]:
    """Return the notes of a talk in the order in which they were begun."""
    return [_out(one, protocol) for one in queries.notes(session, protocol.study.id, interview_id)]


def note_of(session: Session, protocol: StudyProtocol, interview_id: UUID, note_id: UUID) -> NoteOut:
    """Return one note of a talk; NotFound."""
    present = queries.note(session, protocol.study.id, note_id)
    if present is None or present.interview_id != interview_id or present.origin != NOTE:
        raise NotFound()
    return _out(present, protocol)


def _guide_version(session: Session, actor: str, protocol: StudyProtocol, version: int) -> int:
    # 0 asks for what is in force; where nobody published a guide yet, that is what the page proposed.
    wanted = version or guide_queries.latest_version(session, protocol.study.id)
    if not wanted:
        first = GuideIn(questions=guides.proposed(protocol))
        return guides.publish(session, actor, protocol, first, version=0).version
    if guide_queries.guide(session, protocol.study.id, wanted) is None:
        raise Invalid(fields=[FieldError("guide_version", _("没有这一版提纲，请重新选"), "unknown_guide")])
    return wanted


def _still_open(talk: Interview) -> None:
    if talk.state != OPEN:
        raise TalkFinished()


def _present(session: Session, talk: Interview, note_id: UUID) -> Turn | None:
    present = queries.note(session, talk.study_id, note_id)
    if present is not None and (present.interview_id != talk.id or present.origin != NOTE):
        raise NoteElsewhere()
    return present


def _add(
    session: Session, actor: str, talk: Interview, protocol: StudyProtocol, note_id: UUID, given: NoteIn
) -> NoteOut:
    highest, count = queries.last_position(session, talk.study_id, talk.id)
    if count >= MOST_NOTES:
        raise TooManyNotes()
    made = Turn(
        study_id=talk.study_id,
        id=note_id,
        interview_id=talk.id,
        participant_id=talk.participant_id,
        position=highest + 1,
        speaker="",
        origin=NOTE,
        version=1,
    )
    _set(made, protocol, given)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # Another talk took the id at this very moment; in this one we hold the lock.
        raise NoteElsewhere() from None
    record(session, _change(actor, "note.written", talk, made))
    return _out(made, protocol)


def _set(one: Turn, protocol: StudyProtocol, given: NoteIn) -> None:
    stage = protocol.stage(given.stage) if given.stage else None
    if given.stage and stage is None:
        raise Invalid(fields=[FieldError("stage", _("这个研究没有这个阶段"), "unknown_stage")])
    one.text, one.question, one.mark, one.start_ms = given.text, given.question, given.mark, given.start_ms
    one.proposed_stage_id = stage.id if stage else None
    # A bare mark is nothing that anybody said: it never becomes a statement.
    one.role = RESPONDENT if given.text.strip() else OTHER


def _out(one: Turn, protocol: StudyProtocol) -> NoteOut:
    stage = next((stage.key for stage in protocol.stages if stage.id == one.proposed_stage_id), None)
    told = {"text": one.text, "question": one.question, "mark": one.mark, "start_ms": one.start_ms or 0}
    return NoteOut.model_validate({"id": one.id, "version": one.version, "stage": stage, **told})


def _wanted(given: NoteIn, present: Turn) -> NoteOut:
    return NoteOut(**given.model_dump(), id=present.id, version=present.version)


def _change(actor: str, action: str, talk: Interview, one: Turn) -> Change:
    detail = {"interview": str(talk.id), "note": str(one.id), "version": one.version}
    return Change(actor, action, talk.study_id, talk.participant_id, detail)
