"""The page of the relation: phases and what is planned for them, moves, the repurchase ratio, and outcomes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.core.errors import AppError, Invalid
from app.curves import deps as curves
from app.curves import queries as curve_queries
from app.maps.ecosystem import queries as ecosystem
from app.maps.ecosystem.schemas import SupportIn
from app.maps.ecosystem.service import give_support
from app.maps.groups import lifecycle, outcomes, plans, posted, repurchase, segments, words
from app.maps.groups.errors import UnknownSplit
from app.maps.groups.models import PHASES
from app.maps.groups.page_parts import note, refusal, shared, status_of, to
from app.maps.groups.pictures import outcome_picture, phase_picture
from app.maps.groups.schemas import PhaseName, PlanIn
from app.participants import relation_queries
from app.participants.relation_models import OutcomeMeasure
from app.participants.sight import sight_of
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
Key = Annotated[str | None, Query(max_length=120)]

CHANNELS = {
    "sms": _("短信"), "call": _("电话"), "wechat": _("微信"), "app": _("应用"), "email": _("邮件"), "letter": _("信件"),
    "visit": _("当面"), "gift": _("礼物"), "other": _("其他"),
}  # fmt: skip


@router.get("/studies/{slug}/lifecycle")
def lifecycle_page(
    request: Request, access: Seen, as_of: date | None = None, outcome: Key = None, split: Key = None
) -> Response:
    return _lifecycle(request, access, as_of, outcome, split)


@router.post("/studies/{slug}/lifecycle/plans/{phase}")
def plan_phase(request: Request, access: Editor, phase: PhaseName, form: Posted) -> Response:
    current_language.set(choose_language(request))
    try:
        given = PlanIn.model_validate(posted.plan(form))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            plans.set_plan(
                session, still.actor.label, sight_of(session, still), phase, given, version=posted.version(form)
            )
    except (ValidationError, AppError) as error:
        return _lifecycle(
            request, access, None, None, None, state=refusal(form, error), status=status_of(error), at=phase
        )
    return to(access, f"lifecycle#phase-{phase}")


@router.post("/studies/{slug}/lifecycle/support/{phase}")
def nurture(request: Request, access: Editor, phase: PhaseName, form: Posted) -> Response:
    """Log the phase's action as support given."""
    current_language.set(choose_language(request))
    given = values_of(form)
    try:
        support = SupportIn.model_validate(
            {
                "stage": given.get("stage", ""),
                "participant": given.get("participant") or None,
                "phase": phase,
                "channel": given.get("channel", ""),
                "generic": not given.get("participant"),
                "on": given.get("on") or None,
                "words": given.get("words", ""),
            }
        )
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            give_support(session, still.actor, still.study.id, support, support_id=UUID(given.get("id", "")))
    except (ValidationError, ValueError, AppError) as error:
        shown = error if isinstance(error, ValidationError | AppError) else Invalid()
        return _lifecycle(
            request, access, None, None, None, state=refusal(form, shown), status=status_of(shown), at=phase
        )
    return to(access, f"lifecycle#phase-{phase}")


def _lifecycle(
    request: Request,
    access: StudyAccess,
    as_of: date | None,
    outcome: str | None,
    split: str | None,
    *,
    state: FormState | None = None,
    status: int = 200,
    at: str = "",
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    sees = curves.sees_text(access)
    with request.app.state.database.read() as session:
        matrices = request.app.state.matrices
        found = lifecycle.look(session, matrices, access.study.id, as_of=as_of, anonymous=not sees)
        asked: dict[str, Any] = {"as_of": found.as_of, "anonymous": not sees}
        problem = None
        try:
            ratio = repurchase.compare(session, found.ground, access.study.id, outcome=outcome, split=split, **asked)
        except UnknownSplit as error:
            ratio = repurchase.compare(session, found.ground, access.study.id, **asked)
            problem, status = error, max(status, error.status)
        results = outcomes.look(session, matrices, access.study.id, anonymous=not sees)
        own = plans.quotes_of(session, sight_of(session, access)) if sees else {}
        measures = relation_queries.measures(session, access.study.id)
        support = [one for one, _code in ecosystem.support_of(session, access.study.id) if one.phase]
        names = _segment_names(session, access.study.id)
    note(request, access, [one for those in own.values() for one in those])
    context = {
        **shared(access, "lifecycle"),
        "found": found,
        "heading": words.lifecycle_headline(found),
        "phase_names": words.PHASE_NAMES,
        "phase_rules": words.PHASE_RULES,
        "phases": PHASES,
        "plans": own,
        "support": {phase: [one for one in support if one.phase == phase] for phase in PHASES},
        "stages": found.ground.protocol.stages,
        "channels": CHANNELS,
        "ratio": ratio,
        "ratio_words": words.ratio_words,
        "chosen": (ratio.outcome if ratio else "", ratio.split if ratio else ""),
        "outcome_choices": _outcome_choices(measures),
        "split_choices": _split_choices(found, names),
        "problem": problem,
        "phase_svg": phase_picture(found) if found.known else None,
        "outcomes": [(one, outcome_picture(one)) for one in results],
        "outcome_headline": words.outcome_headline,
        "association_words": words.association_words,
        "form": state or FormState(),
        "at": at,
        "new_id": uuid4,
        "plan_of": {one.phase: plans.written(one.phase, one.plan) for one in found.phases},
    }
    return render(request, "maps/lifecycle.html", context, status=status, language=access.study.language)


def _segment_names(session: Session, study_id: UUID) -> list[str]:
    return sorted(
        f"{name}:{value}"
        for name, values in curve_queries.attribute_values(session, study_id).items()
        for value in values
        if 1 < len(values) <= segments.MOST_VALUES
    )


def _outcome_choices(measures: Sequence[OutcomeMeasure]) -> list[tuple[str, str]]:
    own = ((one.key, one.name) for one in measures if one.kind == "yes_no")
    return [*words.OUTCOME_NAMES.items(), *own]


def _split_choices(found: lifecycle.Lifecycle, names: Sequence[str]) -> list[tuple[str, str]]:
    by_stage = translate(_("按“%(name)s”那一段的心情"))
    return [
        ("support", translate(_("按有没有单独联系过"))),
        *((f"stage:{stage.key}", by_stage % {"name": stage.name}) for stage in found.ground.protocol.stages),
        *((f"segment:{name}", name.replace(":", translate(_("：")))) for name in names),
    ]
