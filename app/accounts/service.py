"""Accounts, sign-in and API keys."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.actors import SCOPES, StaffActor
from app.accounts.errors import LoginTaken, WrongCredentials
from app.accounts.models import ApiKey, StaffSession, User
from app.accounts.passwords import hash_password, matches, outdated
from app.audit.service import Change, record
from app.core import clock
from app.core.crypto import Keyring
from app.core.errors import FieldError, Invalid, NotFound
from app.web.i18n import mark

LOGIN_LENGTH = 120
NAME_LENGTH = 120
KEY_PREFIX = "xk_"


@dataclass(frozen=True, slots=True)
class Recognised:
    """Someone whose password was right; ``new_hash`` replaces one made with other parameters than today's."""

    user_id: UUID
    new_hash: str | None


def create_user(
    session: Session, login: str, name: str, password: str, is_admin: bool = False, *, by: str = "cli"
) -> User:
    """Return a new account; LoginTaken, or Invalid naming each field. ``by`` is named in the log."""
    folded, shown = login.strip().lower(), name.strip()
    wrong = []
    if not 1 <= len(folded) <= LOGIN_LENGTH or not folded.isprintable() or any(sign in folded for sign in " /?#"):
        wrong.append(FieldError("login", mark("账号要 1 到 120 个字符，不含空格和 / ? #"), "login"))
    if not 1 <= len(shown) <= NAME_LENGTH:
        wrong.append(FieldError("name", mark("请填写姓名，不超过 120 字"), "length"))
    if wrong:
        raise Invalid(fields=wrong)
    user = User(
        login=folded, name=shown, password_hash=hash_password(password), is_admin=is_admin, created_at=clock.now()
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise LoginTaken() from error
    record(session, Change(by, "user.created", subject_id=user.id, detail={"is_admin": is_admin}))
    return user


def set_password(session: Session, user: User, password: str, *, by: str = "cli") -> None:
    """Give ``user`` another password and end every session of theirs."""
    user.password_hash = hash_password(password)
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.id))
    record(session, Change(by, "user.password_set", subject_id=user.id))
    session.flush()


def disable(session: Session, user: User, *, by: str = "cli") -> None:
    """Shut ``user`` out: sessions end, keys open nothing until the account is enabled. Twice changes nothing."""
    if user.disabled_at is not None:
        return
    user.disabled_at = clock.now()
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.id))
    record(session, Change(by, "user.disabled", subject_id=user.id))
    session.flush()


def enable(session: Session, user: User, *, by: str = "cli") -> None:
    """Let ``user`` in again, and their keys; sessions stay ended. Twice changes nothing."""
    if user.disabled_at is None:
        return
    user.disabled_at = None
    record(session, Change(by, "user.enabled", subject_id=user.id))
    session.flush()


def recognise(session: Session, login: str, password: str) -> Recognised:
    """Return who signs in; WrongCredentials, after the same time, whether the login or the password is wrong.

    It only reads, so that no writer waits while a hash is computed.
    """
    user = queries.user_by_login(session, login)
    known = user.password_hash if user is not None and user.disabled_at is None else None
    right = matches(known, password)
    if user is None or known is None or not right:
        raise WrongCredentials()
    return Recognised(user.id, hash_password(password) if outdated(known) else None)


def begin_session(
    session: Session, keyring: Keyring, person: Recognised, hours: int, *, instead_of: str | None = None
) -> str:
    """Return the token of a new session that lasts ``hours``; the one ``instead_of`` (a token) and dead ones end."""
    now = clock.now()
    ended = StaffSession.expires_at <= now
    if instead_of:
        ended |= StaffSession.token_hash == keyring.token_hash(instead_of)
    session.execute(delete(StaffSession).where(ended))
    token = new_token()
    expires_at = now + timedelta(hours=hours)
    session.add(
        StaffSession(
            token_hash=keyring.token_hash(token), user_id=person.user_id, created_at=now, expires_at=expires_at
        )
    )
    if person.new_hash is not None:
        session.get_one(User, person.user_id).password_hash = person.new_hash
    record(session, Change(f"user:{person.user_id}", "session.began", subject_id=person.user_id))
    session.flush()
    return token


def end_session(session: Session, keyring: Keyring, actor: StaffActor, token: str) -> None:
    """End the session of ``token``: its cookie is worth nothing from now on."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == keyring.token_hash(token)))
    record(session, Change(actor.label, "session.ended", subject_id=actor.user_id))


def create_api_key(
    session: Session,
    keyring: Keyring,
    user_id: UUID,
    name: str,
    scopes: Collection[str],
    *,
    study_id: UUID | None = None,
    expires_at: datetime | None = None,
    by: str | None = None,
) -> tuple[ApiKey, str]:
    """Return a new key of the user, and its token, which nobody can show again.

    ``study_id`` confines it to one study. Invalid for an empty name, unknown scopes or none, an end in the past.
    """
    _check_key(name, scopes, expires_at)
    token = KEY_PREFIX + new_token()
    key = ApiKey(
        user_id=user_id,
        study_id=study_id,
        name=name.strip(),
        token_hash=keyring.token_hash(token),
        hint=token[:8],
        scopes=sorted(set(scopes)),
        created_at=clock.now(),
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    change = Change(by or f"user:{user_id}", "key.created", study_id, key.id, {"scopes": key.scopes})
    record(session, change)
    return key, token


def revoke_api_key(session: Session, actor: StaffActor, key_id: UUID) -> ApiKey:
    """End one of the actor's own keys; NotFound if it is not theirs. Ending it twice changes nothing."""
    key = queries.key_of(session, actor.user_id, key_id)
    if key is None:
        raise NotFound()
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        record(session, Change(actor.label, "key.revoked", key.study_id, key.id))
        session.flush()
    return key


def new_token() -> str:
    """Return an unguessable token of 256 bits."""
    return secrets.token_urlsafe(32)


def _check_key(name: str, scopes: Collection[str], expires_at: datetime | None) -> None:
    wrong = []
    if not 1 <= len(name.strip()) <= NAME_LENGTH:
        wrong.append(FieldError("name", mark("请写明这把密钥给谁用，不超过 120 字"), "length"))
    if not scopes or not set(scopes) <= set(SCOPES):
        wrong.append(FieldError("scopes", mark("请至少选一项权限"), "scopes"))
    if expires_at is not None and expires_at <= clock.now():
        wrong.append(FieldError("expires_at", mark("请选一个今天以后的日期"), "not_in_future"))
    if wrong:
        raise Invalid(fields=wrong)
