"""Changing an entry on the phone, while the study's time for it lasts: today's form, filled with what was written."""

from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.core import clock
from app.core.errors import AppError, Gone, NotFound, PreconditionFailed, Unavailable
from app.diary import history, queries, today
from app.diary.desk import EntryDesk
from app.diary.errors import EditTooLate
from app.diary.form_page import form_context
from app.diary.journal import Journal, journal_of
from app.diary.models import Entry
from app.diary.moments import EARLIER
from app.diary.rescuing import NotSignedIn, rescue, sent_form, typed_texts
from app.diary.schemas import Submission
from app.diary.service import Writer
from app.diary.storing import etag_of
from app.diary.today import ANSWER, Sheet
from app.diary.words import words_of
from app.participants.deps import OnPhone, OnPhoneKeeping, PhoneAccess, PhoneVisit
from app.participants.helping import help_words
from app.studies.protocol import StudyProtocol
from app.web.csrf import ForgedRequest
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.problems import problem

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Visit = Annotated[PhoneVisit, Depends(OnPhoneKeeping())]
ETAG = "etag"


class ChangedSince(PreconditionFailed):
    title = _("这一条刚刚在别处改过")
    remedy = _("现在存着的写在下面。看一看，想改成您写的，就再按一次保存。")


@router.get("/d/entries/{entry_id}/edit")
def edit_entry(request: Request, access: Phone, entry_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        journal, entry = _own(session, access, entry_id)
        open_still = history.may_edit(session, entry, journal.protocol)
    if not open_still:
        return _too_late(request, access, journal, entry)
    return _form(request, access, journal, entry, sheet_of_entry(entry, journal.protocol, access.participant.time_zone))


@router.post("/d/entries/{entry_id}/edit")
def save_edit(
    request: Request, visit: Visit, entry_id: UUID, form: Annotated[FormData, Depends(sent_form)]
) -> Response:
    access = visit.access
    if access is None:
        return rescue(request, None, typed_texts(form), NotSignedIn())
    with request.app.state.database.read() as session:
        journal, entry = _own(session, access, entry_id)
    sheet = today.sheet_of(form, journal.protocol)
    sheet = Sheet(entry_id, sheet.form, sheet.typed)
    try:
        if visit.stale:
            raise ForgedRequest(_("页面放得有点久了"), remedy=_("请再按一次“改好了，保存”。"))
        _submit(request, access, journal.protocol, entry, sheet)
    except (Gone, EditTooLate) as error:
        return rescue(request, access, sheet.texts, error)
    except PreconditionFailed:
        return _stale(request, access, entry_id, sheet)
    except AppError as error:
        return _form(request, access, journal, entry, sheet, error)
    except (OperationalError, PoolTimeout):
        return _form(request, access, journal, entry, sheet, Unavailable())
    return RedirectResponse(f"/d/entries/{entry_id}?changed=1", 303)


def sheet_of_entry(entry: Entry, protocol: StudyProtocol, zone: str) -> Sheet:
    """Return the form of the version that ``entry`` answered, filled with its answers."""
    stage, touchpoint = protocol.stage_of(entry.stage_id), protocol.touchpoint_of(entry.touchpoint_id)
    typed = {f"{ANSWER}{key}": _typed(value) for key, value in entry.answers.items()}
    typed |= {"stage": [stage.key], "when": [EARLIER], "occurred_local": [_local(entry, zone)]}
    typed |= {f"touchpoint.{stage.key}": [touchpoint.key if touchpoint else ""]}
    typed |= {ETAG: [etag_of(entry.version, entry.digest)]}
    return Sheet(entry.id, protocol.form(entry.form_version) or protocol.current_form, typed)


def _typed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _local(entry: Entry, zone: str) -> str:
    return entry.occurred_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def _own(session: Session, access: PhoneAccess, entry_id: UUID) -> tuple[Journal, Entry]:
    """Return the person's diary and the entry, which must be theirs."""
    entry = queries.entries_by_id(session, access.study.id, {entry_id}).get(entry_id)
    if entry is None or entry.participant_id != access.participant.id:
        raise NotFound()
    return journal_of(session, access), entry


def _submit(request: Request, access: PhoneAccess, protocol: StudyProtocol, entry: Entry, sheet: Sheet) -> None:
    """Store what was changed, on top of the version that the page showed; nothing where nothing was changed."""
    changed = _submission(access, protocol, entry, sheet)
    if sheet.one(ETAG) == etag_of(entry.version, entry.digest) and _same(changed, entry, protocol, sheet):
        return
    desk: EntryDesk = request.app.state.entries
    # Without a version nothing is overwritten: what a page says that never had one counts as stale.
    etag = sheet.one(ETAG) or '"none"'
    desk.submit(Writer(access.label, on_phone=True), access.study.id, entry.id, changed, if_match=etag)


def _submission(access: PhoneAccess, protocol: StudyProtocol, entry: Entry, sheet: Sheet) -> Submission:
    zone = access.participant.time_zone
    submission = today.submission_of(sheet, protocol, access.participant.id, zone)
    wave = next((wave.key for wave in protocol.waves if wave.id == entry.wave_id), None)
    kept: dict[str, Any] = {"wave": wave, "recorded_at": clock.now().astimezone(ZoneInfo(zone))}
    if sheet.one("when") == EARLIER and sheet.one("occurred_local") == _local(entry, zone):
        kept["occurred_at"] = entry.occurred_at  # to the second, where the form shows minutes
    return submission.model_copy(update=kept)


def _same(changed: Submission, entry: Entry, protocol: StudyProtocol, sheet: Sheet) -> bool:
    touchpoint = protocol.touchpoint_of(entry.touchpoint_id)
    place = (protocol.stage_of(entry.stage_id).key, touchpoint.key if touchpoint else None)
    same_place = (changed.stage, changed.touchpoint) == place and changed.occurred_at == entry.occurred_at
    return same_place and today.kept_answers(sheet) == entry.answers


def _stale(request: Request, access: PhoneAccess, entry_id: UUID, sheet: Sheet) -> Response:
    """Show what was typed beside what is stored now; only a further tap, on this newer version, replaces that."""
    with request.app.state.database.read() as session:
        journal, entry = _own(session, access, entry_id)
    typed = {**sheet.typed, ETAG: [etag_of(entry.version, entry.digest)]}
    return _form(request, access, journal, entry, Sheet(entry_id, sheet.form, typed), ChangedSince(), stored=True)


def _form(
    request: Request,
    access: PhoneAccess,
    journal: Journal,
    entry: Entry,
    sheet: Sheet,
    error: AppError | None = None,
    *,
    stored: bool = False,
) -> Response:
    with request.app.state.database.read() as session:
        until = history.editable_until(session, entry, journal.protocol)
    context = form_context(request, access, journal, sheet, error) | {
        "form_id": "changing",
        "capture": False,
        "etag": sheet.one(ETAG),
        "until": until,
        "stored": words_of(entry, journal.protocol) if stored else None,
        "curve": None,
    }
    return render(request, "diary/edit.html", context, status=error.status if error else 200, language=access.language)


def _too_late(request: Request, access: PhoneAccess, journal: Journal, entry: Entry) -> Response:
    current_language.set(choose_language(request, access.language))
    context = {
        "error": problem(EditTooLate()),
        "hours": journal.protocol.study.edit_hours,
        "entry": words_of(entry, journal.protocol),
        "zone": access.participant.time_zone,
        "help": help_words(access),
    }
    return render(request, "diary/edit_over.html", context, status=EditTooLate.status, language=access.language)
