"""The page of two groups side by side."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app.charts.points import Layout
from app.curves import contrast_deps, deps, queries
from app.curves.addresses import Option, chosen, query, quotes_of
from app.curves.contrast_deps import Sides
from app.curves.contrast_drawing import draw_both, shown
from app.curves.contrast_words import Compared, headline, sentence, verdict
from app.curves.deps import Asked, Reading
from app.curves.groups import asked_of, groups_of, usual_pair
from app.curves.questions import CurveQuestion
from app.curves.words import label_of
from app.studies import queries as studies
from app.studies.access import InStudy, StudyAccess
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
LAYOUTS: tuple[Layout, ...] = ("wide", "medium", "narrow")
AXES = (("stage", _("按阶段")), ("day", _("按天数")), ("touchpoint", _("按触点")))
SCORES = (("corrected", _("说的话")), ("mood", _("自己选的心情")))
KINDS = (("png", "PNG"), ("svg", "SVG"), ("csv", "CSV"), ("json", "JSON"))
Token = Annotated[str, Query(max_length=160)]


@router.get("/studies/{slug}/compare")
def compare_page(request: Request, access: Seen, asked: Asked, a: Token = "", b: Token = "") -> Response:
    """Without two groups: the first two waves, or the two groups of people of which the smaller is the largest."""
    with request.app.state.database.read() as session:
        reading = deps.read(request, session, access, asked, beside=(a, b))
        protocol = studies.protocol(session, access.study.id)
        counts = queries.attribute_counts(session, access.study.id)
        offered = groups_of(protocol, {name: set(values) for name, values in counts.items()})
        two = Sides(a, b) if a and b else Sides(*usual_pair(protocol, counts))
        told = contrast_deps.compare(request, session, reading, two, readable=True)
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "curve",
        "asked": asked,
        "told": told,
        "offered": offered,
        "heading": headline(told),
        "summary": sentence(told),
        "points": shown(told),
        "label": label_of,
        "verdict": verdict,
        "charts": [draw_both(told, layout=layout, href=_row_of(told)) for layout in LAYOUTS],
        "axes": chosen(AXES, asked.by, lambda key: _address(access, asked, two, by=key)),
        "scores": chosen(SCORES, asked.score, lambda key: _address(access, asked, two, score=key)),
        "swap": _address(access, asked, Sides(two.b, two.a)),
        "quotes": _quotes(access, asked, told, reading),
        "downloads": [Option(name, _download(access, asked, two, kind, told), False) for kind, name in KINDS],
        "written": sum((one.a.entries or 0) + (one.b.entries or 0) for one in told.found.points),
    }
    return render(request, "curves/compare.html", context, language=access.study.language)


def _row_of(told: Compared) -> Any:
    """The row of the table that a position of the picture leads to."""
    places = {one.key: place for place, one in enumerate(shown(told))}
    return lambda one: f"#at-{places[one.key]}"


def _address(access: StudyAccess, asked: CurveQuestion, two: Sides, **changes: str | None) -> str:
    return f"/studies/{access.study.slug}/compare?{query(asked, a=two.a, b=two.b, **changes)}"


def _download(access: StudyAccess, asked: CurveQuestion, two: Sides, kind: str, told: Compared) -> str:
    score = told.found.a.score if asked.score == "corrected" and told.found.a.score != "mood" else asked.score
    return f"/api/v1/studies/{access.study.slug}/curve/contrast.{kind}?{query(asked, a=two.a, b=two.b, score=score)}"


def _quotes(access: StudyAccess, asked: CurveQuestion, told: Compared, reading: Reading) -> Any:
    """What names the statements of both sides behind a point; None for who may read none."""
    if not deps.sees_text(reading.access):
        return None
    addresses = [quotes_of(access, asked_of(side, asked)) for side in (told.a, told.b)]
    return lambda one: (addresses[0](one.a), addresses[1](one.b))
