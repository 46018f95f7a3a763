"""Interviews over REST: reading them, taking transcripts in, and giving turns their stage."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.core.errors import NotFound, PreconditionRequired
from app.interviews import importing, queries, staging
from app.interviews.errors import StageUnknown, TurnChanged
from app.interviews.importing import Given
from app.interviews.models import Turn
from app.interviews.queries import InterviewLine
from app.interviews.schemas import (
    ImportedOut,
    InterviewIn,
    InterviewOut,
    InterviewTurns,
    StagedOut,
    StageIn,
    TurnOut,
)
from app.interviews.staging import Choice
from app.interviews.transcripts import reading
from app.interviews.transcripts.shapes import Role
from app.participants import queries as participants
from app.participants.sight import sight_of
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, ApiInStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol
from app.web.paging import DEFAULT_LIMIT, MOST, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["interviews"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope="statements:read"))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope="entries:write"))]
After = Annotated[int, Query(ge=0, le=1_000_000, description="How many to skip.")]
ETAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*\Z')


@router.get("/interviews", summary="The interviews of a study, page by page")
def list_interviews(
    request: Request,
    access: MayRead,
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT_LIMIT,
) -> Page[InterviewOut]:
    """In the order of their ids, without their words. Care staff see those of people who agreed to it."""
    with request.app.state.database.read() as session:
        sight = sight_of(session, access)
        found = queries.interviews_by_id(session, sight, after=decode_cursor(after), limit=limit + 1)
        protocol = studies.protocol(session, access.study.id)
    shown = found[:limit]
    rows = [_interview(line, protocol) for line in shown]
    return Page(rows=rows, next=encode_cursor(shown[-1].interview.id) if len(found) > limit else None)


@router.get("/interviews/{interview_id}", summary="One interview with its turns")
def get_interview(
    request: Request,
    access: MayRead,
    interview_id: UUID,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 500,
) -> InterviewTurns:
    """Turns in their order; ``next`` is the ``after`` of the following page."""
    with request.app.state.database.read() as session:
        line = queries.interview_seen(session, sight_of(session, access), interview_id)
        turns = queries.turns_of(session, access.study.id, interview_id, after=after, limit=limit)
        protocol = studies.protocol(session, access.study.id)
        said = queries.statement_ids(session, access.study.id, [turn.id for turn in turns if turn.stage_id])
    request.app.state.readings.note(access, [(turn.participant_id, turn.id) for turn in turns])
    following = after + len(turns) if after + len(turns) < line.turns else None
    shown = [_turn(turn, protocol, said) for turn in turns]
    return InterviewTurns(interview=_interview(line, protocol), turns=shown, next=following)


@router.post("/interviews", summary="Take a transcript in", responses={201: {"model": ImportedOut}})
def import_interview(request: Request, access: MayWrite, given: InterviewIn, response: Response) -> ImportedOut:
    """201, or 200 where the study has these words already. Stages are proposed; a person confirms them."""
    source = reading.pasted(given.text)
    with request.app.state.database.read() as session:
        codes = participants.codes(session, access.study.id)
    said = {name: part != "none" for name, part in given.speakers.items()}
    transcript = reading.understand(source, said, codes)
    roles: dict[str, Role] = {name: part for name, part in given.speakers.items() if part != "none"}
    wanted = Given(
        given.participant, given.title, given.held_on, given.wave, roles, given.new_participant, given.paper_consent
    )
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        imported = importing.import_interview(
            session, request.app.state.keyring, still.actor.label, still.study, source, transcript, wanted
        )
    response.status_code = 201 if imported.created else 200
    return ImportedOut(
        id=str(imported.interview_id),
        created=imported.created,
        turns=len(transcript.turns),
        odd_lines=len(transcript.odd),
        address=f"/studies/{access.study.slug}/interviews/{imported.interview_id}",
    )


@router.put("/turns/{turn_id}/stage", summary="Confirm the stage of what was said in a turn")
def put_stage(
    request: Request,
    access: MayWrite,
    turn_id: UUID,
    given: StageIn,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> StagedOut:
    """``If-Match`` carries the turn's version: 428 without, 412 when somebody else was first."""
    if if_match is None:
        raise PreconditionRequired()
    seen = ETAG.match(if_match)
    database = request.app.state.database
    with database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        stage_id, touchpoint_id = _place(protocol, given)
        coded = staging.code_turns(session, access.study.id, [turn_id])
    with database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        if session.get(Turn, (still.study.id, turn_id)) is None:
            raise NotFound()
        choice = Choice(turn_id, int(seen[1]) if seen else 0, stage_id, touchpoint_id)
        outcome = staging.confirm(session, still.actor.label, still.study.id, [choice], coded)
        if outcome.stale:
            raise TurnChanged()
        turn = session.get_one(Turn, (still.study.id, turn_id))
        version = turn.version
    response.headers["ETag"] = f'"{version}"'
    return StagedOut(id=str(turn_id), stage=given.stage, touchpoint=given.touchpoint, version=version)


def _place(protocol: StudyProtocol, given: StageIn) -> tuple[UUID | None, UUID | None]:
    if given.stage is None:
        return None, None
    stage = protocol.stage(given.stage)
    touchpoint = protocol.touchpoint(stage.id, given.touchpoint) if stage and given.touchpoint else None
    if stage is None or (given.touchpoint and touchpoint is None):
        raise StageUnknown()
    return stage.id, touchpoint.id if touchpoint else None


def _interview(line: InterviewLine, protocol: StudyProtocol) -> InterviewOut:
    one = line.interview
    return InterviewOut(
        id=str(one.id),
        participant=line.code,
        kind=cast(Literal["interview", "observation"], one.kind),
        title=one.title,
        held_at=one.held_at.isoformat(),
        wave=next((wave.key for wave in protocol.waves if wave.id == one.wave_id), None),
        state=cast(Literal["open", "ready"], one.state),
        turns=line.turns,
        answers=line.answers,
        confirmed=line.confirmed,
    )


def _turn(turn: Turn, protocol: StudyProtocol, said: Mapping[UUID, UUID]) -> TurnOut:
    keys = {stage.id: stage.key for stage in protocol.stages}
    touchpoint = protocol.touchpoint_of(turn.touchpoint_id) if turn.touchpoint_id else None
    statement_id = said.get(turn.id)
    return TurnOut(
        id=str(turn.id),
        position=turn.position,
        speaker=turn.speaker,
        role=cast(Role, turn.role),
        text=turn.text,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
        proposed_stage=keys[turn.proposed_stage_id] if turn.proposed_stage_id else None,
        stage=keys[turn.stage_id] if turn.stage_id else None,
        touchpoint=touchpoint.key if touchpoint else None,
        confirmed=turn.confirmed_at is not None,
        statement=str(statement_id) if statement_id else None,
        version=turn.version,
    )
