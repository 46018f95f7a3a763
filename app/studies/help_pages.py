"""The numbers to call in need that a study puts on every page of its people's phones."""

import re

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from app.core.errors import Invalid
from app.studies import service
from app.studies.access import RESEARCHERS, confirm
from app.studies.posted import Reader as PostedReader
from app.studies.protocol_pages import Editor, Reader, back, settings_page
from app.studies.schemas import MOST_HELP_LINES, TELEPHONE_PATTERN, HelpLine, StudyChange
from app.web.forms import FormState, Posted, refused
from app.web.i18n import mark

router = APIRouter(include_in_schema=False)

PLACES = [str(place) for place in range(MOST_HELP_LINES)]


@router.get("/studies/{slug}/settings/help")
def help_lines(request: Request, access: Reader) -> Response:
    values: dict[str, object] = {}
    for place, line in enumerate(access.study.help_lines):
        values |= {f"{place}.{name}": line[name] for name in ("label", "number", "note")}
    return settings_page(request, access, "help", {"form": FormState(values), "places": PLACES}, 200)


@router.post("/studies/{slug}/settings/help")
def change_help_lines(request: Request, access: Editor, form: Posted) -> Response:
    try:
        change = StudyChange(help_lines=tuple(posted_help_lines(form)))
        with request.app.state.database.write() as session:
            study = confirm(session, access, RESEARCHERS).study
            service.change_study(session, access.actor, study.id, change)
    except Invalid as error:
        context = {"form": refused(form, error), "places": PLACES}
        return settings_page(request, access, "help", context, error.status)
    return back(access, "help")


def posted_help_lines(form: FormData) -> list[HelpLine]:
    """Return the numbers as they shall stand, rows left empty aside; Invalid names each field."""
    reader = PostedReader(form)
    lines = []
    for place in PLACES:
        label, number, note = (reader.given(f"{place}.{name}") for name in ("label", "number", "note"))
        if not (label or number or note):
            continue
        reader.words(f"{place}.label", 40)
        reader.words(f"{place}.note", 100, least=0)
        if not re.fullmatch(TELEPHONE_PATTERN, number):
            reader.refuse(f"{place}.number", mark("请填电话号码，只用数字、空格和短横线"))
        lines.append((label, number, note))
    reader.finish()
    return [HelpLine(label=label, number=number, note=note) for label, number, note in lines]
