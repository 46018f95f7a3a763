"""The diary on a phone: today's form, what was saved, and everything a person wrote."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData

from app.core import clock
from app.core.errors import AppError, FieldError, Gone, Unauthenticated, Unavailable
from app.diary import mine, queries, roster, today
from app.diary.curve import own_curve
from app.diary.desk import EntryDesk
from app.diary.errors import EntryConflict
from app.diary.journal import Journal, journal_of
from app.diary.models import Entry
from app.diary.service import Writer
from app.diary.storing import etag_of
from app.diary.today import ANSWER, EARLIER, Sheet
from app.diary.words import EFFORTS, MARKS, MOODS
from app.participants import service as people
from app.participants.deps import OnPhone, OnPhoneKeeping, PhoneAccess, PhoneVisit
from app.participants.errors import ConsentMissing, StudyClosed
from app.participants.phone_pages import CONSENT, help_words
from app.studies.protocol import FormFacts, StudyProtocol
from app.studies.retention import is_over
from app.studies.schemas import Question
from app.web.csrf import ForgedRequest
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.problems import problem

phone = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Visit = Annotated[PhoneVisit, Depends(OnPhoneKeeping())]
MOST_DAYS = 99
MONTH_DAYS = 30.4
SHORTEST_EVENT = 2
NO_EVENTS = frozenset({"关键", "重要"})
PLACE_FIELDS = frozenset({"stage", "touchpoint", "occurred_at"})


async def sent_form(request: Request) -> FormData:
    """Return the form that was sent, field by field as the page named them."""
    return await request.form()


@phone.get("/d/today")
def write_today(request: Request, access: Phone) -> Response:
    if is_over(access.study, clock.now()):
        raise StudyClosed()
    with request.app.state.database.read() as session:
        if not people.consent_state(session, access.participant).suffices(on_phone=True):
            return RedirectResponse(CONSENT, 303)
        journal = journal_of(session, access)
    protocol = journal.protocol
    last = journal.entries[0].stage_id if journal.entries else None
    sheet = today.blank_sheet(protocol, stage=today.propose_stage(protocol.stages, journal.day, last))
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
    return same_place and sheet.one("when") != EARLIER and today.kept_answers(sheet) == present.answers


def _today(
    request: Request, access: PhoneAccess, journal: Journal, sheet: Sheet, error: AppError | None = None
) -> Response:
    current_language.set(choose_language(request, access.language))
    protocol, zone = journal.protocol, access.participant.time_zone
    problems = _beside(error.fields if error else ())
    first, more = _arranged(sheet.form)
    stage = protocol.stage(sheet.one("stage")) or protocol.stages[0]
    named = {f"{ANSWER}{key}" for key in sheet.form.questions} | PLACE_FIELDS
    context: dict[str, Any] = {
        "greeting": _greeting(protocol.study.anchor_label, journal.day),
        "error": problem(error) if error else None,
        "problems": problems,
        "general": [words for name, words in problems.items() if name not in named],
        "sheet": sheet,
        "first": first,
        "more": more,
        "more_open": any(sheet.one(ANSWER + key).strip() or f"{ANSWER}{key}" in problems for key in more),
        "stage": stage,
        "stages": protocol.stages,
        "touchpoints": {one.key: protocol.touchpoints_of(one.id) for one in protocol.stages},
        "earlier": sheet.one("when") == EARLIER,
        "place_open": bool(error) and (not PLACE_FIELDS.isdisjoint(problems) or sheet.one("when") == EARLIER),
        "latest": clock.now().astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
        "moods": MOODS,
        "efforts": EFFORTS,
        "marks": MARKS,
        "curve": own_curve(journal.entries, protocol),
        "help": help_words(access),
    }
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


def _beside(fields: Sequence[FieldError]) -> dict[str, str]:
    return {field.field: translate(field.message) for field in reversed(fields)}


def _arranged(form: FormFacts) -> tuple[Mapping[str, Question], Mapping[str, Question]]:
    """Return what stands open, so that it takes under a minute, and what waits behind a tap.

    Open are the mood, the first text, the mark and whatever is required.
    """
    first_text = next((key for key, question in form.questions.items() if question.type == "text"), None)
    order = {"mood": 0, "text": 1, "mark": 2}
    open_keys = [
        key
        for key, question in form.questions.items()
        if question.required or key == first_text or question.type in ("mood", "mark")
    ]
    open_keys.sort(key=lambda key: order.get(form.questions[key].type, 3))
    first = {key: form.questions[key] for key in open_keys}
    return first, {key: question for key, question in form.questions.items() if key not in first}


def _greeting(event: str, day: int | None) -> str:
    if day is None:
        return ""
    if day <= 0:
        words = translate(_("今天是%(event)s，") if day == 0 else _("离%(event)s还有 %(n)s 天，"))
        return words % {"event": event, "n": -day}
    # 手术日 is a day, and what one counts from is 手术: 手术后第 3 天.
    stem = event.removesuffix("日")
    named = stem if len(stem) >= SHORTEST_EVENT and stem not in NO_EVENTS else event
    if day > MOST_DAYS:
        # Nobody counts that many days; «手术后第 614 天» would only puzzle.
        return translate(_("%(event)s后第 %(n)s 个月，")) % {"event": named, "n": round(day / MONTH_DAYS)}
    return translate(_("%(event)s后第 %(n)s 天，")) % {"event": named, "n": day}


router = APIRouter()
for part in (phone, mine.router, roster.pages, roster.api):
    router.include_router(part)
