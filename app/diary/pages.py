"""The diary on a phone: today's form, what was saved, and everything a person wrote."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData

from app.core import clock
from app.core.errors import AppError, Gone, Unavailable
from app.diary import editing, form_files, mine, offline_pages, queries, roster, today
from app.diary.desk import EntryDesk
from app.diary.errors import EntryConflict
from app.diary.facts import phone_facts
from app.diary.form_page import form_context
from app.diary.journal import Journal, journal_of
from app.diary.models import Entry
from app.diary.moments import NOW
from app.diary.rescuing import NotSignedIn, rescue, sent_form, typed_texts
from app.diary.service import Writer
from app.diary.storing import etag_of
from app.diary.today import Sheet
from app.participants import service as people
from app.participants.deps import OnPhone, OnPhoneKeeping, PhoneAccess, PhoneVisit
from app.participants.errors import ConsentMissing, StudyClosed
from app.participants.phone_pages import CONSENT
from app.studies.protocol import StudyProtocol
from app.studies.retention import is_over
from app.web.csrf import ForgedRequest
from app.web.i18n import mark as _
from app.web.pages import render

phone = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Visit = Annotated[PhoneVisit, Depends(OnPhoneKeeping())]


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
        return rescue(request, None, typed_texts(form), NotSignedIn())
    with request.app.state.database.read() as session:
        journal = journal_of(session, access)
        consented = people.consent_state(session, access.participant).suffices(on_phone=True)
    sheet = today.sheet_of(form, journal.protocol)
    try:
        if visit.stale:
            raise ForgedRequest(_("页面放得有点久了"), remedy=_("请再按一次“保存这条日记”。"))
        if not consented and access.participant.withdrawn_at is None:
            raise ConsentMissing()
        files = form_files.files_of(form)
        _submit(request, access, journal.protocol, sheet)
        form_files.keep(request, access, sheet.entry_id, files)
    except Gone as error:
        return rescue(request, access, sheet.texts, error)
    except AppError as error:
        return _today(request, access, journal, sheet, error)
    except (OperationalError, PoolTimeout):
        return _today(request, access, journal, sheet, Unavailable())
    return RedirectResponse(f"/d/entries/{sheet.entry_id}?new=1", 303)


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
    with request.app.state.database.read() as session:
        context["facts"] = phone_facts(session, request, access)
    return render(request, "diary/today.html", context, status=error.status if error else 200, language=access.language)


router = APIRouter()
for part in (phone, offline_pages.router, mine.router, editing.router, roster.pages, roster.api):
    router.include_router(part)
