"""What the pages from insight to result share: who may open them, the choices of their forms, and answers to forms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.curves.queries import attribute_values
from app.maps.insights import queries
from app.maps.insights.names import KIND_NAMES, STATE_MEANINGS, STATE_NAMES, STATUS_NAMES
from app.maps.insights.words import check_name, evidence_words, ground_words, step_name
from app.maps.parties import PARTIES
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MOST_SEGMENT_VALUES: Final = 12
NOBODY = _("还没有定")
NOWHERE = _("整段路")
EVERYBODY = _("所有人")

Choices = Sequence[tuple[str, str]]


def speak(request: Request, access: StudyAccess) -> None:
    """Put the language of the answer in force."""
    current_language.set(choose_language(request, access.study.language))


def show(
    request: Request, access: StudyAccess, name: str, tab: str, context: Mapping[str, Any], *, status: int = 200
) -> Response:
    """Return the page ``name`` under the tab ``tab``, with the words that all of these pages use."""
    shared: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "insights",
        "tab": tab,
        "may_edit": access.can(RESEARCHERS),
        "may_read": access.can(TEXT_READERS),
        "address": f"/studies/{access.study.slug}",
        "states": STATE_NAMES,
        "meanings": STATE_MEANINGS,
        "statuses": STATUS_NAMES,
        "parties": PARTIES,
        "kinds": KIND_NAMES,
        "date_words": date_words,
        "step_name": step_name,
        "check_name": check_name,
        "ground_words": ground_words,
        "evidence_words": evidence_words,
    }
    return render(request, name, {**shared, **context}, language=access.study.language, status=status)


def back_to(access: StudyAccess, path: str) -> Response:
    """Lead to a page of the study, after a form was taken."""
    return RedirectResponse(f"/studies/{access.study.slug}/{path}", 303)


def date_words(day: date | None) -> str:
    """Return a date as people read it."""
    if day is None:
        return ""
    return (
        f"{day:%b} {day.day}, {day.year}" if current_language.get() == "en" else f"{day.year}年{day.month}月{day.day}日"
    )


def owner_choices(session: Session, study_id: UUID, chosen: str = "", name: str = "") -> Choices:
    """Return members to choose from; whoever is chosen and has left stands there still."""
    members = [(login, shown) for _id, login, shown, _role in queries.members(session, study_id)]
    gone = [(chosen, name or chosen)] if chosen and chosen not in dict(members) else []
    return [("", translate(NOBODY)), *members, *gone]


def stage_choices(protocol: StudyProtocol) -> Choices:
    """Return stages to choose from."""
    return [("", translate(NOWHERE)), *((stage.key, stage.name) for stage in protocol.stages)]


def place_choices(protocol: StudyProtocol) -> Choices:
    """Return stages, and after each its touchpoints, to choose from."""
    found = [("", translate(NOWHERE))]
    for stage in protocol.stages:
        found.append((stage.key, stage.name))
        found += [(f"{stage.key}/{one.key}", f"{stage.name} · {one.name}") for one in protocol.touchpoints_of(stage.id)]
    return found


def segment_choices(session: Session, study_id: UUID, chosen: str = "") -> Choices:
    """Return segments to choose from: values of attributes that have few."""
    found = [("", translate(EVERYBODY))]
    for attribute, values in sorted(attribute_values(session, study_id).items()):
        if len(values) <= MOST_SEGMENT_VALUES:
            found += [(f"{attribute}:{value}", f"{attribute}：{value}") for value in sorted(values)]
    return [*found, (chosen, chosen)] if chosen and chosen not in dict(found) else found


def wave_choices(protocol: StudyProtocol) -> Choices:
    """Return waves to choose from."""
    return [("", "—"), *((wave.key, wave.name) for wave in protocol.waves)]


def protocol_of(session: Session, access: StudyAccess) -> StudyProtocol:
    """Return the study's protocol."""
    return studies.protocol(session, access.study.id)
