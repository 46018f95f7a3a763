"""The page of segments and personas, and the page on which a persona is written."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.core.errors import AppError
from app.curves import deps as curves
from app.curves import queries as curve_queries
from app.maps.groups import lifecycle_pages, personas, posted, priority_pages, queries, segments, words
from app.maps.groups.drawing import key_svg
from app.maps.groups.page_parts import note, refusal, shared, status_of, to
from app.maps.groups.pictures import attribute_picture
from app.maps.groups.schemas import NewPersona, PersonaIn
from app.participants.sight import Sight, sight_of
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, values_of
from app.web.i18n import choose_language, current_language
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(lifecycle_pages.router)
router.include_router(priority_pages.router)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
OFFERED = 6
"""Statements offered as quotes of a persona: so many of the lowest, and of the highest."""


@router.get("/studies/{slug}/groups")
def groups_page(request: Request, access: Seen) -> Response:
    return _groups(request, access)


@router.post("/studies/{slug}/groups/personas")
def add_persona(request: Request, access: Editor, form: Posted) -> Response:
    current_language.set(choose_language(request))
    try:
        given = NewPersona.model_validate({**posted.persona(form), "id": values_of(form).get("id", "")})
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            personas.add(session, still.actor.label, sight_of(session, still), given)
    except (ValidationError, AppError) as error:
        return _groups(request, access, state=refusal(form, error), status=status_of(error))
    return to(access, "groups#personas")


@router.get("/studies/{slug}/groups/personas/{persona_id}")
def persona_page(request: Request, access: Editor, persona_id: UUID) -> Response:
    return _persona(request, access, persona_id)


@router.post("/studies/{slug}/groups/personas/{persona_id}")
def change_persona(request: Request, access: Editor, persona_id: UUID, form: Posted) -> Response:
    current_language.set(choose_language(request))
    version = posted.version(form)
    try:
        given = PersonaIn.model_validate(posted.persona(form))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            sight = sight_of(session, still)
            if values_of(form).get("do") == "retire":
                personas.retire(session, still.actor.label, sight, persona_id, version=version)
            else:
                personas.change(session, still.actor.label, sight, persona_id, given, version=version)
    except (ValidationError, AppError) as error:
        if isinstance(error, AppError) and error.status == 404:
            raise
        return _persona(request, access, persona_id, state=refusal(form, error), status=status_of(error))
    return to(access, "groups#personas")


def _groups(request: Request, access: StudyAccess, *, state: FormState | None = None, status: int = 200) -> Response:
    current_language.set(choose_language(request, access.study.language))
    sees = curves.sees_text(access)
    with request.app.state.database.read() as session:
        found = segments.look(session, request.app.state.matrices, access.study.id, anonymous=not sees)
        people = queries.personas(session, access.study.id)
        own = personas.quotes_of(session, sight_of(session, access), people) if sees else {}
    note(request, access, [one for those in own.values() for one in those])
    by_segment = {one.key: one for attribute in found.attributes for one in attribute.segments}
    context = {
        **shared(access, "groups"),
        "heading": words.segments_headline(found),
        "attributes": [(one, attribute_picture(found, one, place)) for place, one in enumerate(found.attributes)],
        "road_words": words.road_words,
        "apart_words": words.apart_words,
        "key_svg": key_svg,
        "personas": [(one, by_segment.get(one.segment or ""), own.get(one.id, ())) for one in people],
        "segment_names": sorted(by_segment),
        "form": state or FormState(),
        "new_id": uuid4(),
        "sees": sees,
    }
    return render(request, "maps/groups.html", context, status=status, language=access.study.language)


def _persona(
    request: Request, access: StudyAccess, persona_id: UUID, *, state: FormState | None = None, status: int = 200
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        one = queries.persona(session, access.study.id, persona_id)
        if one is None or one.retired_at is not None:
            return to(access, "groups#personas")
        sight = sight_of(session, access)
        own = personas.quotes_of(session, sight, [one]).get(one.id, ())
        offered = _offered(session, sight, access, one.segment)
        names = sorted(
            f"{name}:{value}"
            for name, values in curve_queries.attribute_values(session, access.study.id).items()
            for value in values
            if 1 < len(values) <= segments.MOST_VALUES
        )
    note(request, access, own)
    request.app.state.readings.note(access, curves.whose(offered))
    taken = {one.said.id for one in own}
    context = {
        **shared(access, "groups"),
        "persona": one,
        "own": own,
        "offered": [quote for quote in offered if quote.id not in taken],
        "segment_names": names,
        "form": state or FormState(),
    }
    return render(request, "maps/groups_persona.html", context, status=status, language=access.study.language)


def _offered(session: Session, sight: Sight, access: StudyAccess, segment: str | None) -> list[curve_queries.Quote]:
    """Return the lowest and the highest statements of a segment's people, to choose quotes from."""
    protocol = studies.protocol(session, access.study.id)
    conditions = curve_queries.narrowed(session, protocol, segment, None)
    found = [
        one
        for lowest in (True, False)
        for one in curve_queries.quotes(session, sight, conditions=conditions, lowest_first=lowest, limit=OFFERED)
    ]
    return list({one.id: one for one in found}.values())
