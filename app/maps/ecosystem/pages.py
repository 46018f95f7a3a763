"""The page of touchpoints: what is offered along the road, what people make of it, and what the list does not know."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.charts.points import format_value
from app.charts.whisker import WhiskerScale, whisker_svg
from app.core.errors import AppError, NotFound
from app.curves.deps import sees_text
from app.curves.words import day_words
from app.maps import service as scenes_service
from app.maps.ecosystem import service
from app.maps.ecosystem.clustered import Figure
from app.maps.ecosystem.efforts import Efforts
from app.maps.ecosystem.errors import NotProposed, StaleFacts
from app.maps.ecosystem.looks import Ecosystem, Place, TouchpointLook
from app.maps.ecosystem.paradox_words import NAMES, direction, trend_value, verdict
from app.maps.ecosystem.posted import posted_facts, posted_version
from app.maps.ecosystem.schemas import FactsIn
from app.maps.ecosystem.serving import proposals
from app.maps.ecosystem.words import (
    KINDS,
    effort_words,
    headline,
    percent,
    reasons,
    sentences,
    share_words,
    with_interval,
)
from app.maps.parties import PARTIES
from app.maps.queries import Said
from app.maps.service import StudyScenes
from app.maps.words import TOUCHPOINT_NAMES
from app.participants.sight import sight_of
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.studies.protocol import StageFacts
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from nlp.scenes import Quote

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
StageKey = Annotated[str, Path(max_length=40)]
PointKey = Annotated[str, Path(max_length=40)]
MOST_QUOTES = 6
STEPS_SHOWN = 8
PROPOSALS_SHOWN = 6
INDEX = WhiskerScale(-1.0, 1.0, 0.0, good=-1)
DONE = {"facts": _("记下了。"), "adopted": _("放进触点清单了，从现在起日记里可以选它。")}


@dataclass(frozen=True, slots=True)
class StageGroup:
    """The touchpoints of one stage, in their order."""

    stage: StageFacts
    touchpoints: Sequence[TouchpointLook]


@router.get("/studies/{slug}/touchpoints")
def touchpoints_page(
    request: Request,
    access: Seen,
    edit: Annotated[str, Query(max_length=90)] = "",
    done: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    return _page(request, access, edit=edit if access.can(RESEARCHERS) else "", done=DONE.get(done, ""))


@router.post("/studies/{slug}/touchpoints/{stage}/{key}/facts")
def put_facts(request: Request, access: Editor, stage: StageKey, key: PointKey, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    place = f"{stage}/{key}"
    try:
        given = posted_facts(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            protocol = studies.protocol(session, still.study.id)
            at = protocol.stage(stage)
            touchpoint = protocol.touchpoint(at.id, key) if at else None
            if touchpoint is None:
                raise NotFound()
            seen = posted_version(form)
            service.put_facts(session, still.actor, still.study.id, touchpoint.id, given, seen_version=seen)
    except StaleFacts as error:
        # What was typed stays in the form; what stands now is said above it, and the next attempt is made over that.
        return _page(request, access, edit=place, form=refused(form, error), stale=True, status=error.status)
    except NotFound:
        raise
    except AppError as error:
        return _page(request, access, edit=place, form=refused(form, error), status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/touchpoints?done=facts#point-{stage}-{key}", 303)


@router.post("/studies/{slug}/touchpoints/proposed")
def adopt(request: Request, access: Editor, form: Posted) -> Response:
    given = values_of(form)
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        wanted = (given.get("stage", ""), given.get("name", ""))
        found = [
            one for one in proposals(request, session, still) or () if (one.stage.key, one.proposal.name) == wanted
        ]
        if not found and not _listed(session, still, *wanted):
            raise NotProposed()
        for one in found:
            service.adopt(session, still.actor, still.study.id, one.stage, one.proposal.name)
    return RedirectResponse(f"/studies/{access.study.slug}/touchpoints?done=adopted#blind", 303)


def _listed(session: Session, access: StudyAccess, stage_key: str, name: str) -> bool:
    """Return whether a touchpoint of that name is on the list already: the button was pressed twice."""
    protocol = studies.protocol(session, access.study.id)
    stage = protocol.stage(stage_key)
    return stage is not None and any(one.name == name for one in protocol.touchpoints_of(stage.id))


def _page(
    request: Request,
    access: StudyAccess,
    *,
    edit: str = "",
    form: FormState | None = None,
    stale: bool = False,
    done: str = "",
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    anonymous = not sees_text(access)
    matrices = request.app.state.matrices
    with request.app.state.database.read() as session:
        walked = service.transitions(session, matrices, access.study.id, anonymous=anonymous)
        found = service.touchpoints(session, matrices, access.study.id, anonymous=anonymous, walked=walked)
        efforts = service.efforts(session, access.study.id, anonymous=anonymous)
        paradox = service.paradox(session, access.study.id, anonymous=anonymous)
        words, proposed = _words(request, session, access)
    edited = next((one for one in found.touchpoints if one.key == edit), None)
    context: dict[str, Any] = {
        **WORDING,
        **_effort_part(efforts),
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "tab": "touchpoints",
        "found": found,
        "heading": headline(found, walked),
        "sentences": sentences(found, walked),
        "groups": _groups(found),
        "edited": edited,
        "stale": stale,
        "form": form or FormState(_values(edited)),
        "may_edit": access.can(RESEARCHERS),
        "done": done,
        "proposed": proposed,
        "scenes": words,
        "stage_steps": walked.stages,
        "steps": walked.touchpoints[:STEPS_SHOWN],
        "further_steps": walked.touchpoints[STEPS_SHOWN:],
        "silent_rows": _silent(found),
        "rates_known": any(one.place.complaint for one in found.touchpoints),
        "paradox": paradox,
        "trends": (*paradox.satisfaction, *paradox.others),
        "verdict": verdict(paradox),
        "zone": found.protocol.study.time_zone,
        "anchor": found.protocol.study.anchor_label,
    }
    return render(request, "maps/touchpoints.html", context, language=access.study.language, status=status)


def _effort_part(efforts: Efforts) -> dict[str, Any]:
    """Return what the page says of effort: the rows that many wrote of, and those that are folded away."""
    return {
        "efforts": efforts,
        "effort_rows": [one for one in efforts.touchpoints if one.known and one.widely],
        "effort_few": [one for one in efforts.touchpoints if one.known and not one.widely],
        "effort_change_words": effort_words(efforts),
        "wave_places": [efforts.waves.index(one) for one in (efforts.before, efforts.after) if one],
    }


def _words(
    request: Request, session: Session, access: StudyAccess
) -> tuple[StudyScenes | None, Sequence[service.Proposed] | None]:
    """Return what is proposed, and the words that propose it, with the reading of those noted; None for who may read none."""
    if not sees_text(access):
        return None, None
    seen = scenes_service.look(session, sight_of(session, access))
    scenes = scenes_service.scenes(session, request.app.state.scenes, seen)
    proposed = service.proposed(seen.protocol, scenes)
    shown = [one.proposal.quotes[:MOST_QUOTES] for one in proposed]
    request.app.state.readings.note(access, scenes_service.whose(scenes, shown))
    return scenes, proposed


def _silent(found: Ecosystem) -> Sequence[tuple[str, str, Place]]:
    """Return what is silent: its name, where that is, and its figures."""
    stages = [(one.stage.name, translate(_("整个阶段")), one.place) for one in found.silent_stages]
    return [*stages, *((one.name, one.stage.name, one.place) for one in found.silent)]


def _groups(found: Ecosystem) -> Sequence[StageGroup]:
    return [
        StageGroup(stage, [one for one in found.touchpoints if one.stage.id == stage.id])
        for stage in found.protocol.stages
    ]


def _values(edited: TouchpointLook | None) -> dict[str, object]:
    if edited is None:
        return {}
    facts = edited.facts
    given = {name: getattr(facts, name) for name in FactsIn.model_fields}
    return {name: "" if value is None else value for name, value in given.items()}


def _cut(scenes: StudyScenes, quote: Quote) -> tuple[Said, str, str, str]:
    """Return a statement, and its words before, in and after a quote."""
    said = scenes.quoted[quote.statement]
    return said, said.text[: quote.start], said.text[quote.start : quote.end], said.text[quote.end :]


def _bounds(figure: Figure) -> tuple[float | None, float | None]:
    return (figure.lower, figure.upper) if figure.enough else (None, None)


def _felt(one: TouchpointLook) -> Markup:
    """Return the experience of a touchpoint as a small picture."""
    point = one.point
    known = (point.lower, point.upper) if point.enough else (None, None)
    name = translate(_("还不知道")) if point.estimate is None else format_value(point.estimate)
    return whisker_svg(point.estimate, *known, name=f"{one.name} {name}")


def _effort_change(figure: Figure, name: str) -> Markup:
    """Return a change of effort as a small picture: less is better."""
    return whisker_svg(figure.value, *_bounds(figure), name=name, scale=WhiskerScale(-6.0, 6.0, 0.0, good=-1))


# What the template says things with, the same for every study.
WORDING: Final = MappingProxyType(
    {
        "cut": _cut,
        "psychological": TOUCHPOINT_NAMES,
        "kinds": KINDS,
        "parties": PARTIES,
        "reasons": reasons,
        "percent": percent,
        "share_words": share_words,
        "with_interval": with_interval,
        "score": format_value,
        "bar": lambda figure, name: whisker_svg(figure.value, *_bounds(figure), name=name),
        "felt": _felt,
        "effort_change": _effort_change,
        "index": lambda figure, name: whisker_svg(figure.value, *_bounds(figure), name=name, scale=INDEX),
        "proposals_shown": PROPOSALS_SHOWN,
        "trend_names": NAMES,
        "trend_value": trend_value,
        "direction": direction,
        "most_quotes": MOST_QUOTES,
        "day_words": day_words,
    }
)
