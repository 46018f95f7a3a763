"""Codings over REST: one document per statement and coder."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from app.coding import service
from app.coding.errors import StaleCoding
from app.coding.schemas import CodingIn, CodingOut
from app.core.errors import PreconditionRequired
from app.studies.access import CODERS, ApiInStudy, StudyAccess, confirm

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["coding"])

MayCode = Annotated[StudyAccess, Depends(ApiInStudy(*CODERS, scope="statements:read"))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*CODERS, scope="admin"))]
IfMatch = Annotated[str | None, Header(description='ETag of the document that is replaced; "0" for the first.')]
UNSTORED = {"Cache-Control": "private, no-store"}


@router.get("/statements/{statement_id}/human-coding", summary="What you say of a statement")
def get_coding(request: Request, response: Response, access: MayCode, statement_id: UUID) -> CodingOut:
    """Your own document; version 0 before you said anything. Its ETag is what a change puts into If-Match."""
    with request.app.state.database.read() as session:
        found = service.read_coding(session, access, statement_id)
    response.headers.update(UNSTORED | {"ETag": f'"{found.version}"'})
    return found


@router.put("/statements/{statement_id}/human-coding", summary="Say all that you have to say of a statement")
def put_coding(
    request: Request,
    response: Response,
    access: MayWrite,
    statement_id: UUID,
    given: CodingIn,
    if_match: IfMatch = None,
) -> CodingOut:
    """The document as it stands now. 428 without If-Match; 412, with the document in ``current``, when it has changed."""
    if if_match is None:
        raise PreconditionRequired()
    with request.app.state.database.write() as session:
        still = confirm(session, access, CODERS)
        stored = service.save_coding(session, still, statement_id, given, version_of(if_match))
    response.headers.update(UNSTORED | {"ETag": f'"{stored.version}"'})
    return stored


def version_of(if_match: str) -> int:
    """Return the version that an If-Match names; StaleCoding for a tag that we never gave."""
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise StaleCoding(None)
    return int(digits)
