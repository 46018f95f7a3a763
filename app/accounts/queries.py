"""SELECTs of people, sessions and keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.accounts.errors import UnknownLogin
from app.accounts.models import ApiKey, StaffSession, User

# Run at every request: putting a statement together costs more than running it.
_ACTOR_OF_SESSION = (
    select(User.id, User.login, User.name, User.is_admin)
    .join(StaffSession, StaffSession.user_id == User.id)
    .where(
        StaffSession.token_hash == bindparam("token_hash"),
        StaffSession.expires_at > bindparam("at"),
        User.disabled_at.is_(None),
    )
)
_ACTOR_OF_KEY = (
    select(User.id, User.login, User.name, User.is_admin, ApiKey.scopes, ApiKey.id, ApiKey.study_id)
    .join(User, User.id == ApiKey.user_id)
    .where(
        ApiKey.token_hash == bindparam("token_hash"),
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("at")),
        User.disabled_at.is_(None),
    )
)


def actor_of_session(session: Session, token_hash: str, at: datetime) -> StaffActor | None:
    """Return who is signed in with the session of this hash at the moment ``at``."""
    row = session.execute(_ACTOR_OF_SESSION, {"token_hash": token_hash, "at": at}).one_or_none()
    return None if row is None else StaffActor(*row)


def actor_of_key(session: Session, token_hash: str, at: datetime) -> StaffActor | None:
    """Return whom the living API key of this hash acts for at the moment ``at``."""
    row = session.execute(_ACTOR_OF_KEY, {"token_hash": token_hash, "at": at}).one_or_none()
    if row is None:
        return None
    user_id, login, name, is_admin, scopes, key_id, study_id = row
    return StaffActor(user_id, login, name, is_admin, frozenset(scopes), key_id, study_id)


def user_by_login(session: Session, login: str) -> User | None:
    """Return the user of ``login`` (in any case)."""
    return session.scalars(select(User).where(User.login == login.strip().lower())).one_or_none()


def known_user(session: Session, login: str) -> User:
    """Return the user of ``login`` (in any case), disabled or not; UnknownLogin if there is none."""
    user = user_by_login(session, login)
    if user is None:
        raise UnknownLogin()
    return user


def all_users(session: Session) -> Sequence[User]:
    """Return everybody who has an account, disabled ones too, by login."""
    return session.scalars(select(User).order_by(User.login)).all()


def keys_of(session: Session, user_id: UUID) -> Sequence[ApiKey]:
    """Return the user's API keys, newest first, revoked ones too."""
    return session.scalars(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.id.desc())).all()


def key_of(session: Session, user_id: UUID, key_id: UUID) -> ApiKey | None:
    """Return one API key if it is the user's."""
    return session.scalars(select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)).one_or_none()
