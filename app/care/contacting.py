"""Writing down that staff were in touch with a person, or tried; and asking the person later how it is now."""

from datetime import timedelta
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.audit.service import Change, record
from app.care import follow_up_queries as queries
from app.care.alert_models import CLOSED, OPEN, TAKEN, CareContact, FollowUp
from app.care.errors import ContactConflict, FollowUpClosed, TooManyContacts
from app.care.holding import check_version, hold
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.diary.schemas import clean_text, storable
from app.participants.sight import Sight
from app.prompts import personal as prompts
from app.prompts.errors import CannotNudge
from app.studies import queries as studies
from app.studies.models import Study
from app.web.i18n import catalogue
from app.web.i18n import mark as _

Way = Literal["phone", "message", "chat", "in_person", "other"]
WAYS: tuple[Way, ...] = get_args(Way)
LONGEST_NOTE = 2000
LONGEST_NAME = 80
MOST_CONTACTS = 50
ASKING = _("您这两天感觉怎么样？方便的话，写两句就好。")
"""What is asked afterwards. It shows on a locked phone, so it tells nobody that somebody called."""


def log_contact(
    session: Session,
    actor: StaffActor,
    study: Study,
    sight: Sight,
    follow_up_id: UUID,
    contact_id: UUID,
    *,
    way: Way,
    reached: bool,
    note: str = "",
    passed_to: str = "",
    version: int | None = None,
) -> CareContact:
    """Store an attempt to be in touch under the id that the client made, and return it; the same again returns the one there is.

    Nobody's follow-up becomes the actor's. Somebody who was reached is asked later how it is, once, where the study's
    rules say so. ``version`` None: whatever has changed since. FollowUpChanged, FollowUpClosed, ContactConflict,
    TooManyContacts, Invalid, NotFound.
    """
    given = _checked(way, note, passed_to) | {"reached": reached, "author": actor.label[:80]}
    held = hold(session, study.id, sight, follow_up_id)
    present = queries.contact(session, study.id, contact_id)
    if present is not None:
        return _again(present, follow_up_id, given)
    if held.state == CLOSED:
        raise FollowUpClosed()
    if version is not None:
        check_version(held, version)
    if len(queries.contacts(session, study.id, [held.id]).get(held.id, [])) >= MOST_CONTACTS:
        raise TooManyContacts(most=MOST_CONTACTS)
    logged = CareContact(study_id=study.id, id=contact_id, follow_up_id=held.id, at=clock.now(), **given)
    try:
        # A savepoint: on PostgreSQL the id may be taken at this very moment, for another person's follow-up.
        with session.begin_nested():
            session.add(logged)
    except IntegrityError:
        raise ContactConflict() from None
    if reached:
        logged.prompt_id = _ask_later(session, actor, study, held)
    _touch(session, actor, held, logged)
    return logged


def _checked(way: str, note: str, passed_to: str) -> dict[str, object]:
    words, name = clean_text(note), " ".join(clean_text(passed_to).split())
    wrong = []
    if way not in WAYS:
        wrong.append(FieldError("way", _("请选一种联系方式")))
    if len(words) > LONGEST_NOTE:
        wrong.append(FieldError("note", _("写得太长了，请缩短到 2000 字以内"), "too_long"))
    if len(name) > LONGEST_NAME:
        wrong.append(FieldError("passed_to", _("太长了，请缩短到 80 字以内"), "too_long"))
    for field, text in (("note", words), ("passed_to", name)):
        if not storable(text):
            wrong.append(FieldError(field, _("有无法保存的字符，请删掉再提交"), "unstorable"))
    if wrong:
        raise Invalid(fields=wrong)
    return {"way": way, "note": words, "passed_to": name}


def _again(present: CareContact, follow_up_id: UUID, given: dict[str, object]) -> CareContact:
    """Return what was stored under this id before; ContactConflict if it says something else."""
    said = {name: getattr(present, name) for name in given}
    if present.follow_up_id != follow_up_id or said != given:
        raise ContactConflict()
    return present


def _ask_later(session: Session, actor: StaffActor, study: Study, held: FollowUp) -> UUID | None:
    """Plan the question how it is now, and return its id; None where none is wanted, may be sent, or one is coming already."""
    hours = studies.protocol(session, study.id).care_rules.ask_again_hours
    if not hours or queries.is_asking(session, study.id, held.id):
        return None
    words = catalogue(study.language).gettext(ASKING)
    at = clock.now() + timedelta(hours=hours)
    try:
        return prompts.ask_later(session, actor.label, study.id, held.participant_id, at, words).id
    except CannotNudge:
        return None


def _touch(session: Session, actor: StaffActor, held: FollowUp, logged: CareContact) -> None:
    if logged.reached and held.contacted_at is None:
        held.contacted_at = logged.at
    if held.state == OPEN:
        held.state, held.taken_by, held.taken_at = TAKEN, actor.user_id, logged.at
    held.version += 1
    session.flush()
    detail = {
        "follow_up": str(held.id),
        "contact": str(logged.id),
        "reached": logged.reached,
        "asks": bool(logged.prompt_id),
    }
    record(session, Change(actor.label, "follow_up.contact", held.study_id, held.participant_id, detail))
