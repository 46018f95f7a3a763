"""The page of observations: somebody of the team walks the same road and writes down what they see, phone in hand."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import MICRO
from app.core.errors import AppError, Forbidden, NotFound
from app.core.ids import uuid7
from app.interviews import observing, observing_queries
from app.interviews.observing_schemas import LONGEST_FELT, LONGEST_SAW, Observation, ObservationIn
from app.studies import queries as studies
from app.studies.access import CARE, CODER, CODERS, OWNERS, InStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol
from app.web.forms import FormState, Posted, refused, unreadable, values_of
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

OBSERVERS: Final = (*CODERS, CARE)
"""Who may walk the road and write of it: everybody of the team but those who see sums only."""

MayObserve = Annotated[StudyAccess, Depends(InStudy(*OBSERVERS))]
FIELD_WORDS = {
    "stage": _("请选一个阶段"),
    "touchpoint": _("这个触点不在这个阶段里"),
    "at": _("请填时间，例如 2025-03-08 20:15"),
    "saw": _("请写下看到了什么，不超过 4000 字"),
    "felt": _("太长了，请缩短到 2000 字以内"),
}
DONE = {"written": _("记下了。"), "changed": _("改好了。"), "removed": _("删掉了。")}
_POSTED: TypeAdapter[tuple[UUID, int]] = TypeAdapter(tuple[UUID, int])


@router.get("/studies/{slug}/observations")
def observations_page(request: Request, access: MayObserve) -> Response:
    return _page(request, access, None)


@router.post("/studies/{slug}/observations")
def write(request: Request, access: MayObserve, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        given = ObservationIn.model_validate(_given(form))
        observation_id, _version = _POSTED.validate_python((form.get("id"), 0))
        with request.app.state.database.write() as session:
            still = confirm(session, access, OBSERVERS)
            protocol = studies.protocol(session, still.study.id)
            observing.write(session, still.actor.label, still.study, protocol, given, observation_id)
    except ValidationError as error:
        return _page(request, access, unreadable(form, error, FIELD_WORDS), status=422)
    except AppError as error:
        return _page(request, access, refused(form, error), status=error.status)
    return _to(access, "?done=written#written")


@router.get("/studies/{slug}/observations/{observation_id}")
def observation_page(request: Request, access: MayObserve, observation_id: UUID) -> Response:
    return _page(request, access, None, changing=observation_id)


@router.post("/studies/{slug}/observations/{observation_id}")
def change(request: Request, access: MayObserve, observation_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        given = ObservationIn.model_validate(_given(form))
        _id, version = _POSTED.validate_python((observation_id, form.get("version")))
        with request.app.state.database.write() as session:
            still = confirm(session, access, OBSERVERS)
            protocol = studies.protocol(session, still.study.id)
            observing.change(session, still.actor.label, protocol, observation_id, given, version=version)
    except ValidationError as error:
        state = unreadable(form, error, FIELD_WORDS)
        return _page(request, access, state, changing=observation_id, status=422)
    except (Forbidden, NotFound):
        raise
    except AppError as error:
        return _page(request, access, refused(form, error), changing=observation_id, status=error.status)
    return _to(access, "?done=changed#written")


@router.post("/studies/{slug}/observations/{observation_id}/remove")
def remove(request: Request, access: MayObserve, observation_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        still = confirm(session, access, OBSERVERS)
        owner = still.can(OWNERS)
        observing.remove(session, still.actor.label, still.study.id, observation_id, owner=owner)
    return _to(access, "?done=removed#written")


def _given(form: Posted) -> dict[str, Any]:
    """Return a posted observation; the one choice of a place holds stage and touchpoint."""
    values = values_of(form)
    stage, _separator, touchpoint = values.get("place", "").partition("/")
    return {
        "stage": stage,
        "touchpoint": touchpoint,
        "wave": values.get("wave", ""),
        "at": values.get("at", ""),
        "saw": values.get("saw", ""),
        "felt": values.get("felt", ""),
    }


def _page(
    request: Request,
    access: StudyAccess,
    state: FormState | None,
    *,
    changing: UUID | None = None,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    mine = access.actor.label
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        # A coder reads what was assigned to them; of observations, their own.
        shown = observing.observations(session, protocol, by=mine if access.role == CODER else None)
        told = _told(session, protocol)
    chosen = next((one for one in shown if one.id == changing), None) if changing else None
    if changing and (chosen is None or chosen.by != mine):
        raise NotFound()
    zone = ZoneInfo(access.study.time_zone)
    values = _values(chosen, zone) | dict(state.values if state else {})
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "interviews",
        "zone": access.study.time_zone,
        "form": FormState(values, state.errors if state else {}, state.title if state else ""),
        "changing": chosen,
        "new_id": values.get("id") or str(uuid7()),
        "mine": mine,
        "owner": access.can(OWNERS),
        "observations": shown,
        "stages": [(stage, protocol.touchpoints_of(stage.id)) for stage in protocol.stages],
        "waves": protocol.waves,
        "names": {stage.key: stage.name for stage in protocol.stages},
        "touchpoint_names": _touchpoint_names(protocol),
        "told": told if access.role != CODER else [],
        "done": DONE.get(request.query_params.get("done", "")),
        "longest_saw": LONGEST_SAW,
        "longest_felt": LONGEST_FELT,
    }
    return render(request, "interviews/observe.html", context, status=status, language=access.study.language)


def _values(chosen: Observation | None, zone: ZoneInfo) -> dict[str, object]:
    if chosen is None:
        return {"at": _wall(clock.now(), zone)}
    place = chosen.stage + (f"/{chosen.touchpoint}" if chosen.touchpoint else "")
    return {
        "place": place,
        "wave": chosen.wave,
        "at": _wall(chosen.at, zone),
        "saw": chosen.saw,
        "felt": chosen.felt,
    }


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def _touchpoint_names(protocol: StudyProtocol) -> dict[str, str]:
    return {f"{protocol.stage_of(one.stage_id).key}/{one.key}": one.name for one in protocol.touchpoints}


def _told(session: Session, protocol: StudyProtocol) -> list[tuple[str, int, int, float]]:
    """Return per stage that was observed its name, how many observers and texts, and the mean of the machine's scores."""
    rows = {row.position: row for row in observing_queries.by_stage(session, protocol.study.id)}
    found = [(stage.name, rows[stage.id.hex]) for stage in protocol.stages if stage.id.hex in rows]
    return [(name, row.people, int(row.n), int(row.sum_model) / int(row.n) / MICRO) for name, row in found]


def _to(access: StudyAccess, tail: str) -> Response:
    return RedirectResponse(f"/studies/{access.study.slug}/observations{tail}", 303)
