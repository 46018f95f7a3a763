"""Scenes over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.maps import service
from app.maps.presentation import ScenesOut, present, whose
from app.participants.sight import sight_of
from app.studies.access import TEXT_READERS, ApiInStudy, StudyAccess

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["maps"])

MayReadText = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope="statements:read"))]


@router.get(
    "/scenes", summary="Pain points, delights, needs and touchpoints by stage", responses={200: {"model": ScenesOut}}
)
def get_scenes(
    request: Request,
    access: MayReadText,
    limit: Annotated[int, Query(ge=1, le=500, description="Scenes of a kind and stage.")] = 20,
    quotes: Annotated[int, Query(ge=0, le=200, description="Quotes of a scene.")] = 5,
) -> Response:
    """Answers 304 to the ETag of an unchanged study. Care staff get the words of people who agreed to it."""
    with request.app.state.database.read() as session:
        seen = service.look(session, sight_of(session, access))
        etag = f'"{seen.etag}-{limit}-{quotes}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, X-API-Key"}
        given = request.headers.get("if-none-match", "")
        if etag in {tag.strip().removeprefix("W/") for tag in given.split(",")}:
            return Response(status_code=304, headers=headers)
        found = service.scenes(session, request.app.state.scenes, seen)
    answer = present(found, seen.protocol, most=limit, most_quotes=quotes)
    request.app.state.readings.note(access, whose(found, answer))
    return Response(answer.model_dump_json(), media_type="application/json", headers=headers)
