"""The page of scenes: pain points and delights side by side for each stage, and the words behind each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.curves.words import day_words
from app.maps import service
from app.maps.queries import Said
from app.maps.service import StageScenes, StudyScenes
from app.maps.words import TOUCHPOINT_NAMES, headline, told_most
from app.participants.sight import sight_of
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render
from nlp.scenes import Quote, Scene

router = APIRouter(include_in_schema=False)

TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
SHOWN = 5
MOST_SHOWN = 50
MOST_QUOTES = 12
KINDS = (("pain", _("痛点"), _("这一段没有读到痛点。")), ("delight", _("爽点"), _("这一段没有读到爽点。")))


@dataclass(frozen=True, slots=True)
class Parts:
    """A statement cut about the words that a scene rests on."""

    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Column:
    """One list of a stage: its kind, heading, what to say where it is empty, what stands open and what is folded away."""

    kind: str
    heading: str
    empty: str
    first: Sequence[Scene]
    further: Sequence[Scene]


@router.get("/studies/{slug}/scenes")
def scenes_page(
    request: Request, access: TextSeen, only: Annotated[Literal["specific"] | None, Query()] = None
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        sight = sight_of(session, access)
        seen = service.look(session, sight)
        found = service.scenes(session, request.app.state.scenes, seen)
    stages = [(one, _columns(one, only), _needs(one, only)) for one in found.stages if one.statements or one.efforts]
    request.app.state.readings.note(access, service.whose(found, _shown(stages)))
    address = f"/studies/{access.study.slug}/scenes"
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "tab": "scenes",
        "found": found,
        "heading": headline(found),
        "hardest": told_most(found, pains=True),
        "happiest": told_most(found, pains=False),
        "stages": stages,
        "silent": [one.stage.name for one in found.stages if not one.statements and not one.efforts],
        "choices": [
            (_("全部"), address, only is None),
            (_("只看具体的"), f"{address}?only=specific", only == "specific"),
        ],
        "parts": lambda quote: _parts(found, quote),
        "touchpoint_names": {one.id: one.name for one in seen.protocol.touchpoints},
        "psychological": TOUCHPOINT_NAMES,
        "may_edit": access.can(RESEARCHERS),
        "stage_keys": {one.id: one.key for one in seen.protocol.stages},
        "some_hidden": sight.consents is not None,
        "most_quotes": MOST_QUOTES,
        "zone": seen.protocol.study.time_zone,
        "anchor": seen.protocol.study.anchor_label,
        "day_words": day_words,
    }
    return render(request, "maps/scenes.html", context, language=access.study.language)


def _shown(stages: Sequence[tuple[StageScenes, Sequence[Column], Column]]) -> Iterator[Sequence[Quote]]:
    """Yield the quotes of every scene and touchpoint that stands on the page, as the template cuts them."""
    for one, columns, needs in stages:
        for column in (*columns, needs):
            for scene in (*column.first, *column.further):
                yield scene.quotes[:MOST_QUOTES]
        for touchpoint in one.touchpoints:
            yield touchpoint.quotes[:MOST_QUOTES]


def _columns(one: StageScenes, only: str | None) -> list[Column]:
    lists = {"pain": one.pain_points, "delight": one.delights}
    return [_column(kind, heading, empty, lists[kind], only) for kind, heading, empty in KINDS]


def _needs(one: StageScenes, only: str | None) -> Column:
    return _column("need", _("需求"), "", one.needs, only)


def _column(kind: str, heading: str, empty: str, scenes: Sequence[Scene], only: str | None) -> Column:
    """Return a list with what several people told, then what is specific, first."""
    wanted = [scene for scene in scenes if only is None or scene.specific]
    ordered = sorted(wanted, key=lambda scene: (-scene.people, not scene.specific))
    return Column(kind, heading, empty, ordered[:SHOWN], ordered[SHOWN:MOST_SHOWN])


def _parts(found: StudyScenes, quote: Quote) -> tuple[Said, Parts]:
    said = found.quoted[quote.statement]
    return said, Parts(said.text[: quote.start], said.text[quote.start : quote.end], said.text[quote.end :])
