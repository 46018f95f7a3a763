"""What the report's page, its API and its command share."""

from fastapi import Request
from sqlalchemy.orm import Session

from app.maps.board.service import viewer_of
from app.maps.report.findings import Findings, findings
from app.studies.access import StudyAccess


def found_for(request: Request, session: Session, access: StudyAccess) -> Findings:
    """Return what the actor's report is written from."""
    state = request.app.state
    return findings(session, state.matrices, state.scenes, viewer_of(session, access))
