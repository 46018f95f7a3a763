"""The pages of a study's interview guide: writing it, its versions, and one to print."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.core.errors import AppError, Invalid
from app.interviews import guide_posted, guide_queries, guides
from app.interviews.guide_errors import GuideChanged
from app.interviews.guide_posted import Draft
from app.interviews.guide_schemas import LONGEST_QUESTION
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
MayWrite = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
Version = Annotated[int, Path(ge=0, le=1_000_000)]
PUBLISH = "publish"


@router.get("/studies/{slug}/interviews/guide")
def guide_page(request: Request, access: Seen) -> Response:
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        guide = guides.guide_of(session, protocol)
        if not access.can(RESEARCHERS):
            return _to(access, f"/{guide.version}")
        draft = guide_posted.draft_of(guide.questions)
        return _edited(request, session, access, protocol, draft, guide.version)


@router.post("/studies/{slug}/interviews/guide")
def change_guide(request: Request, access: MayWrite, form: Posted) -> Response:
    current_language.set(choose_language(request))
    values = values_of(form)
    version = int(values["version"]) if values.get("version", "").isdecimal() else 0
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        draft = guide_posted.in_order(guide_posted.posted_draft(form), protocol)
        if values.get("do") != PUBLISH:
            draft, focus = guide_posted.changed(draft, values.get("do", ""), protocol)
            return _edited(request, session, access, protocol, draft, version, focus=focus)
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            protocol = studies.protocol(session, still.study.id)
            wanted = guide_posted.given(draft)
            guides.publish(session, still.actor.label, protocol, wanted, version=version)
    except (Invalid, GuideChanged) as error:
        return _again(request, access, form, draft, version, error)
    return _to(access, "?saved=1")


@router.get("/studies/{slug}/interviews/guide/{version}")
def version_page(request: Request, access: Seen, version: Version) -> Response:
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        guide = guides.guide_of(session, protocol, version)
        latest = guide_queries.latest_version(session, access.study.id)
    by_stage = {stage.key: [one for one in guide.questions if one.stage == stage.key] for stage in protocol.stages}
    context = {
        **_shared(access),
        "guide": guide,
        "latest": latest,
        "by_stage": [(stage, by_stage[stage.key]) for stage in protocol.stages if by_stage[stage.key]],
    }
    return render(request, "interviews/guide_version.html", context, language=access.study.language)


def _again(
    request: Request, access: StudyAccess, form: Posted, draft: Draft, version: int, error: AppError
) -> Response:
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        # Whoever was told of the newer version publishes upon that one, if they still wish to.
        if isinstance(error, GuideChanged):
            version = guide_queries.latest_version(session, access.study.id)
        state = refused(form, error)
        return _edited(request, session, access, protocol, draft, version, state=state, status=error.status)


def _edited(
    request: Request,
    session: Session,
    access: StudyAccess,
    protocol: StudyProtocol,
    draft: Draft,
    version: int,
    *,
    state: FormState | None = None,
    focus: int | None = None,
    status: int = 200,
) -> Response:
    placed = list(enumerate(draft))
    context = {
        **_shared(access),
        "form": state or FormState(),
        "version": version,
        "stages": [(stage, [pair for pair in placed if pair[1].stage == stage.key]) for stage in protocol.stages],
        "count": len(draft),
        "focus": focus,
        "longest": LONGEST_QUESTION,
        "history": guide_queries.guides(session, access.study.id),
        "names": {f"user:{user.id}": user.name for _, user in studies.members_of(session, access.study.id)},
        "saved": "saved" in request.query_params,
    }
    return render(request, "interviews/guide.html", context, status=status, language=access.study.language)


def _shared(access: StudyAccess) -> dict[str, Any]:
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "interviews",
        "zone": access.study.time_zone,
        "may_write": access.can(RESEARCHERS),
    }


def _to(access: StudyAccess, tail: str) -> Response:
    return RedirectResponse(f"/studies/{access.study.slug}/interviews/guide{tail}", 303)
