"""The pages of the roadmap and of improvements, of results, and of the programme."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.core.errors import AppError, PreconditionFailed
from app.core.ids import uuid7
from app.curves.deps import sees_text
from app.maps.insights import improving, outcomes, page_parts, posted, service, standing
from app.maps.insights.deps import between, checked
from app.maps.insights.lanes import lanes_of
from app.maps.insights.names import STANDINGS, STEP_MEANINGS
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.page_parts import Editor, Seen, back_to, show, speak
from app.maps.insights.pictures import effect_line, road_strip, scale_of, scales
from app.maps.insights.places import today_in
from app.maps.insights.programme import at, elements, five_steps, six_steps
from app.maps.insights.roadmap import lay_out
from app.maps.insights.words import (
    caution_words,
    change_words,
    interval_words,
    percent,
    programme_headline,
    relative_interval_words,
    results_headline,
    roadmap_headline,
    side_words,
    signed_figure,
)
from app.studies.access import RESEARCHERS, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused
from app.web.i18n import mark as _
from app.web.i18n import translate

router = APIRouter(include_in_schema=False)

DONE: Final = {
    "added": _("记下来了。"),
    "changed": _("改好了。"),
    "retired": _("收起来了。"),
}
Done = Annotated[str, Query(max_length=20)]
KINDS: Final = (
    ("share", _("比例"), _("多少人里有多少人做到了，比如预约的人里来了几个")),
    ("mean", _("平均数"), _("比如每人一年花多少、打几分；要写标准差")),
    ("curve", _("曲线上的一段"), _("同一个阶段在两个轮次里的情绪，从日记里算")),
)
BETTER: Final = (("higher", _("越高越好")), ("lower", _("越低越好")))


@router.get("/studies/{slug}/roadmap")
def roadmap_page(request: Request, access: Seen, done: Done = "") -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        found = improving.improvements(session, access.study.id)
        protocol = page_parts.protocol_of(session, access)
        lanes = lanes_of(session, protocol, found)
    laid = lay_out([one for one in found if one.status != "dropped"], today_in(protocol))
    context = {
        "heading": roadmap_headline(found),
        "improvements": found,
        "laid": laid,
        "strip": road_strip,
        "stages": protocol.stages,
        "lanes": lanes,
        "done": DONE.get(done),
    }
    return show(request, access, "maps/roadmap.html", "roadmap", context)


@router.get("/studies/{slug}/improvements/new")
def new_improvement(
    request: Request,
    access: Editor,
    insight: Annotated[UUID | None, Query()] = None,
    stage: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    values = {"id": str(uuid7()), "insight": str(insight or ""), "stage": stage, "party": "care", "status": "planned"}
    return _improvement(request, access, FormState(values))


@router.post("/studies/{slug}/improvements/new")
def add_improvement(request: Request, access: Editor, form: Posted) -> Response:
    speak(request, access)
    try:
        given = posted.posted_new_improvement(form)
        with request.app.state.database.write() as session:
            improving.add_improvement(session, confirm(session, access, RESEARCHERS), given)
    except AppError as error:
        return _improvement(request, access, refused(form, error), status=error.status)
    return back_to(access, "roadmap?done=added")


@router.get("/studies/{slug}/improvements/{improvement_id}")
def edit_improvement(request: Request, access: Editor, improvement_id: UUID) -> Response:
    return _improvement(request, access, None, improvement_id=improvement_id)


@router.post("/studies/{slug}/improvements/{improvement_id}")
def change_improvement(request: Request, access: Editor, improvement_id: UUID, form: Posted) -> Response:
    speak(request, access)
    seen, retire = posted.posted_version(form), form.get("act") == "retire"
    try:
        given = None if retire else posted.posted_improvement(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            if given is None:
                improving.retire_improvement(session, still, improvement_id, seen=seen)
            else:
                improving.change_improvement(session, still, improvement_id, given, seen=seen)
    except AppError as error:
        stale = isinstance(error, PreconditionFailed)
        wrong = refused(form, error)
        return _improvement(request, access, wrong, improvement_id=improvement_id, stale=stale, status=error.status)
    return back_to(access, f"roadmap?done={'retired' if retire else 'changed'}")


@router.get("/studies/{slug}/results")
def results_page(request: Request, access: Seen, done: Done = "") -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        reader = between(request, session, access)
        found = outcomes.results(session, access.study.id, reader, anonymous=reader.anonymous)
    reach = scales(found)
    context = {
        "heading": results_headline(found),
        "results": found,
        "line": lambda look: effect_line(look, reach[scale_of(look)]),
        "reach": lambda look: signed_figure(look, reach[scale_of(look)]),
        "back_reach": lambda look: signed_figure(look, -reach[scale_of(look)]),
        **_result_words(),
        "done": DONE.get(done),
    }
    return show(request, access, "maps/results.html", "results", context)


@router.get("/studies/{slug}/results/new")
def new_result(
    request: Request,
    access: Editor,
    insight: Annotated[UUID | None, Query()] = None,
    improvement: Annotated[UUID | None, Query()] = None,
    kind: Annotated[str, Query(max_length=6)] = "share",
) -> Response:
    links = {"insight": str(insight or ""), "improvement": str(improvement or "")}
    return _result(request, access, FormState({"id": str(uuid7()), "kind": kind, "better": "higher", **links}))


@router.post("/studies/{slug}/results/new")
def add_result(request: Request, access: Editor, form: Posted) -> Response:
    speak(request, access)
    try:
        given = posted.posted_new_result(form)
        with request.app.state.database.write() as session:
            outcomes.add_result(session, confirm(session, access, RESEARCHERS), given)
    except AppError as error:
        return _result(request, access, refused(form, error), status=error.status)
    return back_to(access, "results?done=added")


@router.get("/studies/{slug}/results/{result_id}")
def edit_result(request: Request, access: Editor, result_id: UUID) -> Response:
    return _result(request, access, None, result_id=result_id)


@router.post("/studies/{slug}/results/{result_id}")
def change_result(request: Request, access: Editor, result_id: UUID, form: Posted) -> Response:
    speak(request, access)
    seen, retire = posted.posted_version(form), form.get("act") == "retire"
    try:
        given = None if retire else posted.posted_result(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            if given is None:
                outcomes.retire_result(session, still, result_id, seen=seen)
            else:
                outcomes.change_result(session, still, result_id, given, seen=seen)
    except AppError as error:
        stale = isinstance(error, PreconditionFailed)
        return _result(request, access, refused(form, error), result_id=result_id, stale=stale, status=error.status)
    return back_to(access, f"results?done={'retired' if retire else 'changed'}")


@router.get("/studies/{slug}/programme")
def programme_page(request: Request, access: Seen, done: Done = "") -> Response:
    return _programme(request, access, None, done=DONE.get(done))


@router.post("/studies/{slug}/programme")
def set_programme(request: Request, access: Editor, form: Posted) -> Response:
    speak(request, access)
    try:
        given = posted.posted_programme(form)
        with request.app.state.database.write() as session:
            seen = posted.posted_version(form)
            standing.set_programme(session, confirm(session, access, RESEARCHERS), given, seen=seen)
    except AppError as error:
        stale = isinstance(error, PreconditionFailed)
        return _programme(request, access, refused(form, error), stale=stale, status=error.status)
    return back_to(access, "programme?done=changed")


def _improvement(
    request: Request,
    access: StudyAccess,
    form: FormState | None,
    *,
    improvement_id: UUID | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        look = improving.improvement(session, access.study.id, improvement_id) if improvement_id else None
        state = form or FormState(posted.improvement_values(look) if look else {})
        name = look.owner.name if look and look.owner else ""
        chosen = str(state.values.get("owner", ""))
        context = {
            "look": look,
            "form": state,
            "stale": stale,
            "version": look.version if look else 0,
            "stages": page_parts.stage_choices(page_parts.protocol_of(session, access)),
            "owners": page_parts.owner_choices(session, access.study.id, chosen, name),
            "insights": _titles(service.insights(session, access.study.id, None)),
        }
    return show(request, access, "maps/roadmap_edit.html", "roadmap", context, status=status)


def _result(
    request: Request,
    access: StudyAccess,
    form: FormState | None,
    *,
    result_id: UUID | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        look: ResultLook | None = None
        if result_id is not None:
            look = outcomes.result(session, access.study.id, result_id, between(request, session, access))
        protocol = page_parts.protocol_of(session, access)
        context = {
            "look": look,
            "form": form or FormState(posted.result_values(look) if look else {}),
            "stale": stale,
            "version": look.version if look else 0,
            "stages": page_parts.stage_choices(protocol),
            "waves": page_parts.wave_choices(protocol),
            "result_kinds": KINDS,
            "better": [(key, translate(words)) for key, words in BETTER],
            "insights": _titles(service.insights(session, access.study.id, None)),
            "improvements": _titles(improving.improvements(session, access.study.id)),
        }
    return show(request, access, "maps/results_edit.html", "results", context, status=status)


def _programme(
    request: Request,
    access: StudyAccess,
    form: FormState | None,
    *,
    done: str | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        written = standing.programme(session, access.study.id)
        held = standing.held(
            session, access.study.id, checked(request, session, access), anonymous=not sees_text(access)
        )
    values = {"vision": written.vision, **{f"{key}_note": words for key, words in written.notes.items()}}
    six, five = six_steps(held, written.notes), five_steps(held)
    context = {
        "heading": programme_headline(six),
        "written": written,
        "six": six,
        "now": at(six),
        "five": five,
        "five_now": at(five),
        "elements": elements(held),
        "standings": STANDINGS,
        "step_meanings": STEP_MEANINGS,
        "form": form or FormState(values),
        "stale": stale,
        "done": done,
    }
    return show(request, access, "maps/programme.html", "programme", context, status=status)


def _titles(looks: Any) -> list[tuple[str, str]]:
    return [("", "—"), *((str(look.id), look.title) for look in looks)]


def _result_words() -> dict[str, Any]:
    return {
        "caution_words": caution_words,
        "change_words": change_words,
        "interval_words": interval_words,
        "percent": percent,
        "relative_interval_words": relative_interval_words,
        "side_words": side_words,
        "signed_figure": signed_figure,
    }
