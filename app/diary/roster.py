"""The people of a study and how their diaries are going: the workbench's list, and moving an anchor date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.datastructures import FormData

from app.accounts.actors import ADMIN
from app.core import clock
from app.diary import queries
from app.diary.redating import move_anchor
from app.participants import queries as participants
from app.participants import service as people
from app.participants.models import Participant
from app.participants.presentation import find_person, present_one
from app.participants.schemas import Attributes, ParticipantOut, plausible_date
from app.studies.access import RESEARCHERS, ApiInStudy, InStudy, StudyAccess
from app.studies.schemas import known_zone
from app.web.forms import Posted
from app.web.i18n import mark as _
from app.web.pages import render

pages = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["participants"])

MayLook = Annotated[StudyAccess, Depends(InStudy())]
MayManage = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
ApiManage = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
PAGE = 200


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One person in the list; ``day`` is today's, counted from their anchor event."""

    participant: Participant
    anchor_on: date | None
    day: int | None
    entries: int
    last_at: datetime | None
    consent: str


class ParticipantChange(BaseModel):
    """What to change of a participant; what is left out stays. Days of entries follow the anchor event and the zone."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    attributes: Attributes | None = None
    anchor_on: date | None = None
    time_zone: str | None = Field(None, max_length=60)

    @field_validator("anchor_on")
    @classmethod
    def _date_plausible(cls, value: date | None) -> date | None:
        return plausible_date(value)

    @field_validator("time_zone")
    @classmethod
    def _zone_known(cls, value: str | None) -> str | None:
        return known_zone(value) if value else None


@pages.get("/studies/{slug}/participants")
def list_participants(request: Request, access: MayLook, after: Annotated[UUID | None, Query()] = None) -> Response:
    study_id = access.study.id
    with request.app.state.database.read() as session:
        shown = participants.page(session, study_id, after=after, limit=PAGE + 1)
        total = participants.count(session, study_id)
        ids = [one.id for one in shown[:PAGE]]
        anchors = participants.anchors(session, study_id, ids)
        written = queries.count_by_participant(session, study_id)
        consents = people.consent_states(session, study_id, ids)
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "participants",
        "may_manage": access.can(RESEARCHERS),
        "total": total,
        "writing": len(written),
        "lines": [_line(one, anchors.get(one.id), written.get(one.id), consents[one.id]) for one in shown[:PAGE]],
        "next": shown[PAGE - 1].id if len(shown) > PAGE else None,
        "zone": access.study.time_zone,
    }
    return render(request, "diary/roster.html", context)


@pages.post("/studies/{slug}/participants/{participant_id}/anchor")
def set_anchor(request: Request, access: MayManage, participant_id: UUID, form: Posted) -> Response:
    where = f"/studies/{access.study.slug}/participants/{participant_id}"
    try:
        given = _anchor_given(form)
    except ValidationError:
        return RedirectResponse(f"{where}?wrong=anchor", 303)
    with request.app.state.database.write() as session:
        person = find_person(session, access, participant_id)
        zone = given.time_zone or person.time_zone
        move_anchor(session, access.actor.label, access.study.id, person.id, given.anchor_on, zone)
    return RedirectResponse(f"{where}?done=anchor", 303)


@api.patch("/studies/{slug}/participants/{code}", summary="Change a participant's attributes, anchor date or time zone")
def change_participant(request: Request, access: ApiManage, code: str, change: ParticipantChange) -> ParticipantOut:
    """The participant as changed. Entries get their days anew when the anchor date or the time zone changes."""
    given = change.model_fields_set
    with request.app.state.database.write() as session:
        person = find_person(session, access, code)
        if change.attributes is not None:
            people.set_attributes(session, access.actor.label, person, change.attributes)
        if given & {"anchor_on", "time_zone"}:
            before = participants.anchor_of(session, access.study.id, person.id)
            on = change.anchor_on if "anchor_on" in given else before
            zone = change.time_zone or person.time_zone
            move_anchor(session, access.actor.label, access.study.id, person.id, on, zone)
        return present_one(session, person)


def _line(
    person: Participant, anchor_on: date | None, written: tuple[int, datetime] | None, consent: people.ConsentState
) -> RosterLine:
    entries, last_at = written or (0, None)
    day = clock.days_between(anchor_on, clock.now(), person.time_zone) if anchor_on else None
    return RosterLine(person, anchor_on, day, entries, last_at, _consent_words(consent))


def _consent_words(state: people.ConsentState) -> str:
    if state.suffices(on_phone=True):
        return _("本人已同意")
    return _("纸质已登记") if state.suffices(on_phone=False) else _("还没有同意")


def _anchor_given(form: FormData) -> ParticipantChange:
    given: Mapping[str, Any] = {name: form.get(name) or None for name in ("anchor_on", "time_zone")}
    return ParticipantChange.model_validate(given)
