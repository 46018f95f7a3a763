"""Photos and voice notes, shown to their own person, to staff who may read the person's words, and to programs."""

import re
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.diary import attachment_queries as found
from app.diary import entry_pages
from app.diary.models import Attachment
from app.participants.deps import OnPhone, PhoneAccess
from app.participants.sight import sight_of
from app.studies.access import TEXT_READERS, ApiInStudy, InStudy, StudyAccess

pages = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["entries"])

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope="statements:read"))]

NAMES: Mapping[str, str] = {"image/jpeg": "photo.jpg", "audio/mpeg": "voice.mp3"}
RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


@pages.get("/d/attachments/{attachment_id}")
def own_attachment(request: Request, access: Phone, attachment_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        row = found.own(session, access.study.id, access.participant.id, attachment_id)
        content = found.content(session, access.study.id, row.id)
    return _shown(request, row, content)


@pages.get("/studies/{slug}/attachments/{attachment_id}")
def attachment(request: Request, access: TextSeen, attachment_id: UUID) -> Response:
    return _seen(request, access, attachment_id)


@api.get(
    "/studies/{slug}/attachments/{attachment_id}",
    summary="A photo (JPEG) or a voice note (MP3) of an entry",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in NAMES}}},
)
def get_attachment(request: Request, access: MayRead, attachment_id: UUID) -> Response:
    """Its bytes, with `Range`. Care staff get those of people who agreed to it."""
    return _seen(request, access, attachment_id)


def _seen(request: Request, access: StudyAccess, attachment_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        row = found.seen(session, sight_of(session, access), attachment_id)
        content = found.content(session, access.study.id, row.id)
    request.app.state.readings.note(access, [(row.participant_id, row.entry_id)])
    return _shown(request, row, content)


def _shown(request: Request, row: Attachment, content: bytes) -> Response:
    """Return the bytes, or the part of them that is asked for: some browsers play nothing without that."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="{NAMES[row.media_type]}"',
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Accept-Ranges": "bytes",
    }
    size = len(content)
    asked = RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked[0] == "bytes=-":
        return Response(content, 200, headers, row.media_type)
    first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
    last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
    if first > last:
        return Response(b"", 416, headers | {"Content-Range": f"bytes */{size}"}, row.media_type)
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(content[first : last + 1], 206, headers, row.media_type)


router = APIRouter()
for part in (pages, api, entry_pages.router):
    router.include_router(part)
