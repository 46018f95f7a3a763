"""One entry whole, for staff who may read it: what was said, what it carries, what it said before, and its receipt."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.diary import attachment_queries, history, queries
from app.diary.models import Entry
from app.diary.words import words_of
from app.participants.sight import sight_of
from app.statements.words import day_words
from app.studies import queries as studies
from app.studies.access import TEXT_READERS, InStudy, StudyAccess
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
AT_ONCE_SECONDS = 15 * 60
HOUR_SECONDS = 3600
DAY_HOURS = 24
MOST_HOURS = 48
PAGE = 50


@router.get("/studies/{slug}/participants/{participant_id}/entries")
def entries_of_person(
    request: Request, access: TextSeen, participant_id: UUID, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    study_id = access.study.id
    with request.app.state.database.read() as session:
        code = queries.person_seen(session, sight_of(session, access), participant_id)
        entries = queries.own_entries(session, study_id, participant_id, limit=None)
        shown = entries[(page - 1) * PAGE : page * PAGE]
        carried = attachment_queries.counts(session, study_id, [one.id for one in shown])
        protocol = studies.protocol(session, study_id)
    request.app.state.readings.note(access, [(participant_id, one.id) for one in shown])
    current_language.set(choose_language(request, access.study.language))
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "participants",
        "zone": access.study.time_zone,
        "code": code,
        "participant_id": participant_id,
        "count": len(entries),
        "entries": [words_of(one, protocol) for one in shown],
        "carried": carried,
        "older": page + 1 if len(entries) > page * PAGE else None,
    }
    return render(request, "diary/entries.html", context, language=access.study.language)


@router.get("/studies/{slug}/entries/{entry_id}")
def entry_page(request: Request, access: TextSeen, entry_id: UUID) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        entry, code = queries.entry_of_study(session, sight_of(session, access), entry_id)
        shown = _shown(session, access, entry)
    request.app.state.readings.note(access, [(entry.participant_id, entry.id)])
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "participants",
        "zone": access.study.time_zone,
        "entry": entry,
        "code": code,
        "receipt_key": request.app.state.keyring.public_key,
        **shown,
    }
    return render(request, "diary/entry.html", context, language=access.study.language)


def lag_words(seconds: float) -> str:
    """Return how long after it happened something was written down, in words."""
    if seconds < AT_ONCE_SECONDS:
        return translate(_("当时就写了"))
    hours = seconds / HOUR_SECONDS
    if hours < 1:
        return translate(_("过了 %(n)s 分钟写的")) % {"n": round(seconds / 60)}
    if hours < MOST_HOURS:
        return translate(_("过了 %(n)s 小时写的")) % {"n": round(hours)}
    return translate(_("过了 %(n)s 天写的")) % {"n": round(hours / DAY_HOURS)}


def _shown(session: Session, access: StudyAccess, entry: Entry) -> dict[str, Any]:
    protocol = studies.protocol(session, access.study.id)
    return {
        "words": words_of(entry, protocol),
        "wave": next((wave.name for wave in protocol.waves if wave.id == entry.wave_id), None),
        "lag": lag_words((entry.recorded_at - entry.occurred_at).total_seconds()),
        "day": None if entry.day is None else day_words(protocol.study.anchor_label, entry.day),
        "from_phone": entry.author.startswith("participant:"),
        "attached": attachment_queries.of_entries(session, access.study.id, [entry.id])[entry.id],
        "earlier": history.earlier_versions(session, entry, protocol),
        "receipt": queries.receipt(session, access.study.id, entry.id, entry.version),
        "statements": queries.statements_of_entries(session, access.study.id, [entry.id])[entry.id],
    }
