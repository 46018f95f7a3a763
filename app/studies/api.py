"""Studies, their protocols and their members over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.actors import ADMIN, StaffActor
from app.accounts.deps import ApiCaller
from app.studies import membership, queries, service
from app.studies.access import ANYONE, OWNERS, RESEARCHERS, ApiInStudy, StudyAccess, confirm
from app.studies.answers import FormOut, MemberOut, RoleIn, StudyOut, StudySummary, TemplateOut, TouchpointOut, WaveOut
from app.studies.schemas import FormVersionIn, NewTouchpoint, StudyChange, StudyIn, WaveIn
from app.studies.study_templates import study_templates
from app.web.paging import DEFAULT_LIMIT, MOST, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/api/v1", tags=["studies"])

Caller = Annotated[StaffActor, Depends(ApiCaller(None))]
Maker = Annotated[StaffActor, Depends(ApiCaller(ADMIN))]
Reader = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE))]
Editor = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
Owner = Annotated[StudyAccess, Depends(ApiInStudy(*OWNERS, scope=ADMIN))]


@router.get("/templates", summary="List the templates that a study can start from")
def list_templates(actor: Caller) -> list[TemplateOut]:
    return [TemplateOut.of(template) for template in study_templates().values()]


@router.get("/studies", summary="List the studies that the caller belongs to, newest first")
def list_studies(
    request: Request,
    actor: Caller,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT_LIMIT,
    after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> Page[StudySummary]:
    with request.app.state.database.read() as session:
        found = queries.studies_of(session, actor, after=decode_cursor(after), limit=limit + 1)
    shown = [StudySummary.of(study, role) for study, role in found[:limit]]
    return Page(rows=shown, next=encode_cursor(shown[-1].id) if len(found) > limit else None)


@router.post("/studies", status_code=201, summary="Make a study from a template, from a protocol, or blank")
def create_study(request: Request, response: Response, actor: Maker, given: StudyIn) -> StudyOut:
    with request.app.state.database.write() as session:
        coder = request.app.state.settings.coder
        study = service.create_study(session, actor, given, default_coder=coder)
        created = StudyOut.whole(study, "owner", queries.protocol(session, study.id))
    response.headers["Location"] = f"/api/v1/studies/{created.slug}"
    return created


@router.get(
    "/studies/{slug}",
    summary="Read a study: stages in order, touchpoints, form, consent text, waves",
    response_model=StudyOut,
    responses={304: {"description": "Unchanged since the ETag given in If-None-Match."}},
)
def read_study(request: Request, response: Response, access: Reader) -> StudyOut | Response:
    with request.app.state.database.read() as session:
        protocol = queries.protocol(session, access.study.id)
    etag = f'W/"{protocol.revision}-{access.role}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return StudyOut.whole(access.study, access.role, protocol)


@router.patch("/studies/{slug}", summary="Change a study's words, dates and stages; stages are never removed")
def change_study(request: Request, access: Editor, change: StudyChange) -> StudyOut:
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        study = service.change_study(session, still.actor, still.study.id, change)
        return StudyOut.whole(study, still.role, queries.protocol(session, study.id))


@router.post(
    "/studies/{slug}/form-versions",
    status_code=201,
    summary="Publish the next version of the diary form; a question keeps its type",
)
def publish_form_version(request: Request, access: Editor, given: FormVersionIn) -> FormOut:
    with request.app.state.database.write() as session:
        study = confirm(session, access, RESEARCHERS).study
        version = service.publish_form_version(session, access.actor, study.id, given.questions)
    return FormOut(version=version, questions=list(given.questions))


@router.post("/studies/{slug}/touchpoints", status_code=201, summary="Add a touchpoint to a stage, or rename it")
def put_touchpoint(request: Request, access: Editor, given: NewTouchpoint) -> TouchpointOut:
    with request.app.state.database.write() as session:
        study = confirm(session, access, RESEARCHERS).study
        service.put_touchpoint(session, access.actor, study.id, given)
    return TouchpointOut(**given.model_dump(exclude={"stage"}))


@router.post("/studies/{slug}/waves", status_code=201, summary="Add a round, such as before and after a change")
def add_wave(request: Request, access: Editor, given: WaveIn) -> WaveOut:
    with request.app.state.database.write() as session:
        study = confirm(session, access, RESEARCHERS).study
        service.add_wave(session, access.actor, study.id, given)
    return WaveOut(key=given.key, name=given.name)


@router.get("/studies/{slug}/members", summary="List who works in a study")
def list_members(request: Request, access: Editor) -> list[MemberOut]:
    with request.app.state.database.read() as session:
        found = queries.members_of(session, access.study.id)
    return [MemberOut.of(one, user) for one, user in found]


@router.get("/studies/{slug}/members/{login}", summary="Read one member's role")
def read_member(request: Request, access: Editor, login: str) -> MemberOut:
    with request.app.state.database.read() as session:
        return MemberOut.of(*queries.member(session, access.study.id, login))


@router.put("/studies/{slug}/members/{login}", summary="Add a member, or change the role")
def set_member(request: Request, access: Owner, login: str, given: RoleIn) -> MemberOut:
    with request.app.state.database.write() as session:
        study = confirm(session, access, OWNERS).study
        membership.set_role(session, access.actor, study.id, login, given.role)
        return MemberOut.of(*queries.member(session, study.id, login))


@router.delete("/studies/{slug}/members/{login}", status_code=204, summary="Remove a member")
def remove_member(request: Request, access: Owner, login: str) -> None:
    with request.app.state.database.write() as session:
        study = confirm(session, access, OWNERS).study
        membership.remove_member(session, access.actor, study.id, login)
