"""What the routes of insights share: who may do what, versions in headers, and how much the caller may see."""

from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.orm import Session

from app.accounts.actors import ADMIN, READ_CURVES
from app.core.errors import PreconditionRequired
from app.curves.deps import sees_text
from app.maps.insights.self_checking import Looking, SelfCheck, self_check
from app.maps.insights.service import InsightLook
from app.maps.insights.waves import BetweenWaves
from app.participants.sight import Sight, sight_of
from app.studies.access import ANYONE, RESEARCHERS, ApiInStudy, StudyAccess

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope=READ_CURVES))]
MayWrite = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
IfMatch = Annotated[str | None, Header(description="ETag of the version that was seen.")]


def version_in(if_match: str | None) -> int:
    """Return the version that ``If-Match`` names; PreconditionRequired without one, −1 (which none has) for what is none."""
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip().removeprefix("W/").strip('"')
    return int(digits) if digits.isdecimal() and len(digits) < 10 else -1


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def reader_sight(session: Session, access: StudyAccess) -> Sight | None:
    """Return whose words the caller may read; None: nobody's."""
    return sight_of(session, access) if sees_text(access) else None


def looking_of(session: Session, access: StudyAccess) -> Looking:
    """Return how the caller looks at people's words and numbers."""
    return Looking(reader_sight(session, access), anonymous=not sees_text(access))


def checked(request: Request, session: Session, access: StudyAccess) -> SelfCheck:
    """Return the self-check as the caller may see it."""
    state = request.app.state
    return self_check(session, state.matrices, state.scenes, access.study.id, looking_of(session, access))


def between(request: Request, session: Session, access: StudyAccess) -> BetweenWaves:
    """Return what reads curves of waves for the caller."""
    return BetweenWaves(session, request.app.state.matrices, access.study.id, anonymous=not sees_text(access))


def note_quotes(request: Request, access: StudyAccess, *looks: InsightLook) -> None:
    """Note whose words the caller was shown."""
    seen = [(one.said.participant_id, one.said.source_id) for look in looks for one in look.quotes]
    request.app.state.readings.note(access, seen)
