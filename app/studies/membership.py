"""Who belongs to a study, in which role."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.accounts.errors import UnknownLogin
from app.accounts.queries import known_user, user_by_login
from app.audit.service import Change, record
from app.core import clock
from app.studies import queries
from app.studies.errors import LastOwner
from app.studies.models import Membership, Study
from app.studies.schemas import MemberRole


def set_role(session: Session, actor: StaffActor, study_id: UUID, login: str, role: MemberRole) -> Membership:
    """Make the user ``login`` a member in ``role``, or change the role.

    UnknownLogin without such an account; LastOwner if nobody would be left in charge.
    """
    user = known_user(session, login)
    _lock(session, study_id)
    membership = queries.membership_of(session, study_id, user.id)
    if membership is None:
        membership = Membership(study_id=study_id, user_id=user.id, role=role, created_at=clock.now())
        session.add(membership)
    else:
        if role != "owner":
            _keep_an_owner(session, membership)
        membership.role = role
    record(session, Change(actor.label, "member.set", study_id, user.id, {"role": role}))
    session.flush()
    return membership


def remove_member(session: Session, actor: StaffActor, study_id: UUID, login: str) -> None:
    """Take the user ``login`` out of the study; UnknownLogin if not a member, LastOwner if the only owner."""
    user = user_by_login(session, login)
    _lock(session, study_id)
    membership = queries.membership_of(session, study_id, user.id) if user else None
    if membership is None:
        raise UnknownLogin()
    _keep_an_owner(session, membership)
    session.delete(membership)
    record(session, Change(actor.label, "member.removed", study_id, membership.user_id))
    session.flush()


def _keep_an_owner(session: Session, membership: Membership) -> None:
    if membership.role == "owner" and queries.owner_count(session, membership.study_id) == 1:
        raise LastOwner()


def _lock(session: Session, study_id: UUID) -> None:
    # Two owners leaving at once must not both see the other one still there.
    session.execute(select(Study.id).where(Study.id == study_id).with_for_update())
