"""Sending and reading messages. A message is sent at most once however often its page is, and read when it was shown."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.care import queries
from app.care.errors import MessageConflict, MessagesOff, TooManyMessages
from app.care.models import Message
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.diary.schemas import clean_text, storable
from app.participants.consents import require_consent
from app.participants.deps import PhoneAccess, PhoneMark
from app.participants.errors import StudyClosed, Withdrawn
from app.participants.models import Participant
from app.studies.models import Study
from app.studies.retention import is_over
from app.web.i18n import mark as _

LONGEST = 1000
MOST_A_DAY = 40
MESSAGES = "/d/messages"


def send(
    session: Session,
    actor: str,
    study: Study,
    person: Participant,
    message_id: UUID,
    text: str,
    *,
    from_person: bool,
) -> Message:
    """Store the message and return it; the same id and words again return the one there is.

    MessagesOff, StudyClosed, Withdrawn, ConsentMissing, TooManyMessages, MessageConflict; Invalid for an empty or too long
    text.
    """
    words = clean_text(text)
    present = queries.message(session, study.id, message_id)
    if present is not None:
        return _again(present, person, words, from_person=from_person)
    _may_send(session, study, person, from_person=from_person)
    _check(words)
    sent = Message(
        study_id=study.id,
        id=message_id,
        participant_id=person.id,
        from_person=from_person,
        author=actor,
        text=words,
        sent_at=clock.now(),
    )
    try:
        # A savepoint: on PostgreSQL the second of two taps may have come this far at the very same moment.
        with session.begin_nested():
            session.add(sent)
    except IntegrityError:
        first = queries.message(session, study.id, message_id)
        if first is None:
            raise
        return _again(first, person, words, from_person=from_person)
    detail = {"message": str(message_id), "from": "person" if from_person else "team"}
    record(session, Change(actor, "message.sent", study.id, person.id, detail))
    return sent


def mark_read(session: Session, study_id: UUID, participant_id: UUID, *, from_person: bool) -> int:
    """Note that the other side has now been shown the messages of one side; returns of how many that is new."""
    waiting: Sequence[Message] = queries.unread(session, study_id, participant_id, from_person=from_person)
    for one in waiting:
        one.read_at = clock.now()
    session.flush()
    return len(waiting)


def is_open(study: Study, person: Participant) -> bool:
    """Return whether messages can be sent: the study has them and is not over, and the person has not left."""
    return study.reply_hours > 0 and person.withdrawn_at is None and not is_over(study, clock.now())


def unread_mark(session: Session, access: PhoneAccess) -> PhoneMark | None:
    """Return what the phone's navigation says of messages; None where the study has none and none was ever sent."""
    count = queries.count_unread(session, access.study.id, access.participant.id)
    if not access.study.reply_hours and not count:
        return None
    return PhoneMark(MESSAGES, _("消息"), count)


def _again(present: Message, person: Participant, words: str, *, from_person: bool) -> Message:
    """Return what was sent under this id before; MessageConflict if it says something else."""
    if (present.participant_id, present.from_person, present.text) != (person.id, from_person, words):
        raise MessageConflict()
    return present


def _may_send(session: Session, study: Study, person: Participant, *, from_person: bool) -> None:
    if not study.reply_hours:
        raise MessagesOff()
    if is_over(study, clock.now()):
        raise StudyClosed(_("这项研究已经结束，消息没有发出"))
    if person.withdrawn_at is not None:
        raise Withdrawn(_("参与已经结束，消息没有发出"))
    require_consent(session, person, on_phone=from_person)
    since = clock.now() - timedelta(days=1)
    if queries.sent_since(session, study.id, person.id, since, from_person=from_person) >= MOST_A_DAY:
        raise TooManyMessages()


def _check(words: str) -> None:
    if not words:
        raise Invalid(fields=[FieldError("text", _("请写点什么再发"), "required")])
    if len(words) > LONGEST:
        raise Invalid(fields=[FieldError("text", _("写得太长了，请分成几条"), "too_long")])
    if not storable(words):
        raise Invalid(fields=[FieldError("text", _("有无法保存的字符，请删掉再发"), "unstorable")])
