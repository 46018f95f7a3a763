"""Segments, personas, phases of the relation, outcomes, priorities and votes over REST."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.actors import ADMIN, READ_CURVES
from app.core.errors import Forbidden, PreconditionRequired
from app.curves import deps as curves
from app.maps.groups import (
    lifecycle,
    outcomes,
    personas,
    plans,
    presentation,
    presentation_results,
    priorities,
    queries,
    repurchase,
    segments,
    votes,
)
from app.maps.groups.errors import GroupChanged, VotesRefused
from app.maps.groups.presentation import LifecycleOut, PersonaOut, PlanOut, SegmentsOut
from app.maps.groups.presentation_results import OutcomeOut, PrioritiesOut, VotesOut
from app.maps.groups.priorities import By
from app.maps.groups.schemas import NewPersona, PersonaIn, PhaseName, PlanIn, VotesIn
from app.maps.quotations import Quoted
from app.participants.sight import Sight, sight_of
from app.studies import queries as studies
from app.studies.access import ANYONE, CARE, CODER, OWNER, RESEARCHER, RESEARCHERS, ApiInStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["groups"])

VOTERS = (OWNER, RESEARCHER, CODER, CARE)
MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope=READ_CURVES))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
MayVote = Annotated[StudyAccess, Depends(ApiInStudy(*VOTERS, scope=ADMIN))]
IfMatch = Annotated[str | None, Header(description="ETag of the version that was seen.")]
Key = Annotated[str | None, Query(max_length=40)]


@router.get("/segments", summary="Segments side by side, each with its difference from the others")
def get_segments(request: Request, access: MayRead) -> SegmentsOut:
    """Attributes with two to eight values. Callers without people's words get nothing about fewer than 8 people."""
    with request.app.state.database.read() as session:
        return presentation.segments(
            segments.look(session, request.app.state.matrices, access.study.id, anonymous=not curves.sees_text(access))
        )


@router.get("/personas", summary="The team's personas")
def get_personas(request: Request, access: MayRead) -> list[PersonaOut]:
    """The team's own words; the people's words they rest on for those who may read them."""
    with request.app.state.database.read() as session:
        found = queries.personas(session, access.study.id)
        own = personas.quotes_of(session, sight_of(session, access), found) if curves.sees_text(access) else {}
        answer = [presentation.persona(one, own.get(one.id, ())) for one in found]
    _note(request, access, [one for those in own.values() for one in those])
    return answer


@router.post("/personas", summary="Add a persona under an id that you made", status_code=201)
def post_persona(request: Request, response: Response, access: MayWrite, given: NewPersona) -> PersonaOut:
    """201; the same once more 200; another under this id 409."""
    with request.app.state.database.write() as session:
        still, sight = _editor(session, access)
        one, new = personas.add(session, still.actor.label, sight, given)
        answer = presentation.persona(one, personas.quotes_of(session, sight, [one]).get(one.id, ()))
    response.status_code = 201 if new else 200
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


@router.put("/personas/{persona_id}", summary="Change a persona")
def put_persona(
    request: Request, response: Response, access: MayWrite, persona_id: UUID, given: PersonaIn, if_match: IfMatch = None
) -> PersonaOut:
    """428 without If-Match; 412 with the current one when it was changed since, and nothing is overwritten."""
    with request.app.state.database.write() as session:
        still, sight = _editor(session, access)
        one = personas.change(session, still.actor.label, sight, persona_id, given, version=seen(if_match))
        answer = presentation.persona(one, personas.quotes_of(session, sight, [one]).get(one.id, ()))
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


@router.delete("/personas/{persona_id}", summary="Take a persona out", status_code=204)
def delete_persona(request: Request, access: MayWrite, persona_id: UUID, if_match: IfMatch = None) -> None:
    """428 without If-Match, 412 when it was changed since."""
    with request.app.state.database.write() as session:
        still, sight = _editor(session, access)
        personas.retire(session, still.actor.label, sight, persona_id, version=seen(if_match))


@router.get("/lifecycle", summary="Phases of the relation, moves between them, and the repurchase ratio")
def get_lifecycle(
    request: Request,
    access: MayRead,
    as_of: Annotated[date | None, Query(description="Left out: today in the study's zone.")] = None,
    outcome: Key = None,
    split: Annotated[str | None, Query(max_length=120, description="stage:KEY, segment:NAME:VALUE, support")] = None,
) -> LifecycleOut:
    """Observational: groups that were found, not made. ``outcome``: purchase, visit, referral, or a yes/no measure's key."""
    sees = curves.sees_text(access)
    with request.app.state.database.read() as session:
        found = lifecycle.look(session, request.app.state.matrices, access.study.id, as_of=as_of, anonymous=not sees)
        ratio = repurchase.compare(
            session,
            found.ground,
            access.study.id,
            as_of=found.as_of,
            outcome=outcome,
            split=split,
            anonymous=not sees,
        )
        own = plans.quotes_of(session, sight_of(session, access)) if sees else {}
        codes = queries.codes(session, access.study.id) if sees else {}
        answer = presentation.lifecycle(found, ratio, own, codes)
    _note(request, access, [one for those in own.values() for one in those])
    return answer


@router.put("/lifecycle/{phase}", summary="Plan a phase: aim, moment of truth, one action")
def put_plan(
    request: Request, response: Response, access: MayWrite, phase: PhaseName, given: PlanIn, if_match: IfMatch = None
) -> PlanOut:
    """If-Match "0" where nothing is planned yet. 428 without, 412 with the current plan when it was changed since."""
    with request.app.state.database.write() as session:
        still, sight = _editor(session, access)
        one = plans.set_plan(session, still.actor.label, sight, phase, given, version=seen(if_match))
        answer = presentation.plan(plans.written(phase, one), plans.quotes_of(session, sight).get(phase, ()))
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


@router.get("/outcomes", summary="Outcomes, what goes with them stage by stage, and segments")
def get_outcomes(request: Request, access: MayRead, measure: Key = None) -> list[OutcomeOut]:
    """Observational. Wider bounds (``joint``) hold for all places that are looked at together."""
    with request.app.state.database.read() as session:
        found = outcomes.look(
            session,
            request.app.state.matrices,
            access.study.id,
            anonymous=not curves.sees_text(access),
            measure=measure,
        )
        return [presentation_results.outcome(one) for one in found]


@router.get(
    "/priorities", summary="Impact and experience of touchpoints, with the team's votes beside the data's order"
)
def get_priorities(
    request: Request,
    access: MayRead,
    by: By | None = None,
    outcome: Annotated[str | None, Query(max_length=40, description="mood, or a measure's key.")] = None,
) -> PrioritiesOut:
    """By touchpoints where enough is known of them, else by stages. ``points`` of others once one's own votes are in."""
    with request.app.state.database.read() as session:
        tally = votes.tally(session, access.study.id, access.actor.user_id)
        found = priorities.look(
            session,
            request.app.state.matrices,
            access.study.id,
            tally,
            by=by,
            outcome=outcome,
            anonymous=not curves.sees_text(access),
        )
        return presentation_results.priorities(found, access.study.slug, anonymous=not curves.sees_text(access))


@router.get("/votes", summary="One's own votes, and everybody's once they are in")
def get_votes(request: Request, access: MayRead) -> VotesOut:
    """Whoever has not voted sees how many did, and not what."""
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        return presentation_results.votes(votes.tally(session, access.study.id, access.actor.user_id), protocol)


@router.put("/votes", summary="Give one's ten points")
def put_votes(request: Request, access: MayVote, given: VotesIn) -> VotesOut:
    """The whole ballot; an empty one takes it back. 422 beyond ten points, 403 by key: a vote is a person's own."""
    if access.actor.key_id is not None:
        raise Forbidden()
    with request.app.state.database.write() as session:
        still = confirm(session, access, VOTERS)
        protocol = studies.protocol(session, still.study.id)
        points = touchpoints_of(protocol, given)
        votes.cast(session, still.actor.label, still.study.id, still.actor.user_id, points)
        return presentation_results.votes(votes.tally(session, still.study.id, still.actor.user_id), protocol)


def touchpoints_of(protocol: StudyProtocol, given: VotesIn) -> dict[UUID, int]:
    """Return the points by the touchpoints' ids. VotesRefused for a key that the study does not have."""
    ids = {f"{protocol.stage_of(one.stage_id).key}/{one.key}": one.id for one in protocol.touchpoints}
    if any(key not in ids for key in given.points):
        raise VotesRefused()
    return {ids[key]: n for key, n in given.points.items()}


def seen(if_match: str | None) -> int:
    """Return the version that If-Match names. PreconditionRequired without; GroupChanged for what is no version."""
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise GroupChanged({})
    return int(digits)


def _editor(session: Session, access: StudyAccess) -> tuple[StudyAccess, Sight]:
    still = confirm(session, access, RESEARCHERS)
    return still, sight_of(session, still)


def _note(request: Request, access: StudyAccess, shown: list[Quoted]) -> None:
    request.app.state.readings.note(access, [(one.said.participant_id, one.said.source_id) for one in shown])
