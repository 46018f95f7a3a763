"""Ten points each: where members of the team would begin. Whoever has not voted sees nobody's votes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError
from app.maps.groups import queries
from app.maps.groups.errors import VotesRefused
from app.maps.groups.models import Vote
from app.maps.groups.schemas import POINTS
from app.participants import queries as participants
from app.studies import queries as studies
from app.web.i18n import mark as _


@dataclass(frozen=True, slots=True)
class Tally:
    """The caller's own points, how many voted, and everybody's points by touchpoint: None to who has not voted."""

    mine: Mapping[UUID, int]
    voters: int
    points: Mapping[UUID, int] | None


def cast(session: Session, actor: str, study_id: UUID, user_id: UUID, points: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """Make ``points`` the whole ballot of this member, none takes it back. VotesRefused beyond ten, or for touchpoints
    that the study does not have."""
    known = {one.id for one in studies.protocol(session, study_id).touchpoints}
    if any(touchpoint not in known for touchpoint in points):
        raise VotesRefused(fields=[FieldError("points", _("没有这个触点"))])
    if sum(points.values()) > POINTS or any(n < 1 for n in points.values()):
        raise VotesRefused(fields=[FieldError("points", _("一共最多 10 分，每个至少 1 分"))])
    participants.held_study(session, study_id)
    held = {one.touchpoint_id: one for one in queries.votes_of(session, study_id, user_id)}
    if {touchpoint: one.points for touchpoint, one in held.items()} == dict(points):
        return points
    for one in held.values():
        session.delete(one)
    session.flush()
    now = clock.now()
    for touchpoint, n in points.items():
        session.add(Vote(study_id=study_id, user_id=user_id, touchpoint_id=touchpoint, points=n, at=now))
    session.flush()
    # Not what was voted for: the log is read by others.
    record(session, Change(actor, "votes.cast", study_id, detail={"touchpoints": len(points)}))
    return points


def tally(session: Session, study_id: UUID, user_id: UUID) -> Tally:
    """Return the votes as this member may see them: others' only once their own are in."""
    every = queries.votes(session, study_id)
    mine = {one.touchpoint_id: one.points for one in every if one.user_id == user_id}
    points: Counter[UUID] = Counter()
    for one in every:
        points[one.touchpoint_id] += one.points
    return Tally(mine, len({one.user_id for one in every}), dict(points) if mine else None)
