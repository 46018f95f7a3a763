"""The study's page: the curve, what it says in words, and the quotes behind each point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.charts.points import Layout
from app.core.db import MICRO
from app.core.errors import NotFound
from app.curves import coder_pages, deps, queries
from app.curves.correction_words import apart, verdict, wanting
from app.curves.corrections import Correction
from app.curves.deps import Asked, Reading
from app.curves.drawing import draw
from app.curves.points import conditions_of
from app.curves.queries import Quote
from app.curves.service import Curve, CurvePoint, CurveQuestion
from app.curves.words import headline, label_of, sentence
from app.participants.consents import may_be_quoted
from app.participants.sight import Sight, sight_of
from app.statements.words import ROLES, day_words
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(coder_pages.router)

Seen = Annotated[StudyAccess, Depends(InStudy())]
TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
Order = Literal["lowest", "highest"]
LAYOUTS: tuple[Layout, ...] = ("wide", "medium", "narrow")
AXES = (("stage", _("按阶段")), ("day", _("按天数")), ("touchpoint", _("按触点")))
SCORES = (("corrected", _("日记里说的")), ("mood", _("自己选的心情")))
CORRECTED_SCORES = (("corrected", _("人工校正后")), ("model", _("只用机器")), ("mood", _("自己选的心情")))
KINDS = (("png", "PNG"), ("svg", "SVG"), ("csv", "CSV"), ("json", "JSON"))
GLIMPSE = 3
MOST_QUOTES = 200
MOST_OBSERVED = 50
MOST_SEGMENT_VALUES = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One way to look: its words, its address, and whether it is the one at hand."""

    words: str
    href: str
    current: bool


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
        curve, correction = _curves(request, session, deps.read(request, session, access, asked))
        protocol = studies.protocol(session, access.study.id)
        segments = _segments(session, access, asked)
        glimpses = _glimpses(session, access, protocol, curve, asked) if deps.sees_text(access) else []
    request.app.state.readings.note(access, deps.whose(quote for glimpse in glimpses for quote in glimpse.quotes))
    href = _point_address(access, asked) if deps.sees_text(access) else None
    behind = correction.model if curve.corrected and curve.score == "corrected" else None
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "curve",
        "curve": curve,
        "heading": headline(curve),
        "summary": sentence(curve),
        "correction": correction if asked.score in ("corrected", "model") else None,
        "apart": apart(correction),
        "wanting": wanting(correction),
        "verdict": verdict,
        "charts": [draw(curve, layout=layout, href=href, behind=behind) for layout in LAYOUTS],
        "labels": {point.key: label_of(curve, point) for point in curve.points},
        "shown": [point for point in curve.points if point.estimate is not None or curve.by == "stage"],
        "axes": [Option(words, _address(access, asked, by=key), asked.by == key) for key, words in AXES],
        "scores": _scores(access, asked, correction),
        "waves": _waves(access, asked, protocol),
        "segments": segments,
        "downloads": [Option(name, _download(access, asked, kind, curve.score), False) for kind, name in KINDS],
        "may_draw": access.can(RESEARCHERS),
        "glimpses": glimpses,
        "total": sum(point.entries or 0 for point in curve.points),
        "zone": protocol.study.time_zone,
        "day_words": day_words,
    }
    return render(request, "curves/study.html", context, language=access.study.language)


@router.get("/studies/{slug}/quotes")
def quotes_page(
    request: Request,
    access: TextSeen,
    asked: Asked,
    key: Annotated[str, Query(max_length=90)],
    order: Order = "lowest",
) -> Response:
    with request.app.state.database.read() as session:
        curve = deps.compute(request, session, deps.read(request, session, access, asked))
        point = curve.point(key)
        if point is None:
            raise NotFound()
        protocol = studies.protocol(session, access.study.id)
        sight = sight_of(session, access)
        found = _quotes(session, sight, protocol, asked, key, lowest=order == "lowest", limit=MOST_QUOTES)
        observed = _observed(session, sight, protocol, asked, key)
        quotable = may_be_quoted(session, access.study.id)
    request.app.state.readings.note(access, deps.whose(found))
    address = _point_address(access, asked)(point)
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "curve",
        "point": point,
        "label": label_of(curve, point),
        "quotes": found,
        "observed": observed,
        "quotable": quotable,
        "some_hidden": sight.consents is not None,
        "orders": [
            Option(_("最难受的在前"), f"{address}&order=lowest", order == "lowest"),
            Option(_("最开心的在前"), f"{address}&order=highest", order == "highest"),
        ],
        "back": _address(access, asked),
        "stage_names": {stage.id: stage.name for stage in protocol.stages},
        "touchpoint_names": {one.id: one.name for one in protocol.touchpoints},
        "roles": ROLES,
        "zone": protocol.study.time_zone,
        "anchor": protocol.study.anchor_label,
        "day_words": day_words,
        "micro": MICRO,
        "most": MOST_QUOTES,
    }
    return render(request, "curves/quotes.html", context, language=access.study.language)


def _curves(request: Request, session: Session, reading: Reading) -> tuple[Curve, Correction]:
    """Return the curve to show, and what human codes change of it. As long as too little is coded for the whole road the
    page stays on the model's curve, instead of emptying it from the first code on."""
    correction, score = deps.correct(request, session, reading), reading.question.score
    if score == "corrected":
        return correction.shown, correction
    return deps.compute(request, session, reading), correction


def _scores(access: StudyAccess, asked: CurveQuestion, correction: Correction) -> list[Option]:
    # Until there is a corrected curve to look at beside it, the model's is simply what the diaries say.
    at_hand = asked.score if correction.settled or asked.score != "model" else "corrected"
    offered = CORRECTED_SCORES if correction.settled else SCORES
    return [Option(words, _address(access, asked, score=key), at_hand == key) for key, words in offered]


def _query(asked: CurveQuestion, **changes: str | None) -> str:
    values: Mapping[str, Any] = {
        "by": asked.by,
        "score": asked.score,
        "segment": asked.segment,
        "wave": asked.wave,
        **changes,
    }
    usual = {"by": "stage", "score": "corrected"}
    return urlencode({name: value for name, value in values.items() if value and usual.get(name) != value})


def _address(access: StudyAccess, asked: CurveQuestion, **changes: str | None) -> str:
    query = _query(asked, **changes)
    return f"/studies/{access.study.slug}" + (f"?{query}" if query else "")


def _download(access: StudyAccess, asked: CurveQuestion, kind: str, score: str) -> str:
    query = _query(asked, score=score)
    return f"/api/v1/studies/{access.study.slug}/curve.{kind}" + (f"?{query}" if query else "")


def _point_address(access: StudyAccess, asked: CurveQuestion) -> Any:
    return lambda point: f"/studies/{access.study.slug}/quotes?{_query(asked, key=point.key)}"


def _waves(access: StudyAccess, asked: CurveQuestion, protocol: StudyProtocol) -> list[Option]:
    if not protocol.waves:
        return []
    everything = Option(_("所有轮次"), _address(access, asked, wave=None), asked.wave is None)
    return [
        everything,
        *(Option(wave.name, _address(access, asked, wave=wave.key), asked.wave == wave.key) for wave in protocol.waves),
    ]


def _segments(session: Session, access: StudyAccess, asked: CurveQuestion) -> list[tuple[str, list[Option]]]:
    groups = []
    for attribute, values in sorted(queries.attribute_values(session, access.study.id).items()):
        # An attribute that differs from person to person (a name, a remark) makes no groups.
        if not 1 < len(values) <= MOST_SEGMENT_VALUES:
            continue
        segments = [f"{attribute}:{value}" for value in sorted(values)]
        options = [
            Option(segment.partition(":")[2], _address(access, asked, segment=segment), asked.segment == segment)
            for segment in segments
        ]
        groups.append(
            (attribute, [Option(_("全部"), _address(access, asked, segment=None), asked.segment is None), *options])
        )
    return groups


def _quotes(
    session: Session,
    sight: Sight,
    protocol: StudyProtocol,
    asked: CurveQuestion,
    key: str,
    *,
    lowest: bool,
    limit: int,
) -> Sequence[Quote]:
    conditions = [
        *conditions_of(protocol, asked.by, key),
        *queries.narrowed(session, protocol, asked.segment, asked.wave),
    ]
    return queries.quotes(session, sight, conditions=conditions, lowest_first=lowest, limit=limit)


def _observed(
    session: Session, sight: Sight, protocol: StudyProtocol, asked: CurveQuestion, key: str
) -> Sequence[Quote]:
    """Return what observers of the team saw at a point: read beside the quotes, and in none of its figures."""
    conditions = [
        *conditions_of(protocol, asked.by, key),
        *queries.narrowed(session, protocol, asked.segment, asked.wave),
    ]
    own = (queries.OBSERVED,)
    return queries.quotes(session, sight, conditions=conditions, lowest_first=True, limit=MOST_OBSERVED, sources=own)


def _glimpses(
    session: Session, access: StudyAccess, protocol: StudyProtocol, curve: Curve, asked: CurveQuestion
) -> list[Glimpse]:
    """Return quotes behind the lowest and the highest point that have enough evidence."""
    known = [point for point in curve.points if point.enough and point.estimate is not None]
    if len(known) < 2:
        return []
    sight = sight_of(session, access)
    ends = (
        (min(known, key=lambda one: one.estimate or 0.0), True),
        (max(known, key=lambda one: one.estimate or 0.0), False),
    )
    return [
        Glimpse(
            point,
            low,
            _quotes(session, sight, protocol, asked, point.key, lowest=low, limit=GLIMPSE),
            f"/studies/{curve.study}/quotes?{_query(asked, key=point.key)}&order={'lowest' if low else 'highest'}",
        )
        for point, low in ends
    ]
