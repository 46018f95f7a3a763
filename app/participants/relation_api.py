"""Events of the relation, and outcomes of participants, over REST."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field, StringConstraints

from app.accounts.actors import ADMIN, READ_STATEMENTS
from app.core.errors import FieldError
from app.participants import queries, relation, relation_queries
from app.participants.relation import EventGiven, MeasureGiven
from app.participants.relation_errors import EventRefused, OutcomeRefused
from app.participants.relation_models import RelationEvent
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, ApiInStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol
from app.studies.schemas import Strict
from app.web.i18n import mark as _

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["relations"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=READ_STATEMENTS))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
MeasureKey = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Kind = Literal["visit", "purchase", "referral", "complaint", "review", "contact", "left"]


class EventIn(Strict):
    """An event of a participant; ``touchpoint`` is stage/touchpoint, ``amount`` for purchases."""

    participant: Code
    kind: Kind
    on: date
    label: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    touchpoint: Annotated[str, StringConstraints(max_length=90)] | None = None
    amount: float | None = Field(None, ge=0, le=relation.LARGEST)


class EventOut(EventIn):
    """An event as it is kept."""

    id: UUID
    recorded_at: datetime


class MeasureIn(Strict):
    """A figure known of each participant; ``better`` says which way is good."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    kind: Literal["number", "yes_no"] = "number"
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    better: Literal["higher", "lower"] = "higher"


class MeasureOut(MeasureIn):
    """A measure as it is kept."""

    key: str


class ValuesIn(Strict):
    """Values by participants' codes; yes and no as 1 and 0, null takes a value back."""

    values: dict[Code, float | None] = Field(max_length=relation.MOST_GIVEN)


class RecordedOut(Strict):
    """What became of what was handed in."""

    stored: int
    changed: int
    present: int


@router.get("/relation-events", summary="Events of participants as customers")
def get_events(
    request: Request, access: MayRead, participant: Annotated[str | None, Query(max_length=40)] = None
) -> list[EventOut]:
    """By day; of everybody, or of one participant."""
    with request.app.state.database.read() as session:
        study_id = access.study.id
        person = relation.person_of(session, study_id, participant) if participant else None
        rows = relation_queries.events(session, study_id, person)
        codes = queries.codes_of(session, study_id, {one.participant_id for one in rows})
        protocol = studies.protocol(session, study_id)
        return [_event(one, codes[one.participant_id], protocol) for one in rows]


@router.put("/relation-events/{event_id}", summary="Record an event under an id that you made", status_code=201)
def put_event(request: Request, response: Response, access: MayWrite, event_id: UUID, given: EventIn) -> EventOut:
    """201; the same once more 200; another under this id, or this event under another id, 409."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        protocol = studies.protocol(session, still.study.id)
        touchpoint = _touchpoint(protocol, given.touchpoint)
        person = relation.person_of(session, still.study.id, given.participant)
        event = EventGiven(person, given.kind, given.on, given.label, touchpoint, given.amount, event_id)
        one, new = relation.add_event(session, still.actor.label, still.study.id, event)
        answer = _event(one, given.participant, protocol)
    response.status_code = 201 if new else 200
    return answer


@router.delete("/relation-events/{event_id}", summary="Take an event out", status_code=204)
def delete_event(request: Request, access: MayWrite, event_id: UUID) -> None:
    """204 also where it is gone already."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        relation.remove_event(session, still.actor.label, still.study.id, event_id)


@router.get("/outcome-measures", summary="Which outcomes are known of participants")
def get_measures(request: Request, access: MayRead) -> list[MeasureOut]:
    """In the order in which they were made."""
    with request.app.state.database.read() as session:
        return [
            MeasureOut.model_validate(
                {"key": one.key, "name": one.name, "kind": one.kind, "unit": one.unit, "better": one.better}
            )
            for one in relation_queries.measures(session, access.study.id)
        ]


@router.put("/outcome-measures/{key}", summary="Make or change a measure")
def put_measure(request: Request, access: MayWrite, key: MeasureKey, given: MeasureIn) -> MeasureOut:
    """409 `measure_fixed` for another kind once it has values."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        relation.define_measure(session, still.actor.label, still.study.id, MeasureGiven(key, **given.model_dump()))
    return MeasureOut(key=key, **given.model_dump())


@router.put("/outcome-measures/{key}/values", summary="Give participants their values of a measure")
def put_values(request: Request, access: MayWrite, key: MeasureKey, given: ValuesIn) -> RecordedOut:
    """All or none: 422 names every code that is wrong. The same again changes nothing."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        people = relation_queries.people(session, still.study.id)
        unknown = [FieldError(code, _("研究里没有这个编号"), "unknown") for code in given.values if code not in people]
        if unknown:
            raise OutcomeRefused(fields=unknown[:50])
        values = {people[code][0]: value for code, value in given.values.items()}
        done = relation.set_outcomes(session, still.actor.label, still.study.id, key, values)
    return RecordedOut(stored=done.stored, changed=done.changed, present=done.present)


def _touchpoint(protocol: StudyProtocol, key: str | None) -> UUID | None:
    if key is None:
        return None
    stage_key, _sep, name = key.partition("/")
    stage = protocol.stage(stage_key)
    found = protocol.touchpoint(stage.id, name) if stage else None
    if found is None:
        raise EventRefused(fields=[FieldError("touchpoint", _("没有这个触点"))])
    return found.id


def _event(one: RelationEvent, code: str, protocol: StudyProtocol) -> EventOut:
    touchpoint = protocol.touchpoint_of(one.touchpoint_id)
    key = f"{protocol.stage_of(touchpoint.stage_id).key}/{touchpoint.key}" if touchpoint else None
    return EventOut.model_validate(
        {
            "id": one.id,
            "participant": code,
            "kind": one.kind,
            "on": one.on,
            "label": one.label,
            "touchpoint": key,
            "amount": one.amount,
            "recorded_at": one.recorded_at,
        }
    )
