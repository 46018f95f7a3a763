"""Coding a study again over REST: ask for it, see both curves, adopt or decline."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.accounts.actors import ADMIN
from app.core.db import MICRO
from app.curves import queries
from app.curves.comparison import Comparison, compare
from app.curves.deps import sees_text, whose
from app.curves.presentation import CurveOut, present
from app.participants.sight import sight_of
from app.statements import recodings
from app.statements.models import Recoding
from app.statements.recodings import Standing
from app.studies import queries as studies
from app.studies.access import ANYONE, RESEARCHERS, ApiInStudy, StudyAccess, confirm

router = APIRouter(prefix="/api/v1/studies/{slug}/recodings", tags=["curves"])

MayLook = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope="curves:read"))]
MayDecide = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
MOST_LISTED = 50
EXAMPLES = 20


class RecodingIn(BaseModel, extra="forbid"):
    """The coder to code all statements by: as a proposal, or with ``adopt`` to be in force once all are coded."""

    coder: str = Field(max_length=60)
    adopt: bool = False


class RecodingOut(BaseModel):
    """A recoding. ``state``: coding, ready (a proposal to decide on), adopting, adopted, declined, failed."""

    id: UUID
    coder: str
    version: str | None
    before: str
    state: Standing
    done: int | None
    total: int | None
    error_code: str | None
    requested_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, session: Session, one: Recoding) -> "RecodingOut":
        """Return it as it stands in the session."""
        job = recodings.job_of(session, one)
        return cls(
            id=one.id,
            coder=one.coder,
            version=one.version,
            before=one.before,
            state=recodings.standing(session, one),
            done=job.done if job else None,
            total=job.total if job else None,
            error_code=job.error_code if job else None,
            requested_at=one.requested_at,
            decided_at=one.decided_at,
        )


class StageDifferenceOut(BaseModel):
    """Proposed minus present at one stage, paired by participant."""

    key: str
    label: str
    before: float | None
    after: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    band_lower: float | None
    band_upper: float | None
    n_participants: int | None
    n_statements: int | None
    enough: bool
    suppressed: bool


class MoveOut(BaseModel):
    """How many statements go from one label to another."""

    before: str
    after: str
    statements: int


class ExampleOut(BaseModel):
    """A statement whose score changes much."""

    id: UUID
    participant: str
    stage: str
    text: str
    before: float
    after: float


class ComparisonOut(BaseModel):
    """Both curves over the same statements. ``later``: statements that came since; ``examples``: only for text readers."""

    before: CurveOut
    after: CurveOut
    stages: list[StageDifferenceOut]
    statements: int
    later: int
    relabelled: int | None
    moves: list[MoveOut]
    examples: list[ExampleOut]


class RecodingDetail(RecodingOut):
    """A recoding and, while a proposal is undecided and coded, what it would change."""

    comparison: ComparisonOut | None


@router.post("", status_code=202, summary="Code all statements again, as a proposal or to be adopted at once")
def ask(request: Request, access: MayDecide, given: RecodingIn) -> RecodingOut:
    """Asking again for the same coder returns the same recoding while its job runs."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        found = recodings.request(session, still.actor.label, still.study, given.coder, preview=not given.adopt)
        return RecodingOut.of(session, found)


@router.get("", summary="The last recodings of the study, the newest first")
def list_recodings(request: Request, access: MayLook) -> list[RecodingOut]:
    with request.app.state.database.read() as session:
        return [RecodingOut.of(session, one) for one in recodings.recent(session, access.study.id, MOST_LISTED)]


@router.get("/{recoding_id}", summary="A recoding: how far it is, and both curves once it waits for a decision")
def read_recoding(request: Request, access: MayLook, recoding_id: UUID) -> RecodingDetail:
    with request.app.state.database.read() as session:
        found = recodings.get(session, access.study.id, recoding_id)
        out = RecodingOut.of(session, found)
        comparison = (
            _comparison(request, session, access, found.version) if out.state == "ready" and found.version else None
        )
    return RecodingDetail(**out.model_dump(), comparison=comparison)


@router.post("/{recoding_id}/adopt", status_code=202, summary="Let a proposal be in force")
def adopt(request: Request, access: MayDecide, recoding_id: UUID) -> RecodingOut:
    """A job codes what has come since and then switches all scores at once; repeat it as often as you like."""
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        return RecodingOut.of(session, recodings.adopt(session, still.actor.label, still.study.id, recoding_id))


@router.post("/{recoding_id}/decline", summary="Leave the scores as they are")
def decline(request: Request, access: MayDecide, recoding_id: UUID) -> RecodingOut:
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        return RecodingOut.of(session, recodings.decline(session, still.actor.label, still.study.id, recoding_id))


def _comparison(request: Request, session: Session, access: StudyAccess, version: str) -> ComparisonOut:
    reads = sees_text(access)
    found = compare(session, access.study.id, version, anonymous=not reads)
    return ComparisonOut(
        before=present(found.before),
        after=present(found.after),
        stages=_stages(found),
        statements=found.statements,
        later=found.later,
        relabelled=found.relabelled,
        moves=[MoveOut(before=was, after=becomes, statements=n) for (was, becomes), n in sorted(found.moves.items())],
        examples=_examples(request, session, access, version) if reads else [],
    )


def _stages(found: Comparison) -> list[StageDifferenceOut]:
    return [
        StageDifferenceOut(
            key=one.key,
            label=one.label,
            before=one.before,
            after=one.after,
            difference=one.difference,
            lower=one.lower,
            upper=one.upper,
            band_lower=one.band_lower,
            band_upper=one.band_upper,
            n_participants=one.participants,
            n_statements=one.statements,
            enough=one.enough,
            suppressed=one.suppressed,
        )
        for one in found.stages
    ]


def _examples(request: Request, session: Session, access: StudyAccess, version: str) -> list[ExampleOut]:
    protocol = studies.protocol(session, access.study.id)
    found = queries.largest_changes(session, sight_of(session, access), version, EXAMPLES)
    request.app.state.readings.note(access, whose(found))
    return [
        ExampleOut(
            id=one.id,
            participant=one.participant,
            stage=protocol.stage_of(one.stage_id).key,
            text=one.text,
            before=one.before_micro / MICRO,
            after=one.after_micro / MICRO,
        )
        for one in found
    ]
