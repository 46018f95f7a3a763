"""The page of draws: which statements people code, how many that takes, who has what in hand, and when the machine is shown."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.coding import adjudication, draw_posted, drawing, plans, queries, queue, queue_queries
from app.coding.blinding import AFTER, ALWAYS, NEVER
from app.coding.codebook_queries import names_of_users
from app.coding.codebook_words import who
from app.coding.errors import UnknownCoder
from app.coding.plan_schemas import PlanIn, PlanOut
from app.core.errors import AppError
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Planner = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
DONE: Final = {
    "planned": _("按新的计划抽好了。以后的新表述也照这个规则抽，不用再管。"),
    "proposals": _("改好了，从现在起照这个来。"),
    "released": _("收回来了，会分给别的编码者。写了一半的草稿还留着。"),
}
DESIGNS: Final = (
    ("uniform", _("到处一样"), _("每条表述被抽中的机会一样。最简单，拿不准就选它。")),
    ("stage", _("按阶段定"), _("有的阶段多抽，有的少抽。")),
    ("active", _("机器没把握的多抽"), _("机器拿不准的、得分靠近 0 的多抽一些；别的也有机会，曲线照样不偏。")),
)
PROPOSALS: Final = (
    (NEVER, _("不给看"), _("编码者一直看不到机器打的分。")),
    (AFTER, _("编完再看"), _("自己编完以后才看到；两人都编的，要等两人都编完。")),
    (ALWAYS, _("一直给看"), _("编得快，但容易跟着机器走；两人都编的那些仍然等编完才看。")),
)
NAMES: Final = {key: name for key, name, _words in DESIGNS}


@router.get("/studies/{slug}/draws")
def draws_page(request: Request, access: Planner, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _page(request, access, done=DONE.get(done))


@router.post("/studies/{slug}/draws")
def plan(request: Request, access: Planner, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    given = values_of(form)
    try:
        wanted = draw_posted.posted_plan(form)
        if given.get("act") != "apply":
            return _page(request, access, FormState(given), wanted=wanted)
        version = given.get("version", "")
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            plans.plan(session, still, wanted, int(version) if version.isdecimal() and len(version) < 9 else 0)
    except AppError as error:
        return _page(request, access, refused(form, error), status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/draws?done=planned", 303)


@router.post("/studies/{slug}/draws/proposals")
def proposals(request: Request, access: Planner, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        with request.app.state.database.write() as session:
            drawing.set_proposals(session, confirm(session, access, RESEARCHERS), str(form.get("proposals", "")))
    except AppError as error:
        return _page(request, access, refused(form, error), status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/draws?done=proposals", 303)


@router.post("/studies/{slug}/draws/release")
def release(request: Request, access: Planner, form: Posted) -> Response:
    try:
        coder_id = UUID(str(form.get("coder", "")))
    except ValueError:
        raise UnknownCoder() from None
    with request.app.state.database.write() as session:
        queue.release(session, confirm(session, access, RESEARCHERS), coder_id)
    return RedirectResponse(f"/studies/{access.study.slug}/draws?done=released", 303)


def _page(
    request: Request,
    access: StudyAccess,
    form: FormState | None = None,
    *,
    wanted: PlanIn | None = None,
    done: str | None = None,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        study = queries.study_now(session, access.study.id)
        current = plans.in_force(session, study.id)
        stages = studies.protocol(session, study.id).stages
        context: dict[str, Any] = {
            "study": study,
            "actor": access.actor,
            "here": "coding",
            "tab": "draws",
            "done": done,
            "current": current,
            "preview": plans.preview(session, study.id, wanted) if wanted else None,
            "form": form or FormState(draw_posted.plan_values(current, [stage.key for stage in stages])),
            "stages": stages,
            "designs": DESIGNS,
            "design_names": NAMES,
            "proposals": PROPOSALS,
            "people": queue_queries.workloads(session, study.id),
            "undecided": len(adjudication.doubles(session, study.id, adjudication.Filter())),
            "history": _history(session, study.id),
            "percent": draw_posted.percent,
            "totals": totals,
        }
    return render(request, "coding/draws.html", context, language=access.study.language, status=status)


def totals(plan: PlanOut) -> dict[str, float]:
    """Return what a plan comes to over all stages."""
    names = ("statements", "drawn", "coded", "expected", "codes_done", "codes_left")
    return {name: sum(getattr(stage, name) for stage in plan.stages) for name in names}


def _history(session: Session, study_id: UUID) -> list[tuple[PlanOut, str]]:
    """Return every plan with the name of who decided it, the latest first."""
    kept = plans.history(session, study_id)
    names = names_of_users(session, {one.by for one in kept if one.by and one.by.startswith("user:")})
    return [(one, who(one.by or "", names)) for one in kept]
