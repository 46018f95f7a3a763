"""The report on a page of the workbench, as it will be handed on."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.maps.report.deps import found_for
from app.maps.report.html import drawn, words
from app.maps.report.service import report
from app.studies.access import InStudy, StudyAccess
from app.web.i18n import choose_language, current_language
from app.web.pages import render

router = APIRouter(include_in_schema=False)
Seen = Annotated[StudyAccess, Depends(InStudy())]


@router.get("/studies/{slug}/report")
def report_page(request: Request, access: Seen) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = found_for(request, session, access)
    request.app.state.readings.note(access, found.whose())
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "insights",
        "tab": "report",
        "base": f"/api/v1/studies/{access.study.slug}/report",
        "report": report(found),
        "words": words(),
        "drawn": drawn,
    }
    return render(request, "maps/report.html", context, language=access.study.language)
