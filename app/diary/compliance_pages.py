"""The workbench's pages of compliance: the grid of people by days, and one person's ledger."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.actors import EXPORT
from app.core.errors import NotFound
from app.diary import compliance, compliance_words
from app.diary.compliance import Asked, Column, Compliance
from app.diary.compliance_grid import WIDEST, By
from app.diary.compliance_ledger import last_contact, person_ledger
from app.studies.access import ANYONE, RESEARCHERS, TEXT_READERS, InStudy, StudyAccess
from app.web.i18n import choose_language, current_language
from app.web.pages import render

router = APIRouter(include_in_schema=False)

MayLook = Annotated[StudyAccess, Depends(InStudy(*ANYONE))]
FARTHEST = 4_000_000


def asked_of(
    by: By = "anchor",
    start: Annotated[int | None, Query(alias="from", ge=-FARTHEST, le=FARTHEST)] = None,
    segment: Annotated[str, Query(max_length=260)] = "",
    only: Literal["", "worrying"] = "",
    sort: Literal["risk", "code"] = "risk",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Asked:
    """Return what the address asks for."""
    return Asked(by, start, segment, only, sort, page)


@router.get("/studies/{slug}/compliance")
def show_compliance(request: Request, access: MayLook, asked: Annotated[Asked, Depends(asked_of)]) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        seen = compliance.look(session, access.study, asked)
    return render(request, "diary/compliance.html", _grid(access, asked, seen))


@router.get("/studies/{slug}/compliance/{participant_id}")
def show_ledger(request: Request, access: MayLook, participant_id: UUID) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        row = compliance.person_row(session, access.study, participant_id)
        if row is None:
            raise NotFound()
        ledger = person_ledger(session, access.study.id, row.person)
    context = {
        **common(access),
        "row": row,
        "ledger": ledger,
        "contact": last_contact(ledger),
        "zone": row.person.time_zone,
        "may_read": access.can(TEXT_READERS),
        "may_nudge": access.can(RESEARCHERS) and row.person.withdrawn_at is None,
        "moment": compliance_words.moment,
        "marks_in_words": compliance_words.MARKS,
        "sources": compliance_words.SOURCES,
        "reason_words": compliance_words.reason_words,
        "channel_words": compliance_words.channel_words,
    }
    return render(request, "diary/compliance_person.html", context)


def common(access: StudyAccess) -> dict[str, Any]:
    """Return what every page of compliance is rendered with."""
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "participants",
        "here_is": f"/studies/{access.study.slug}/compliance",
        "may_manage": access.can(RESEARCHERS),
        "may_export": access.can(RESEARCHERS) and access.actor.may(EXPORT),
        "key": list(compliance_words.MARKS.items()),
        "percent": compliance_words.percent,
        "span": compliance_words.span,
        "cell_words": compliance_words.cell_words,
        "short_signal": compliance_words.short_signal,
        "signal_words": compliance_words.signal_words,
    }


def _grid(access: StudyAccess, asked: Asked, seen: Compliance) -> dict[str, Any]:
    window, (first, last) = seen.window, seen.known
    return {
        **common(access),
        "seen": seen,
        "asked": asked,
        "heading": compliance_words.heading(seen),
        "worrying": compliance_words.worrying_words(seen.worrying),
        "columns": _columns(access, asked, seen),
        "earlier": max(first, window.first - WIDEST) if window.first > first else None,
        "later": window.last + 1 if window.last < last else None,
        "pages": -(-seen.found // compliance.PEOPLE_A_PAGE),
        "page_first": (asked.page - 1) * compliance.PEOPLE_A_PAGE + 1,
        "link": _link(access, asked),
        "day_of": _day_of(asked.by),
    }


def _columns(access: StudyAccess, asked: Asked, seen: Compliance) -> list[Column]:
    anchor, first = access.study.anchor_label, seen.window.first
    return [
        compliance_words.column_of(place, asked.by, anchor, seen.today, first=place == first)
        for place in seen.window.places
    ]


def _link(access: StudyAccess, asked: Asked) -> Callable[..., str]:
    """Return a function that gives the address of this page with some of its questions changed."""

    def link(**changes: object) -> str:
        given = {
            "by": asked.by,
            "from": asked.start,
            "segment": asked.segment,
            "only": asked.only,
            "sort": asked.sort,
            "page": asked.page,
        }
        known = {name: value for name, value in {**given, **changes}.items() if value not in (None, "")}
        return f"/studies/{access.study.slug}/compliance?{urlencode(known)}"

    return link


def _day_of(by: By) -> Callable[[int, date | None], str]:
    """Return a function that gives the calendar day of a place in the grid, as ledgers name it."""

    def day_of(place: int, anchor_on: date | None) -> str:
        base = anchor_on.toordinal() if by == "anchor" and anchor_on is not None else 0
        return date.fromordinal(base + place).isoformat()

    return day_of
