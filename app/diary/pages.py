"""The diary on a phone: today's form, what was saved, and everything a person wrote."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData

from app.core import clock
from app.core.errors import AppError, Gone, Unauthenticated, Unavailable
from app.diary import mine, queries, roster, today
from app.diary.desk import EntryDesk
from app.diary.errors import EntryConflict
from app.diary.form_page import form_context
from app.diary.journal import Journal, journal_of
from app.diary.models import Entry
from app.diary.moments import NOW
from app.diary.service import Writer
from app.diary.storing import etag_of
from app.diary.today import ANSWER, Sheet
from app.participants import service as people
from app.participants.deps import OnPhone, OnPhoneKeeping, PhoneAccess, PhoneVisit
from app.participants.errors import ConsentMissing, StudyClosed
from app.participants.helping import help_words
from app.participants.phone_pages import CONSENT
from app.studies.protocol import StudyProtocol
from app.studies.retention import is_over
from app.web.csrf import ForgedRequest
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.problems import problem

phone = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Visit = Annotated[PhoneVisit, Depends(OnPhoneKeeping())]


async def sent_form(request: Request) -> FormData:
    """Return the form that was sent, field by field as the page named them."""
    return await request.form()


@phone.get("/d/today")
def write_today(request: Request, access: Phone, prompt: UUID | None = None) -> Response:
    if is_over(access.study, clock.now()):
        raise StudyClosed()
    with request.app.state.database.read() as session:
        if not people.consent_state(session, access.participant).suffices(on_phone=True):
            return RedirectResponse(CONSENT, 303)
        journal = journal_of(session, access)
    protocol = journal.protocol
    last = journal.entries[0].stage_id if journal.entries else None
    stage = today.propose_stage(protocol.stages, journal.day, last)
    sheet = today.blank_sheet(protocol, stage=stage, prompt=prompt)
    return _today(request, access, journal, sheet)


@phone.post("/d/entries")
def save_entry(request: Request, visit: Visit, form: Annotated[FormData, Depends(sent_form)]) -> Response:
    access = visit.access
    if access is None:
        return _rescue(request, None, _typed_texts(form), _NotSignedIn())
    with request.app.state.database.read() as session:
        journal = journal_of(session, access)
        consented = people.consent_state(session, access.participant).suffices(on_phone=True)
    sheet = today.sheet_of(form, journal.protocol)
    try:
        if visit.stale:
            raise ForgedRequest(_("页面放得有点久了"), remedy=_("请再按一次“保存这条日记”。"))
        if not consented and access.participant.withdrawn_at is None:
            raise ConsentMissing()
        _submit(request, access, journal.protocol, sheet)
    except Gone as error:
        return _rescue(request, access, sheet.texts, error)
    except AppError as error:
        return _today(request, access, journal, sheet, error)
    except (OperationalError, PoolTimeout):
        return _today(request, access, journal, sheet, Unavailable())
    return RedirectResponse(f"/d/entries/{sheet.entry_id}?new=1", 303)


class _NotSignedIn(Unauthenticated):
    title = _("这台手机忘了您是谁，这条还没有保存")
    remedy = _("请先把写的复制下来，再用链接或短码打开日记，贴上去保存。")


def _submit(request: Request, access: PhoneAccess, protocol: StudyProtocol, sheet: Sheet) -> None:
    """Store the entry. A second tap finds it there; going back, changing a word and saving again is an edit of it."""
    desk: EntryDesk = request.app.state.entries
    writer = Writer(access.label, on_phone=True)
    submission = today.submission_of(sheet, protocol, access.participant.id, access.participant.time_zone)
    try:
        desk.submit(writer, access.study.id, sheet.entry_id, submission)
    except EntryConflict:
        with request.app.state.database.read() as session:
            present = queries.entries_by_id(session, access.study.id, {sheet.entry_id})[sheet.entry_id]
        if present.participant_id != access.participant.id:
            raise
        if not _same(present, protocol, sheet):
            etag = etag_of(present.version, present.digest)
            desk.submit(writer, access.study.id, sheet.entry_id, submission, if_match=etag)


def _same(present: Entry, protocol: StudyProtocol, sheet: Sheet) -> bool:
    """Return whether the form says what is stored; only the moment of two taps differs."""
    stage = protocol.stage_of(present.stage_id)
    touchpoint = protocol.touchpoint_of(present.touchpoint_id)
    same_place = stage.key == sheet.one("stage") and (touchpoint.key if touchpoint else "") == sheet.one(
        f"touchpoint.{stage.key}"
    )
    return same_place and sheet.one("when") in ("", NOW) and today.kept_answers(sheet) == present.answers


def _today(
    request: Request, access: PhoneAccess, journal: Journal, sheet: Sheet, error: AppError | None = None
) -> Response:
    context = form_context(request, access, journal, sheet, error)
    return render(request, "diary/today.html", context, status=error.status if error else 200, language=access.language)


def _rescue(
    request: Request, access: PhoneAccess | None, texts: Sequence[tuple[str, str]], error: AppError
) -> Response:
    """Answer someone whose entry cannot be stored at all, with every word they typed."""
    language = access.language if access else None
    current_language.set(choose_language(request, language))
    context = {
        "error": problem(error),
        "texts": texts,
        "help": help_words(access) if access else None,
    }
    return render(request, "diary/rescued.html", context, status=error.status, language=language)


def _typed_texts(form: FormData) -> list[tuple[str, str]]:
    """Return what was typed when it is not known whose diary it is: everything that is not a tick."""
    texts = [value for name, value in form.multi_items() if name.startswith(ANSWER) and isinstance(value, str)]
    return [(translate(_("您写的")), text) for text in texts if len(text.strip()) > 1]


router = APIRouter()
for part in (phone, mine.router, roster.pages, roster.api):
    router.include_router(part)
