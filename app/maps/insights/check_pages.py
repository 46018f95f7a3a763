"""The page of the self-check, and of trying a sentence."""

from fastapi import APIRouter, Request, Response

from app.maps.insights.checking import MOST, PASSING
from app.maps.insights.deps import checked
from app.maps.insights.names import CHECK_ADDRESSES, CHECK_NEXT, CHECK_RULES, DETAIL_NAMES
from app.maps.insights.page_parts import Seen, show, speak
from app.maps.insights.sentences import EXAMPLES, SentenceOut, judge
from app.maps.insights.words import check_fact, check_headline
from app.studies.access import StudyAccess
from app.web.forms import Posted, values_of

router = APIRouter(include_in_schema=False)

MOST_TRIED = 400


@router.get("/studies/{slug}/self-check")
def self_check_page(request: Request, access: Seen) -> Response:
    return _page(request, access, None)


@router.post("/studies/{slug}/self-check")
def try_sentence(request: Request, access: Seen, form: Posted) -> Response:
    words = " ".join(values_of(form).get("text", "").replace("\x00", "").split())[:MOST_TRIED]
    return _page(request, access, judge(words) if words else None)


def _page(request: Request, access: StudyAccess, tried: SentenceOut | None) -> Response:
    speak(request, access)
    with request.app.state.database.read() as session:
        found = checked(request, session, access)
    request.app.state.readings.note(access, found.whose)
    stages = {stage.key: stage.name for stage in found.protocol.stages}
    context = {
        "heading": check_headline(found),
        "found": found,
        "fact": check_fact,
        "rules": CHECK_RULES,
        "next_steps": CHECK_NEXT,
        "next_addresses": CHECK_ADDRESSES,
        "stage_names": stages,
        "most": MOST,
        "passing": PASSING,
        "tried": tried,
        "examples": [judge(one) for one in EXAMPLES],
        "detail_names": DETAIL_NAMES,
        "most_tried": MOST_TRIED,
    }
    return show(request, access, "maps/self_check.html", "self-check", context)
