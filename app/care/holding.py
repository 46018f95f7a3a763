"""Holding a follow-up for a change: its person first, as everybody does who changes anything of theirs here."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.care import follow_up_queries as queries
from app.care.alert_models import FollowUp
from app.care.errors import FollowUpChanged
from app.core.errors import NotFound, PreconditionRequired
from app.participants.sight import Sight


def hold(session: Session, study_id: UUID, sight: Sight, follow_up_id: UUID) -> FollowUp:
    """Return the follow-up as it stands, nobody else changing it until the transaction ends; NotFound."""
    found = queries.seen(session, sight, follow_up_id)
    if found is None or queries.held_person(session, study_id, found[0].participant_id) is None:
        raise NotFound()
    held = queries.by_id(session, study_id, follow_up_id)
    if held is None:
        raise NotFound()
    return held


def check_version(held: FollowUp, version: int | None) -> None:
    """PreconditionRequired without the version that was seen; FollowUpChanged, with the present ETag, for another one."""
    if version is None:
        raise PreconditionRequired()
    if version != held.version:
        raise FollowUpChanged(headers={"ETag": f'"{held.version}"'})
