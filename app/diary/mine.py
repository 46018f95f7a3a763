"""A person's own view on the phone: everything they wrote, and one entry of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.core import clock
from app.core.errors import NotFound
from app.diary import attachment_queries, history, queries
from app.diary.curve import own_curve, road_words
from app.diary.journal import journal_of
from app.diary.words import EntryWords, words_of
from app.participants.deps import OnPhone, PhoneAccess
from app.participants.helping import help_words
from app.statements.queries import cues_of_source
from app.studies.retention import is_over
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
PAGE = 50
RECENT = 5
GRAVEST_FIRST = ("self_harm", "emergency")


@router.get("/d/entries/{entry_id}")
def show_entry(request: Request, access: Phone, entry_id: UUID, new: bool = False, changed: bool = False) -> Response:
    with request.app.state.database.read() as session:
        entry = queries.entries_by_id(session, access.study.id, {entry_id}).get(entry_id)
        if entry is None or entry.participant_id != access.participant.id:
            raise NotFound()
        journal = journal_of(session, access)
        current_language.set(choose_language(request, access.language))
        earlier = history.earlier_versions(session, entry, journal.protocol)
        until = history.editable_until(session, entry, journal.protocol)
        cues = cues_of_source(session, access.study.id, entry_id)
        attached = attachment_queries.of_entries(session, access.study.id, [entry_id])[entry_id]
    words = words_of(entry, journal.protocol)
    others = [one for one in journal.entries if one.id != entry_id][:RECENT]
    context = {
        "entry": words,
        "new": new,
        "changed": changed,
        "earlier": earlier,
        "attached": attached,
        "until": until if clock.now() < until and not is_over(access.study, clock.now()) else None,
        "kind": translate(kind_words(words)),
        "cue": next((kind for kind in GRAVEST_FIRST if kind in cues), None),
        "others": [words_of(one, journal.protocol) for one in others],
        "curve": own_curve(journal.entries, journal.protocol),
        "zone": access.participant.time_zone,
        "help": help_words(access),
    }
    return render(request, "diary/saved.html", context, language=access.language)


@router.get("/d/mine")
def show_all(request: Request, access: Phone, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> Response:
    with request.app.state.database.read() as session:
        journal = journal_of(session, access)
    current_language.set(choose_language(request, access.language))
    zone = access.participant.time_zone
    shown = journal.entries[(page - 1) * PAGE : page * PAGE]
    context = {
        "count": len(journal.entries),
        "entries": [words_of(entry, journal.protocol) for entry in shown],
        "older": page + 1 if len(journal.entries) > page * PAGE else None,
        "curve": own_curve(journal.entries, journal.protocol),
        "road": road_words(journal.entries, journal.protocol, zone),
        "zone": zone,
        "help": help_words(access),
    }
    return render(request, "diary/mine.html", context, language=access.language)


def kind_words(entry: EntryWords) -> str:
    """Return a sentence for someone who has just written, by how the moment was; it promises nothing."""
    if entry.tone == "low":
        return _("难受的时候还愿意写下来，谢谢您。想找人说说的话，下面有联系办法。")
    if entry.tone == "high":
        return _("这样的时刻值得记下来，谢谢您分享。")
    return _("谢谢您，这一路又多了一笔。")
