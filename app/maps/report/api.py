"""The report as a file over REST: HTML, PDF."""

from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from app.maps.report.deps import found_for
from app.maps.report.html import report_html
from app.maps.report.paper import report_pdf
from app.maps.report.service import report
from app.studies.access import ApiInStudy, StudyAccess
from app.web.i18n import choose_language, current_language

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["maps"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(scope="curves:read"))]
ReportKind = Literal["html", "pdf"]
MEDIA_TYPES: Final[dict[ReportKind, str]] = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


@router.get(
    "/report.{kind}",
    summary="The report for a manager: one HTML file without outside requests, or PDF",
    responses={200: {"content": {"text/html": {}, "application/pdf": {}}}},
)
def get_report(request: Request, access: MayRead, kind: ReportKind) -> Response:
    """Quotes stand in it only of people who agreed to be quoted, and only for those who may read them."""
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = found_for(request, session, access)
    written = report(found)
    body = report_pdf(written) if kind == "pdf" else report_html(written).encode()
    request.app.state.readings.note(access, found.whose(), exported=True)
    name = quote(f"{access.study.slug}-report.{kind}")
    headers = {
        "Cache-Control": "private, no-store",
        "Vary": "Accept-Language, Authorization, Cookie, X-API-Key",
        # Never shown under the workbench's own address: it is a page of somebody else's.
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
    }
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)
