"""What the ecosystem's API and pages share: proposals for those who may read words, ETags, versions."""

import hashlib
from collections.abc import Sequence

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.curves.deps import sees_text
from app.maps import service as scenes
from app.maps.ecosystem import service
from app.maps.ecosystem.service import Proposed
from app.participants.sight import sight_of
from app.studies.access import StudyAccess


def proposals(request: Request, session: Session, access: StudyAccess) -> Sequence[Proposed] | None:
    """Return the psychological touchpoints that words which the caller may read propose; None who may read none."""
    if not sees_text(access):
        return None
    seen = scenes.look(session, sight_of(session, access))
    return service.proposed(seen.protocol, scenes.scenes(session, request.app.state.scenes, seen))


def served(request: Request, answer: BaseModel) -> Response:
    """Return ``answer`` as JSON with an ETag of its content; 304 where the caller has it."""
    body = answer.model_dump_json().encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, X-API-Key"}
    if etag in {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def version_of(if_match: str | None) -> int | None:
    """Return the version that an If-Match names; None without one, −1 for a tag that we never gave."""
    if if_match is None:
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    return int(digits) if digits.isdecimal() and len(digits) < 10 else -1
