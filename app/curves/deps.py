"""What a request asks of a curve, and how much of it the caller may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from sqlalchemy.orm import Session

from app.accounts.actors import READ_STATEMENTS
from app.curves import contrasts, corrections, queries, service
from app.curves.corrections import Correction
from app.curves.errors import MoodOnlyInDiaries
from app.curves.matrices import CellMatrices
from app.curves.queries import ChangedQuote, Quote, Revisions
from app.curves.questions import By, CurveQuestion, ScoreName, SourceName
from app.curves.service import Curve
from app.statements import pending
from app.statements.pending import NOTHING_WAITS, Refining
from app.studies import queries as studies
from app.studies.access import TEXT_READERS, StudyAccess
from app.studies.adaptations import choice_in_force
from app.web.i18n import choose_language, current_language


async def question(
    by: Annotated[By, Query(description="The axis.")] = "stage",
    score: Annotated[ScoreName, Query(description="Whose scores.")] = "corrected",
    segment: Annotated[str | None, Query(max_length=120, description="attribute:value of participants")] = None,
    wave: Annotated[str | None, Query(max_length=40)] = None,
    level: Annotated[float, Query(ge=0.5, le=0.999, description="Level of intervals and sets.")] = 0.95,
    source: Annotated[
        SourceName | None,
        Query(description="Whose account: by default diaries and interviews together; self_report is the mood chosen."),
    ] = None,
) -> CurveQuestion:
    """Return the question that the query string asks; a mood and a self-report are one."""
    if score == "mood" and source not in (None, "diary", "self_report"):
        raise MoodOnlyInDiaries()
    told: SourceName | None = None if score == "mood" or source == "self_report" else source
    return CurveQuestion(by, "mood" if source == "self_report" else score, segment or None, wave or None, level, told)


Asked = Annotated[CurveQuestion, Depends(question)]


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a study's curve: the state it is in and who looks."""

    access: StudyAccess
    question: CurveQuestion
    revisions: Revisions
    etag: str
    anonymous: bool
    coder_version: str
    refining: Refining


def sees_text(access: StudyAccess) -> bool:
    """Return whether the caller may read statements; others get points of at least 8 people only."""
    return access.can(TEXT_READERS) and access.actor.may(READ_STATEMENTS)


def read(
    request: Request, session: Session, access: StudyAccess, asked: CurveQuestion, *, beside: object = None
) -> Reading:
    """Return the state of the curve, cheap enough to answer 304 from; ``beside`` is what else the answer depends on."""
    language = choose_language(request, access.study.language)
    current_language.set(language)
    protocol = studies.protocol(session, access.study.id)
    revisions = queries.revisions(session, access.study.id)
    anonymous = not sees_text(access)
    study = protocol.study
    choice = choice_in_force(session, study.id, study.coder, study.coder_version)
    known = choice.installed() if study.coder_version != study.coder else None
    coder_version = known or study.coder_version
    refining = pending.state(session, study.id) if choice.slow else NOTHING_WAITS
    tag = service.etag(protocol, revisions, (asked, beside), anonymous=anonymous, state=(coder_version, refining))
    return Reading(access, asked, revisions, f'"{tag}-{language}"', anonymous, coder_version, refining)


def compute(request: Request, session: Session, reading: Reading) -> Curve:
    """Return the curve in the state that ``reading`` saw, in the same session."""
    matrices: CellMatrices = request.app.state.matrices
    return contrasts.curve_of(
        session,
        matrices,
        reading.access.study.id,
        reading.question,
        revisions=reading.revisions,
        coder_version=reading.coder_version,
        refining=reading.refining,
        anonymous=reading.anonymous,
    )


def smoothed(request: Request, session: Session, reading: Reading, curve: Curve) -> Curve:
    """Return a curve by days with the smooth one through them, for whoever sees text; any other as it is."""
    if curve.by != "day" or reading.anonymous:
        return curve
    asked = replace(reading.question, score=curve.score if curve.corrected else "model")
    matrices: CellMatrices = request.app.state.matrices
    study_id = reading.access.study.id
    return replace(
        curve,
        smooth=contrasts.smoothed_days(session, matrices, study_id, asked, revisions=reading.revisions, lam=curve.lam),
    )


def correct(request: Request, session: Session, reading: Reading) -> Correction:
    """Return the curve that ``reading`` asks for without and with its correction, in the same session."""
    matrices: CellMatrices = request.app.state.matrices
    found = service.basis(
        session,
        matrices,
        reading.access.study.id,
        replace(reading.question, score="corrected"),
        revisions=reading.revisions,
        anonymous=reading.anonymous,
    )
    return corrections.of_basis(
        found,
        reading.question,
        as_of=reading.revisions.changed_at,
        coder_version=reading.coder_version,
        refining=reading.refining,
    )


def whose(quotes: Iterable[Quote | ChangedQuote]) -> list[tuple[UUID, UUID]]:
    """Return of each quote that is shown whose it is and which entry it stands in, for the log of readings."""
    return [(quote.participant_id, quote.source_id) for quote in quotes]
