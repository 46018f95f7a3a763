"""Messages: the person's conversation on the phone, and the team's on the workbench."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.care import queries, service
from app.care.models import Message
from app.care.panels import follow_up_panel
from app.care.service import LONGEST, MESSAGES
from app.core import clock
from app.core.errors import AppError, NotFound
from app.core.ids import uuid7
from app.participants.deps import OnPhone, PhoneAccess
from app.participants.helping import help_words
from app.participants.models import Participant
from app.participants.sight import Sight, sight_of
from app.studies.access import TEXT_READERS, InStudy, StudyAccess, confirm
from app.web.i18n import choose_language, current_language, translate
from app.web.pages import render
from app.web.problems import problem

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Team = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
Words = Annotated[str, Form(max_length=20_000)]
Id = Annotated[str, Form(max_length=40)]
MOST_SHOWN = 200
MOST_LISTED = 300
EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Conversation:
    """One person's conversation in the team's list; ``overdue``: they have waited longer than the study promises."""

    person: Participant
    last: Message
    unread: int
    overdue: bool


@router.get(MESSAGES)
def my_messages(request: Request, access: Phone, sent: bool = False) -> Response:
    return _phone(request, access, sent=sent)


@router.post(MESSAGES)
def write_to_team(request: Request, access: Phone, text: Words = "", message_id: Id = "") -> Response:
    try:
        with request.app.state.database.write() as session:
            person = session.get_one(Participant, (access.study.id, access.participant.id))
            service.send(session, access.label, access.study, person, _id(message_id), text, from_person=True)
    except AppError as error:
        return _phone(request, access, typed=text, error=error)
    return RedirectResponse(f"{MESSAGES}?sent=1", 303)


@router.get("/studies/{slug}/messages")
def conversations(request: Request, access: Team) -> Response:
    with request.app.state.database.read() as session:
        sight = sight_of(session, access)
        found = _conversations(session, access, sight)
    current_language.set(choose_language(request, access.study.language))
    context = _context(access) | {
        "conversations": found,
        "waiting": sum(1 for one in found if one.unread),
        "some_hidden": sight.consents is not None,
        "excerpt": EXCERPT,
        "zone": access.study.time_zone,
    }
    return render(request, "care/conversations.html", context, language=access.study.language)


@router.get("/studies/{slug}/messages/{participant_id}")
def conversation(request: Request, access: Team, participant_id: UUID, sent: bool = False) -> Response:
    return _workbench(request, access, participant_id, sent=sent)


@router.post("/studies/{slug}/messages/{participant_id}")
def write_to_person(
    request: Request, access: Team, participant_id: UUID, text: Words = "", message_id: Id = ""
) -> Response:
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, TEXT_READERS)
            person = _person(session, sight_of(session, still), participant_id)
            study, actor = still.study, still.actor.label
            service.send(session, actor, study, person, _id(message_id), text, from_person=False)
    except NotFound:
        raise
    except AppError as error:
        return _workbench(request, access, participant_id, typed=text, error=error)
    return RedirectResponse(f"/studies/{access.study.slug}/messages/{participant_id}?sent=1", 303)


def _phone(
    request: Request, access: PhoneAccess, *, sent: bool = False, typed: str = "", error: AppError | None = None
) -> Response:
    study, person = access.study, access.participant
    shown = _shown(request, study.id, person.id, from_person=False)
    current_language.set(choose_language(request, access.language))
    context = {
        "study": study,
        "messages": shown,
        "open": service.is_open(study, person),
        "zone": person.time_zone,
        "help": help_words(access),
        **_form(sent, typed, error),
    }
    status = error.status if error else 200
    return render(request, "care/messages.html", context, status=status, language=access.language)


def _workbench(
    request: Request,
    access: StudyAccess,
    participant_id: UUID,
    *,
    sent: bool = False,
    typed: str = "",
    error: AppError | None = None,
) -> Response:
    with request.app.state.database.read() as session:
        person = _person(session, sight_of(session, access), participant_id)
        panel = follow_up_panel(session, access, person)
    shown = _shown(request, access.study.id, participant_id, from_person=True)
    current_language.set(choose_language(request, access.study.language))
    context = _context(access) | {
        "person": person,
        "told": panel.told if panel else None,
        "messages": shown,
        "open": service.is_open(access.study, person),
        "zone": person.time_zone,
        **_form(sent, typed, error),
    }
    status = error.status if error else 200
    return render(request, "care/conversation.html", context, status=status, language=access.study.language)


def _shown(request: Request, study_id: UUID, participant_id: UUID, *, from_person: bool) -> Sequence[Message]:
    """Return the conversation as it is shown now, and note that whoever asks has seen the other side's messages."""
    database = request.app.state.database
    with database.read() as session:
        shown = queries.thread(session, study_id, participant_id, MOST_SHOWN)
        waiting = [one for one in shown if one.from_person is from_person and one.read_at is None]
    if waiting:
        with database.write() as session:
            service.mark_read(session, study_id, participant_id, from_person=from_person)
    return shown


def _form(sent: bool, typed: str, error: AppError | None) -> dict[str, Any]:
    problems = {field.field: translate(field.message) for field in error.fields} if error else {}
    return {
        "sent": sent,
        "typed": typed,
        "error": problem(error) if error else None,
        "wrong": problems.get("text"),
        "message_id": uuid7(),
        "longest": LONGEST,
    }


def _conversations(session: Session, access: StudyAccess, sight: Sight) -> list[Conversation]:
    rows = queries.conversations(session, sight, MOST_LISTED)
    last = queries.last_messages(session, access.study.id, [row[0].id for row in rows])
    late = clock.now() - timedelta(hours=access.study.reply_hours)
    return [Conversation(row[0], last[row[0].id], row.unread, _overdue(last[row[0].id], late)) for row in rows]


def _overdue(last: Message, late: datetime) -> bool:
    return last.from_person and last.sent_at < late


def _person(session: Session, sight: Sight, participant_id: UUID) -> Participant:
    found = queries.person_seen(session, sight, participant_id)
    if found is None:
        raise NotFound()
    return found


def _context(access: StudyAccess) -> dict[str, Any]:
    return {"study": access.study, "actor": access.actor, "here": "messages"}


def _id(typed: str) -> UUID:
    """Return the id that the page was made with; one that was tampered with counts as a fresh page."""
    try:
        return UUID(typed)
    except ValueError:
        return uuid7()
