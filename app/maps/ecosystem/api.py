"""Touchpoints, support, steps, effort and the paradox of satisfaction over REST."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel

from app.core.errors import NotFound
from app.curves.deps import sees_text
from app.maps.ecosystem import service
from app.maps.ecosystem.answers import EcosystemOut, FactsOut, ProposedOut, SupportLineOut, SupportOut, TransitionsOut
from app.maps.ecosystem.contrast_presentation import EffortOut, ParadoxOut, efforts_out, paradox_out
from app.maps.ecosystem.errors import NotProposed
from app.maps.ecosystem.inventory import facts_seen
from app.maps.ecosystem.presentation import ecosystem_out, facts_out, line_out, support_out, transitions_out
from app.maps.ecosystem.queries import facts_at
from app.maps.ecosystem.schemas import FactsIn, ProposalIn, SupportIn
from app.maps.ecosystem.serving import proposals, served, version_of
from app.maps.ecosystem.supporting import given_line
from app.studies import queries as studies
from app.studies.access import ANYONE, RESEARCHERS, ApiInStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol, TouchpointFacts

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["maps"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope="curves:read"))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope="admin"))]
IfMatch = Annotated[str | None, Header(description="The version that was read.")]
Wave = Annotated[str | None, Query(max_length=40)]
Segment = Annotated[str | None, Query(max_length=120, description="attribute:value of participants")]
Level = Annotated[float, Query(ge=0.5, le=0.999, description="Level of intervals.")]
StageKey = Annotated[str, Path(max_length=40)]
PointKey = Annotated[str, Path(max_length=40)]


class AdoptedOut(BaseModel):
    """A touchpoint that was taken into the protocol."""

    stage: str
    key: str
    name: str


@router.get(
    "/touchpoints",
    summary="Touchpoints: experience, facts, effort, breakpoints, silent pains",
    responses={200: {"model": EcosystemOut}},
)
def get_touchpoints(
    request: Request, access: MayRead, wave: Wave = None, segment: Segment = None, level: Level = 0.95
) -> Response:
    """Who may not read words gets figures about at least 8 people. Answers 304 to the ETag of an unchanged answer."""
    with request.app.state.database.read() as session:
        found = service.touchpoints(
            session,
            request.app.state.matrices,
            access.study.id,
            level=level,
            wave=wave,
            segment=segment,
            anonymous=not sees_text(access),
        )
        proposed = proposals(request, session, access)
    shown = None if proposed is None else [_proposed(one) for one in proposed]
    return served(request, ecosystem_out(found, shown))


@router.get("/touchpoints/{stage}/{key}/facts", summary="What the team put down about a touchpoint")
def get_facts(request: Request, response: Response, access: MayRead, stage: StageKey, key: PointKey) -> FactsOut:
    """Its ETag is what a change puts into If-Match; version 0 where nothing was put down."""
    with request.app.state.database.read() as session:
        touchpoint = _touchpoint(studies.protocol(session, access.study.id), stage, key)
        found = facts_seen(facts_at(session, access.study.id, touchpoint.id))
    response.headers["ETag"] = f'"{found.version}"'
    return facts_out(found)


@router.put("/touchpoints/{stage}/{key}/facts", summary="Put down facts about a touchpoint")
def put_facts(
    request: Request,
    response: Response,
    access: MayWrite,
    stage: StageKey,
    key: PointKey,
    given: FactsIn,
    if_match: IfMatch = None,
) -> FactsOut:
    """All facts at once; what is left out is unknown. 428 without If-Match; 412, with what stands in ``current``."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        touchpoint = _touchpoint(studies.protocol(session, still.study.id), stage, key)
        seen = version_of(if_match)
        row = service.put_facts(session, still.actor, still.study.id, touchpoint.id, given, seen_version=seen)
        found = facts_seen(row)
    response.headers["ETag"] = f'"{found.version}"'
    return facts_out(found)


@router.post("/touchpoints/proposed", status_code=201, summary="Take a proposed psychological touchpoint into the list")
def adopt_proposal(request: Request, access: MayWrite, given: ProposalIn) -> AdoptedOut:
    """422 for one that nobody's words propose at this stage. Once more changes nothing."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        protocol = studies.protocol(session, still.study.id)
        stage = protocol.stage(given.stage)
        if stage is None:
            raise NotProposed()
        listed = any(one.name == given.name for one in protocol.touchpoints_of(stage.id))
        wanted = {(one.stage.id, one.proposal.name) for one in proposals(request, session, still) or ()}
        if not listed and (stage.id, given.name) not in wanted:
            raise NotProposed()
        found = service.adopt(session, still.actor, still.study.id, stage, given.name)
        return AdoptedOut(stage=stage.key, key=found.key, name=found.name)


@router.get(
    "/support",
    summary="Support by stage beside how people feel, and where the two do not meet",
    responses={200: {"model": SupportOut}},
)
def get_support(request: Request, access: MayRead, level: Level = 0.95) -> Response:
    """Lines for one participant are listed for those who may read words; they count for everybody."""
    personal = sees_text(access)
    with request.app.state.database.read() as session:
        matrices = request.app.state.matrices
        found = service.support(
            session, matrices, access.study.id, level=level, anonymous=not personal, personal=personal
        )
    return served(request, support_out(found))


@router.put("/support/{support_id}", status_code=201, summary="Log support that is given")
def give_support(
    request: Request, response: Response, access: MayWrite, support_id: UUID, given: SupportIn
) -> SupportLineOut:
    """The id is the client's. 201 for a new line, 200 for the same once more, 409 for another with this id."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        row, new = service.give_support(session, still.actor, still.study.id, given, support_id=support_id)
        protocol = studies.protocol(session, still.study.id)
        answer = line_out(given_line(row, given.participant), protocol)
    response.status_code = 201 if new else 200
    return answer


@router.delete("/support/{support_id}", status_code=204, summary="Take a line out of the log of support")
def remove_support(request: Request, access: MayWrite, support_id: UUID) -> None:
    """Once more changes nothing."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        service.remove_support(session, still.actor, still.study.id, support_id)


@router.get(
    "/transitions",
    summary="How experience changes from stage to stage and touchpoint to touchpoint",
    responses={200: {"model": TransitionsOut}},
)
def get_transitions(
    request: Request, access: MayRead, wave: Wave = None, segment: Segment = None, level: Level = 0.95
) -> Response:
    """Mean changes over the people who made each step, with intervals."""
    with request.app.state.database.read() as session:
        found = service.transitions(
            session,
            request.app.state.matrices,
            access.study.id,
            level=level,
            wave=wave,
            segment=segment,
            anonymous=not sees_text(access),
        )
    return served(request, transitions_out(found))


@router.get(
    "/effort", summary="Effort by touchpoint and wave, and how it changed", responses={200: {"model": EffortOut}}
)
def get_effort(
    request: Request, access: MayRead, before: Wave = None, after: Wave = None, level: Level = 0.95
) -> Response:
    """Compares the first wave with the last unless told which."""
    with request.app.state.database.read() as session:
        found = service.efforts(
            session, access.study.id, before=before, after=after, level=level, anonymous=not sees_text(access)
        )
    return served(request, efforts_out(found))


@router.get(
    "/paradox",
    summary="Satisfaction beside advocacy, referrals and emotion",
    responses={200: {"model": ParadoxOut}},
)
def get_paradox(request: Request, access: MayRead, level: Level = 0.95) -> Response:
    """By wave, or by month where the study has no two waves."""
    with request.app.state.database.read() as session:
        found = service.paradox(session, access.study.id, level=level, anonymous=not sees_text(access))
    return served(request, paradox_out(found))


def _touchpoint(protocol: StudyProtocol, stage_key: str, key: str) -> TouchpointFacts:
    stage = protocol.stage(stage_key)
    found = protocol.touchpoint(stage.id, key) if stage else None
    if found is None:
        raise NotFound()
    return found


def _proposed(one: service.Proposed) -> ProposedOut:
    return ProposedOut(
        stage=one.stage.key,
        name=one.proposal.name,
        good=one.proposal.good,
        people=one.proposal.people,
        statements=one.proposal.statements,
        sentiment=one.proposal.sentiment,
    )
