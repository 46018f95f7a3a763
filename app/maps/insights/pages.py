"""The pages of insights: the list with its funnel, one insight with its steps, and the form."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.coding.codebook_queries import names_of_users
from app.coding.codebook_words import who
from app.core.errors import AppError, PreconditionFailed
from app.core.ids import uuid7
from app.maps.insights import improving, outcomes, page_parts, posted, service
from app.maps.insights.deps import between, note_quotes, reader_sight
from app.maps.insights.funnel import funnel
from app.maps.insights.models import STATES
from app.maps.insights.page_parts import Editor, Seen, back_to, show, speak
from app.maps.insights.pictures import funnel_bar
from app.maps.insights.schemas import State
from app.maps.insights.service import InsightLook
from app.maps.insights.words import insights_headline
from app.maps.quotations import Quoted, Span, quoted_spans
from app.participants.sight import sight_of
from app.statements.words import day_words
from app.studies.access import RESEARCHERS, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused
from app.web.i18n import mark as _

router = APIRouter(include_in_schema=False)

DONE: Final = {
    "added": _("记下来了。"),
    "changed": _("改好了。"),
    "moved": _("往前走了一步，也记下了是谁、什么时候。"),
    "retired": _("收起来了。它带来的改进和成效都还在。"),
}


@router.get("/studies/{slug}/insights")
def insights_page(
    request: Request,
    access: Seen,
    state: Annotated[State | None, Query()] = None,
    overdue: Annotated[bool, Query()] = False,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        found = service.insights(session, access.study.id, reader_sight(session, access))
    shown = [look for look in found if (state is None or look.state == state) and (not overdue or look.overdue)]
    # Only the first quote of each stands on this page.
    first = [(one.said.participant_id, one.said.source_id) for look in shown for one in look.quotes[:1]]
    request.app.state.readings.note(access, first)
    steps = funnel(look.state for look in found)
    late = sum(look.overdue for look in found)
    context = {
        "heading": insights_headline(steps, late),
        "steps": steps,
        "bar": funnel_bar,
        "insights": shown,
        "whole": len(found),
        "late": late,
        "only": state,
        "only_overdue": overdue,
        "done": DONE.get(done),
    }
    return show(request, access, "maps/insights.html", "insights", context)


@router.get("/studies/{slug}/insights/new")
def new_insight(
    request: Request,
    access: Editor,
    stage: Annotated[str, Query(max_length=40)] = "",
    touchpoint: Annotated[str, Query(max_length=40)] = "",
    segment: Annotated[str, Query(max_length=120)] = "",
    statement: Annotated[UUID | None, Query()] = None,
    start: Annotated[int, Query(ge=0, le=100_000)] = 0,
    end: Annotated[int | None, Query(ge=1, le=100_000)] = None,
) -> Response:
    place = f"{stage}/{touchpoint}" if touchpoint else stage
    spans = [] if statement is None else [(statement, start, end)]
    return _form(request, access, FormState({"place": place, "segment": segment, "id": str(uuid7())}), spans)


@router.post("/studies/{slug}/insights/new")
def add_insight(request: Request, access: Editor, form: Posted) -> Response:
    speak(request, access)
    try:
        given = posted.posted_new_insight(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            service.add_insight(session, still, sight_of(session, still), given)
    except AppError as error:
        return _form(request, access, refused(form, error), _posted_spans(form), status=error.status)
    return back_to(access, f"insights/{given.id}?done=added")


@router.get("/studies/{slug}/insights/{insight_id}")
def insight_page(
    request: Request, access: Seen, insight_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _insight(request, access, insight_id, FormState(), done=DONE.get(done))


@router.post("/studies/{slug}/insights/{insight_id}/steps")
def move_insight(request: Request, access: Editor, insight_id: UUID, form: Posted) -> Response:
    speak(request, access)
    try:
        step = posted.posted_step(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            seen = posted.posted_version(form)
            service.move_insight(session, still, sight_of(session, still), insight_id, step, seen=seen)
    except AppError as error:
        return _insight(request, access, insight_id, refused(form, error), status=error.status)
    return back_to(access, f"insights/{insight_id}?done=moved")


@router.get("/studies/{slug}/insights/{insight_id}/edit")
def edit_insight(request: Request, access: Editor, insight_id: UUID) -> Response:
    speak(request, access)
    return _form(request, access, None, [], insight_id=insight_id)


@router.post("/studies/{slug}/insights/{insight_id}/edit")
def change_insight(request: Request, access: Editor, insight_id: UUID, form: Posted) -> Response:
    speak(request, access)
    try:
        given = posted.posted_insight(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            sight, seen = sight_of(session, still), posted.posted_version(form)
            service.change_insight(session, still, sight, insight_id, given, seen=seen)
    except AppError as error:
        wrong, spans = refused(form, error), _posted_spans(form)
        stale = isinstance(error, PreconditionFailed)
        return _form(request, access, wrong, spans, insight_id=insight_id, stale=stale, status=error.status)
    return back_to(access, f"insights/{insight_id}?done=changed")


@router.post("/studies/{slug}/insights/{insight_id}/retire")
def retire_insight(request: Request, access: Editor, insight_id: UUID, form: Posted) -> Response:
    speak(request, access)
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            seen = posted.posted_version(form)
            service.retire_insight(session, still, sight_of(session, still), insight_id, seen=seen)
    except PreconditionFailed as error:
        return _insight(request, access, insight_id, refused(form, error), status=error.status)
    return back_to(access, "insights?done=retired")


def _insight(
    request: Request,
    access: StudyAccess,
    insight_id: UUID,
    form: FormState,
    *,
    done: str | None = None,
    status: int = 200,
) -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        look = service.insight(session, access.study.id, reader_sight(session, access), insight_id)
        labels = {step.by for step in look.steps if step.by.startswith("user:")}
        names = names_of_users(session, labels)
        protocol = page_parts.protocol_of(session, access)
        reader = between(request, session, access)
        results = outcomes.results(session, access.study.id, reader, anonymous=reader.anonymous)
        doing = improving.improvements(session, access.study.id)
    note_quotes(request, access, look)
    context = {
        "look": look,
        "form": form,
        "step_id": uuid7(),
        "place": STATES.index(look.state),
        "following": STATES[min(STATES.index(look.state) + 1, len(STATES) - 1)],
        "who": lambda label: who(label, names),
        "improvements": [one for one in doing if one.insight_id == insight_id],
        "results": [one for one in results if one.insight_id == insight_id],
        "zone": protocol.study.time_zone,
        "anchor": protocol.study.anchor_label,
        "day_words": day_words,
        "done": done,
    }
    return show(request, access, "maps/insight.html", "insights", context, status=status)


def _form(
    request: Request,
    access: StudyAccess,
    form: FormState | None,
    spans: Sequence[tuple[UUID, int, int | None]],
    *,
    insight_id: UUID | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response:
    """Show the form, new or of an insight as it stands; what was typed stays in it."""
    speak(request, access)
    with request.app.state.database.read() as session:
        look = service.insight(session, access.study.id, sight_of(session, access), insight_id) if insight_id else None
        quotes = look.quotes if look and form is None else _quotes(session, access, spans)
        state = form or FormState(posted.insight_values(look) if look else {})
        protocol = page_parts.protocol_of(session, access)
        chosen = str(state.values.get("owner", ""))
        context = {
            "look": look,
            "form": state,
            "stale": stale,
            "quotes": quotes,
            "span_value": posted.span_value,
            "places": page_parts.place_choices(protocol),
            "owners": page_parts.owner_choices(session, access.study.id, chosen, _owner_name(look)),
            "segments": page_parts.segment_choices(session, access.study.id, str(state.values.get("segment", ""))),
            "version": look.version if look else 0,
        }
    request.app.state.readings.note(access, [(one.said.participant_id, one.said.source_id) for one in quotes])
    return show(request, access, "maps/insight_edit.html", "insights", context, status=status)


def _owner_name(look: InsightLook | None) -> str:
    return look.owner.name if look and look.owner else ""


def _quotes(session: Session, access: StudyAccess, spans: Sequence[tuple[UUID, int, int | None]]) -> Sequence[Quoted]:
    """The words that spans name, where they may be seen; without an end, to the end of the statement."""
    sight = sight_of(session, access)
    found: list[Quoted] = []
    for statement_id, start, end in spans[:50]:
        for one in quoted_spans(session, sight, {statement_id: [(Span(statement_id, 0, 1), "")]})[statement_id]:
            last = min(end or len(one.said.text), len(one.said.text))
            if start < last:
                found.append(Quoted(one.said, start, last, one.found_by, one.observed))
    return found


def _posted_spans(form: Posted) -> list[tuple[UUID, int, int | None]]:
    spans: list[tuple[UUID, int, int | None]] = []
    for one in posted.spans_in([str(given) for given in form.getlist("quote")]):
        try:
            spans.append((UUID(str(one["statement"])), int(str(one["start"])), int(str(one["end"]))))
        except ValueError:
            continue
    return spans
