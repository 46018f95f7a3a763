"""Interview guides over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.accounts.actors import ADMIN
from app.core.errors import PreconditionRequired
from app.interviews import guides
from app.interviews.guide_errors import GuideChanged
from app.interviews.guide_schemas import GuideIn, GuideOut
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, ApiInStudy, StudyAccess, confirm

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["interviews"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy())]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
IfMatch = Annotated[str | None, Header(description="ETag of the version that was seen.")]


@router.get("/guide", summary="A study's interview guide")
def get_guide(
    request: Request,
    response: Response,
    access: MayRead,
    version: Annotated[int | None, Query(ge=0, le=1_000_000, description="Left out: the version in force.")] = None,
) -> GuideOut:
    """Questions by stage. Version 0: nobody has published one, these are proposed from the stages."""
    with request.app.state.database.read() as session:
        found = guides.guide_of(session, studies.protocol(session, access.study.id), version)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/guide", summary="Publish the next version of a study's interview guide")
def put_guide(
    request: Request, response: Response, access: MayWrite, given: GuideIn, if_match: IfMatch = None
) -> GuideOut:
    """The version in force. 428 without If-Match, 412 when another one was published since. Earlier versions stay."""
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal():
        raise GuideChanged()
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        protocol = studies.protocol(session, still.study.id)
        published = guides.publish(session, still.actor.label, protocol, given, version=int(digits))
    response.headers["ETag"] = f'"{published.version}"'
    return published
