"""The study's page: the curve, what it says in words, and the quotes behind each point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from app.charts.points import Layout
from app.curves import addresses, coder_pages, compare_pages, deps, hardest, hardest_now, queries, quotes_pages
from app.curves.addresses import Option, address, chosen, download, query, quotes_of
from app.curves.behind import quotes_behind
from app.curves.correction_words import apart, verdict, wanting
from app.curves.corrections import Correction
from app.curves.deps import Asked, Reading
from app.curves.drawing import draw
from app.curves.hardest_now import HardestNote
from app.curves.queries import Quote
from app.curves.service import Curve, CurvePoint, CurveQuestion
from app.curves.tipping_words import robustness
from app.curves.tipping_words import verdict as tipping_verdict
from app.curves.words import TELLS, label_of
from app.participants.sight import sight_of
from app.statements.words import day_words
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(coder_pages.router)
router.include_router(quotes_pages.router)
router.include_router(compare_pages.router)

Seen = Annotated[StudyAccess, Depends(InStudy())]
LAYOUTS: tuple[Layout, ...] = ("wide", "medium", "narrow")
AXES = (("stage", _("按阶段")), ("day", _("按天数")), ("touchpoint", _("按触点")))
SCORES = (("corrected", _("日记里说的")), ("mood", _("自己选的心情")))
CORRECTED_SCORES = (("corrected", _("人工校正后")), ("model", _("只用机器")), ("mood", _("自己选的心情")))
HUMAN_SCORE = ("human", _("只用人工"))
KINDS = (("png", "PNG"), ("svg", "SVG"), ("csv", "CSV"), ("json", "JSON"))
GLIMPSE = 3


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A few quotes behind a point, the most telling first."""

    point: CurvePoint
    low: bool
    quotes: Sequence[Quote]
    href: str


@router.get("/studies/{slug}")
def study_page(request: Request, access: Seen, asked: Asked) -> Response:
    with request.app.state.database.read() as session:
        reading = deps.read(request, session, access, asked)
        curve, correction = _curves(request, session, reading)
        protocol = studies.protocol(session, access.study.id)
        values = queries.attribute_values(session, access.study.id)
        by_day = _by_day(request, session, reading, curve)
        days = hardest.hardest_days(curve, by_day, protocol.stages) if curve.by == "stage" else None
        lowest = hardest.stage_keys(curve, days)[:1]
        glimpses = _glimpses(session, access, protocol, curve, asked, lowest) if deps.sees_text(access) else []
        of_everybody = asked == CurveQuestion(level=asked.level)
        found = hardest_now.of_curves(protocol.stages, curve, days) if of_everybody else None
        notes = _notes(request, session, access, found) if found else []
    request.app.state.readings.note(access, deps.whose(quote for glimpse in glimpses for quote in glimpse.quotes))
    href = quotes_of(access, asked) if deps.sees_text(access) else None
    behind = correction.model if curve.corrected and curve.score == "corrected" else None
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "curve",
        "curve": curve,
        "heading": hardest.headline(curve, days),
        "summary": hardest.summary(curve, by_day, days),
        "notes": notes,
        "correction": correction if asked.score in ("corrected", "model") else None,
        "apart": apart(correction),
        "wanting": wanting(correction),
        "verdict": verdict,
        "charts": [draw(curve, layout=layout, href=href, behind=behind) for layout in LAYOUTS],
        "labels": {point.key: label_of(curve, point) for point in curve.points},
        "shown": [point for point in curve.points if point.estimate is not None or curve.by == "stage"],
        "axes": chosen(AXES, asked.by, lambda key: address(access, asked, by=key)),
        "scores": _scores(access, asked, correction),
        "waves": addresses.waves(access, asked, protocol),
        "segments": addresses.segments(access, asked, values),
        "sources": addresses.sources(access, asked),
        "robustness": robustness(curve),
        "could": tipping_verdict,
        "compare": f"/studies/{access.study.slug}/compare",
        "downloads": [Option(name, download(access, asked, kind, curve.score), False) for kind, name in KINDS],
        "may_draw": access.can(RESEARCHERS),
        "glimpses": glimpses,
        "total": sum(point.entries or 0 for point in curve.points),
        "zone": protocol.study.time_zone,
        "day_words": day_words,
    }
    return render(request, "curves/study.html", context, language=access.study.language)


def _curves(request: Request, session: Session, reading: Reading) -> tuple[Curve, Correction]:
    """Return the curve to show, and what human codes change of it. As long as too little is coded for the whole road the
    page stays on the model's curve, instead of emptying it from the first code on."""
    correction, score = deps.correct(request, session, reading), reading.question.score
    if score == "corrected":
        return deps.smoothed(request, session, reading, correction.shown), correction
    return deps.compute(request, session, reading), correction


def _notes(request: Request, session: Session, access: StudyAccess, found: hardest_now.Hardest) -> list[HardestNote]:
    """Return what rooms above have to say of the hardest stages."""
    told = (tell(session, access, found) for tell in request.app.state.hardest_notes)
    return [note for note in told if note is not None]


def _by_day(request: Request, session: Session, reading: Reading, curve: Curve) -> Curve:
    """Return the same people's curve by days, which may tell what stages cannot."""
    if curve.by == "day":
        return curve
    question = replace(reading.question, by="day", score=curve.score)
    return deps.compute(request, session, replace(reading, question=question))


def _scores(access: StudyAccess, asked: CurveQuestion, correction: Correction) -> list[Option]:
    # Until there is a corrected curve to look at beside it, the model's is simply what the diaries say.
    at_hand = asked.score if correction.settled or asked.score != "model" else "corrected"
    said = ("corrected", TELLS.get(asked.source, SCORES[0][1]))
    offered = CORRECTED_SCORES if correction.settled else (said, *SCORES[1:])
    if correction.begun or asked.score == "human":
        offered = (*offered[:-1], HUMAN_SCORE, offered[-1])
    return chosen(offered, at_hand, lambda key: address(access, asked, score=key, source=_told(asked, key)))


def _told(asked: CurveQuestion, score: str) -> str | None:
    """A mood is told in diaries only."""
    return None if score == "mood" else asked.source


def _glimpses(
    session: Session,
    access: StudyAccess,
    protocol: StudyProtocol,
    curve: Curve,
    asked: CurveQuestion,
    lowest: Sequence[str],
) -> list[Glimpse]:
    """Return quotes behind the point that is spoken of as the lowest, and the highest that has enough evidence."""
    known = [point for point in curve.points if point.enough and point.estimate is not None]
    if len(known) < 2:
        return []
    sight = sight_of(session, access)
    ends = (
        (min(known, key=lambda one: (one.key not in lowest, one.estimate or 0.0)), True),
        (max(known, key=lambda one: one.estimate or 0.0), False),
    )
    return [
        Glimpse(
            point,
            low,
            quotes_behind(session, sight, protocol, asked, point.key, lowest=low, limit=GLIMPSE),
            f"/studies/{curve.study}/quotes?{query(asked, key=point.key)}&order={'lowest' if low else 'highest'}",
        )
        for point, low in ends
    ]
