"""A map as a file over REST: SVG, PNG, PDF, PPTX, JSON."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.maps.board.service import viewer_of
from app.maps.drawing.document import MapDocument
from app.maps.drawing.service import MEDIA_TYPES, MapKind, made, map_to_hand
from app.studies.access import ApiInStudy, StudyAccess
from app.web.i18n import choose_language, current_language

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["maps"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(scope="curves:read"))]
Number = Annotated[
    int | None, Query(alias="version", ge=1, description="A version that was kept; without it, as it stands.")
]


@router.get(
    "/map.{kind}",
    summary="The study's first as-is map, or what is proposed while there is none, as a file",
    responses={200: {"model": MapDocument}},
)
def get_first_map(request: Request, access: MayRead, kind: MapKind) -> Response:
    """A picture on one page of A3 (SVG, PNG, PDF), a slide with shapes and text (PPTX), or all of it as JSON.

    People's words stand in it only of those who agreed to be quoted, and for those who may read them.
    """
    return _file(request, access, kind, None, None)


@router.get(
    "/maps/{map_id}.{kind}",
    summary="A map, or a kept version of it, as a file",
    responses={200: {"model": MapDocument}},
)
def get_map_file(request: Request, access: MayRead, map_id: UUID, kind: MapKind, number: Number = None) -> Response:
    """As the first map; a version has the notes of then under the curve of now."""
    return _file(request, access, kind, map_id, number)


def _file(request: Request, access: StudyAccess, kind: MapKind, map_id: UUID | None, number: int | None) -> Response:
    state = request.app.state
    current_language.set(choose_language(request, access.study.language))
    with state.database.read() as session:
        viewer = viewer_of(session, access)
        hand = map_to_hand(session, state.matrices, state.scenes, viewer, map_id, number=number)
    body = made(hand, kind)
    state.readings.note(access, hand.whose, exported=True)
    name = quote(f"{access.study.slug}-map.{kind}")
    headers = {
        "Cache-Control": "private, no-store",
        "Vary": "Accept-Language, Authorization, Cookie, X-API-Key",
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
    }
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)
