"""The page of a study's coder: which one scores its statements, what another would change, and the choice between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.charts.points import Layout
from app.core.db import MICRO
from app.core.errors import AppError, NotFound
from app.curves import queries
from app.curves.comparison import Comparison, compare
from app.curves.deps import sees_text, whose
from app.curves.drawing import draw
from app.curves.queries import ChangedQuote
from app.curves.words import sentence
from app.jobs.models import Job
from app.participants.sight import sight_of
from app.statements import pending, recodings
from app.statements.models import Recoding
from app.studies import adaptations
from app.studies import queries as studies
from app.studies.access import ANYONE, RESEARCHERS, InStudy, StudyAccess, confirm
from app.studies.adaptations import choice_in_force
from app.studies.models import CoderAdaptation
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render
from nlp import available_coders
from nlp.adapted import NAME as ADAPTED

router = APIRouter(include_in_schema=False)

Reader = Annotated[StudyAccess, Depends(InStudy(*ANYONE))]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]

LAYOUTS: tuple[Layout, ...] = ("wide", "medium", "narrow")
SAVED = "saved"
EXAMPLES = 8
MOST_LISTED = 10
CODERS = {
    "default": _("快，写完就有分数，说得出理由"),
    "lexicon": _("只看词语和它们的范围，每一分都查得到来处"),
    "snownlp": _("常见的开源做法，用来对照"),
    "encoder": _("读得更准，也更慢：先用 default 的分数，几秒后换上"),
    "transformer": _("这台机器上配好的模型：先用 default 的分数，几秒后换上"),
    ADAPTED: _("用本研究的人工编码校准过的"),
}
STATES = {
    "coding": _("正在编码"),
    "ready": _("等着决定"),
    "adopting": _("正在换上"),
    "adopted": _("已采用"),
    "declined": _("没有采用"),
    "failed": _("没有编完"),
}
WENT_WRONG = {
    "coder_unavailable": _("这个编码器现在用不了。请让管理员运行 xinlu doctor，看缺了什么。"),
    "coder_changed": _("编码器在中途换了版本。请再试编一次，看过新的比较再决定。"),
}
SOMETHING = _("编码中途出了问题，分数没有动。请再试一次；如果一直这样，请告诉管理员。")
FITS = {
    "identity": _("没有值得改的，分数照旧"),
    "linear": _("平移和缩放"),
    "monotone": _("分段校准"),
    "words": _("分段校准加词语修正"),
}
DECISIONS = {"adopt": recodings.adopt, "decline": recodings.decline}


@dataclass(frozen=True, slots=True)
class Proposal:
    """The recoding that the page is about, with what its job says of itself."""

    recoding: Recoding
    state: recodings.Standing
    job: Job | None

    @property
    def went_wrong(self) -> str:
        """What to say of a job that failed."""
        return WENT_WRONG.get((self.job.error_code if self.job else "") or "", SOMETHING)


@router.get("/studies/{slug}/settings/coder")
def coder_page(request: Request, access: Reader) -> Response:
    return _page(request, access, FormState({}))


@router.post("/studies/{slug}/settings/coder")
def try_coder(request: Request, access: Editor, form: Posted) -> Response:
    coder = values_of(form).get("coder", "")
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            recodings.request(session, still.actor.label, still.study, coder, preview=True)
    except AppError as error:
        return _page(request, access, refused(form, error), status=error.status)
    return _back(access)


@router.post("/studies/{slug}/settings/coder/decision")
def decide(request: Request, access: Editor, form: Posted) -> Response:
    given = values_of(form)
    decision = DECISIONS.get(given.get("decision", ""))
    try:
        recoding_id = UUID(given.get("recoding", ""))
    except ValueError as error:
        raise NotFound() from error
    if decision is None:
        raise NotFound()
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            decision(session, still.actor.label, still.study.id, recoding_id)
    except NotFound:
        raise
    except AppError as error:
        return _page(request, access, refused(form, error), status=error.status)
    return _back(access)


def _back(access: StudyAccess) -> Response:
    return RedirectResponse(f"/studies/{access.study.slug}/settings/coder", 303)


def _page(request: Request, access: StudyAccess, form: FormState, *, status: int = 200) -> Response:
    study, reads = access.study, sees_text(access)
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, study.id)
        choice = choice_in_force(session, study.id, protocol.study.coder, protocol.study.coder_version)
        fitted = adaptations.latest(session, study.id)
        proposal = _proposal(session, study.id)
        found = _comparison(session, access, proposal)
        context: dict[str, Any] = {
            "coder": protocol.study,
            "refining": pending.state(session, study.id) if choice.slow else pending.NOTHING_WAITS,
            "fitted": fitted,
            "proposal": proposal,
            "comparison": found,
            "examples": _examples(request, session, access, proposal) if found and reads else [],
            "history": [
                (one, recodings.standing(session, one)) for one in recodings.recent(session, study.id, MOST_LISTED)
            ],
        }
    shared = {
        "actor": access.actor,
        "study": study,
        "here": "settings",
        "part": "coder",
        "may_edit": access.can(RESEARCHERS),
        "saved": SAVED in request.query_params,
        "form": form,
        "zone": protocol.study.time_zone,
        "stage_names": {stage.id: stage.name for stage in protocol.stages},
        "offered": _offered(fitted),
        "coders": CODERS,
        "states": STATES,
        "fits": FITS,
        "micro": MICRO,
        "sentence": sentence,
        "charts": [draw(found.after, layout=layout, behind=found.before) for layout in LAYOUTS] if found else [],
    }
    return render(request, "curves/coder.html", {**shared, **context}, status=status)


def _proposal(session: Session, study_id: UUID) -> Proposal | None:
    """What waits for a decision, or else the last one while its job runs or has failed."""
    recent = recodings.recent(session, study_id, 1)
    found = recodings.undecided(session, study_id) or (recent[0] if recent else None)
    if found is None:
        return None
    state = recodings.standing(session, found)
    return None if state in ("adopted", "declined") else Proposal(found, state, recodings.job_of(session, found))


def _comparison(session: Session, access: StudyAccess, proposal: Proposal | None) -> Comparison | None:
    if proposal is None or proposal.state != "ready" or proposal.recoding.version is None:
        return None
    return compare(session, access.study.id, proposal.recoding.version, anonymous=not sees_text(access))


def _examples(
    request: Request, session: Session, access: StudyAccess, proposal: Proposal | None
) -> Sequence[ChangedQuote]:
    if proposal is None or proposal.recoding.version is None:
        return []
    found = queries.largest_changes(session, sight_of(session, access), proposal.recoding.version, EXAMPLES)
    request.app.state.readings.note(access, whose(found))
    return found


def _offered(fitted: CoderAdaptation | None) -> list[str]:
    usable = fitted is not None and fitted.report["chosen"] != "identity"
    return [*available_coders(), *([ADAPTED] if usable else [])]
