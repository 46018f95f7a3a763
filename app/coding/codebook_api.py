"""The codebook over REST, as JSON; as QDC and CSV it comes from ``exchange``."""

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.accounts.actors import READ_STATEMENTS
from app.coding import blinding, codebook_queries
from app.studies.access import CODERS, ApiInStudy, StudyAccess

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["coding"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*CODERS, scope=READ_STATEMENTS))]


class CodeOut(BaseModel):
    """A code. ``uses`` counts the excerpts that carry it and that the caller may see; ``depth`` is 0 at the top."""

    id: UUID
    parent_id: UUID | None
    name: str
    colour: str
    description: str
    examples: list[str]
    memo: str
    shortcut: str | None
    position: int
    depth: int
    uses: int
    retired_at: datetime | None
    merged_into: UUID | None


class CodebookOut(BaseModel):
    """A codebook in the version ``version``: its codes in tree order, parents before their children."""

    version: int
    codes: list[CodeOut]


@router.get("/codebook", summary="The codebook", responses={200: {"model": CodebookOut}})
@router.get("/codebook.json", include_in_schema=False)
def get_codebook(
    request: Request,
    access: MayRead,
    retired: Annotated[bool, Query(description="Also codes that are out of use.")] = False,
) -> Response:
    """Answers 304 to the ETag of an unchanged codebook with unchanged uses. `.qdc` and `.csv` give the same as files."""
    with request.app.state.database.read() as session:
        among = blinding.may_see(access)
        codes = codebook_queries.codes_of(session, access.study.id, retired=retired, among=among)
        version = codebook_queries.version_of(session, access.study.id)
    shown = [CodeOut.model_validate(code, from_attributes=True) for code in codes]
    body = CodebookOut(version=version, codes=shown).model_dump_json().encode()
    etag = f'"{version}-{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, X-API-Key"}
    if etag in {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
