"""One statement's coding over REST: its score, why it has it, and what every version gave it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from app.participants.sight import sight_of
from app.statements import explaining
from app.statements.explaining import Explanation, Stored, Told
from app.studies.access import TEXT_READERS, ApiInStudy, StudyAccess
from nlp import Label

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["statements"])

MayReadText = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope="statements:read"))]


class EvidenceOut(BaseModel):
    """A span of the text, in code points, and what it added to the score; ``rule`` names what acted, joined by ``+``."""

    start: int
    end: int
    text: str
    contribution: float
    rule: str


class CueOut(BaseModel):
    """A span that a person should look at: ``self_harm`` or ``emergency``. No diagnosis."""

    kind: str
    start: int
    end: int
    text: str


class VersionOut(BaseModel):
    """What one version of a coder gave the statement."""

    model_version: str
    in_force: bool
    sentiment: float
    confidence: float
    label: Label
    emotions: dict[str, float]
    coded_at: str


class ReadingOut(BaseModel):
    """The version that the evidence is of, and the score that it sums to; ``slow``: the study's slow coder read it."""

    model_version: str
    sentiment: float
    slow: bool


class CodingOut(BaseModel):
    """A statement's coding in force. The evidence sums to ``explained_by.sentiment``, within rounding."""

    id: str
    participant: str
    text: str
    model_version: str
    sentiment: float
    confidence: float
    label: Label
    emotions: dict[str, float]
    explained_by: ReadingOut
    evidence: list[EvidenceOut]
    risk: list[CueOut]
    waiting: bool
    versions: list[VersionOut]


@router.get("/statements/{statement_id}/coding", summary="Why a statement has its score")
def get_coding(
    request: Request,
    access: MayReadText,
    statement_id: UUID,
    reading: Annotated[
        Literal["quick", "slow"], Query(description="Where the study's coder is a slow one: who explains.")
    ] = "quick",
) -> CodingOut:
    """Care staff get those of people who agreed to it. A slow coder is asked only by ``reading=slow``, for one text."""
    with request.app.state.database.read() as session:
        told = explaining.look(session, sight_of(session, access), access.study, statement_id)
    request.app.state.readings.note(access, [(told.statement.participant_id, told.statement.source_id)])
    explanation = explaining.explain(told.choice, told.statement.text, slowly=reading == "slow")
    return _present(told, explanation)


def _present(told: Told, explanation: Explanation) -> CodingOut:
    coding, stored = explanation.coding, next(one for one in told.stored if one.in_force)
    return CodingOut(
        id=str(told.statement.id),
        participant=told.participant,
        text=told.statement.text,
        model_version=told.statement.model_version,
        sentiment=told.sentiment,
        confidence=stored.coding.confidence,
        label=stored.label,
        emotions=stored.coding.emotions,
        explained_by=ReadingOut(model_version=explanation.version, sentiment=coding.sentiment, slow=explanation.slow),
        evidence=[
            EvidenceOut(start=one.start, end=one.end, text=one.text, contribution=one.contribution, rule=one.rule)
            for one in coding.evidence
        ],
        risk=[
            CueOut(kind=cue.kind, start=cue.start, end=cue.end, text=cue.text)
            for cue in explaining.cues_of(told, coding)
        ],
        waiting=told.waiting,
        versions=[_version(one) for one in told.stored],
    )


def _version(one: Stored) -> VersionOut:
    return VersionOut(
        model_version=one.coding.model_version,
        in_force=one.in_force,
        sentiment=one.sentiment,
        confidence=one.coding.confidence,
        label=one.label,
        emotions=one.coding.emotions,
        coded_at=one.coding.coded_at.isoformat(),
    )
