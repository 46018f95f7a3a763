"""The demo: a dental-implant diary of 24 people and, when asked for, a small study for each other template."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.actors import SCOPES
from app.accounts.errors import WrongCredentials
from app.accounts.models import User
from app.accounts.queries import actor_of_key, user_by_login
from app.accounts.service import create_api_key, create_user, recognise, set_password
from app.core import clock, schema
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.private import private_folder
from app.core.settings import Settings
from app.exchange.demo_access import DemoAccess, TemplateDemo
from app.exchange.demo_studies import ACTOR, DEMOS, FIRST, DemoStudy, is_loaded, load_into, open_demo
from app.participants import queries as participants
from app.participants.links import PersonalLink
from app.participants.models import Participant
from app.participants.service import renew_link
from app.studies import queries as studies
from app.studies.errors import UnknownTemplate
from app.studies.models import Study
from app.web.i18n import translate

LOGIN = "demo"
KEPT = "demo.json"


@dataclass(frozen=True, slots=True, repr=False)
class _Secrets:
    """What the database keeps as hashes only, and the demo must be able to print again."""

    password: str = ""
    api_key: str = ""
    token: str = ""
    code: str = ""


def load_demo(database: Database, settings: Settings, keyring: Keyring) -> DemoAccess:
    """Migrate, load the demo study unless it was loaded before, and return working access to it.

    Secrets that no longer work (or whose file in the data folder is gone) are renewed; the others stay.
    """
    schema.upgrade(database)
    kept = _read_kept(settings)
    user, study = _loaded(database, settings, keyring, DEMOS[FIRST])
    with database.write() as session:
        working = _working(session, keyring, study, user.id, kept)
    _keep(settings, working)
    with database.read() as session:
        return _describe(session, settings, study, working)


def load_template(database: Database, settings: Settings, keyring: Keyring, key: str) -> TemplateDemo:
    """Migrate, load the demo study of the template ``key`` unless it was loaded before, and say where it stands.

    UnknownTemplate for a template without a demo.
    """
    if key not in DEMOS:
        raise UnknownTemplate()
    schema.upgrade(database)
    kept = _read_kept(settings)
    user, study = _loaded(database, settings, keyring, DEMOS[key])
    with database.write() as session:
        password = _password(session, session.get_one(User, user.id), kept)
    _keep(settings, replace(kept, password=password))
    with database.read() as session:
        return TemplateDemo(
            template=key,
            study=study.slug,
            title=study.title,
            address=f"{settings.public_address}/studies/{study.slug}",
            staff={"login": LOGIN, "password": password},
            participants=[one.code for one in _people(session, study.id)],
            stages=[stage.key for stage in studies.protocol(session, study.id).stages],
        )


def _loaded(database: Database, settings: Settings, keyring: Keyring, demo: DemoStudy) -> tuple[User, Study]:
    with database.write() as session:
        user = user_by_login(session, LOGIN) or _make_user(session)
        study = open_demo(session, demo, user, settings)
        loaded = is_loaded(session, study)
    if not loaded:
        load_into(database, keyring, demo, study, user)
    return user, study


def _make_user(session: Session) -> User:
    # Nobody knows this password: what is kept does not match it, and so the demo gets one of its own below.
    return create_user(session, LOGIN, translate("演示"), secrets.token_urlsafe(32), is_admin=True, by=ACTOR)


def _working(session: Session, keyring: Keyring, study: Study, user_id: UUID, kept: _Secrets) -> _Secrets:
    user = session.get_one(User, user_id)
    link = _link(session, keyring, study, kept)
    return _Secrets(
        password=_password(session, user, kept),
        api_key=_api_key(session, keyring, user, kept),
        token=link.token,
        code=link.code,
    )


def _password(session: Session, user: User, kept: _Secrets) -> str:
    try:
        recognise(session, LOGIN, kept.password)
    except WrongCredentials:
        password = secrets.token_urlsafe(12)
        set_password(session, user, password, by=ACTOR)
        return password
    return kept.password


def _api_key(session: Session, keyring: Keyring, user: User, kept: _Secrets) -> str:
    actor = actor_of_key(session, keyring.token_hash(kept.api_key), clock.now())
    if actor is not None and actor.user_id == user.id:
        return kept.api_key
    return create_api_key(session, keyring, user.id, translate("演示"), SCOPES, by=ACTOR)[1]


def _link(session: Session, keyring: Keyring, study: Study, kept: _Secrets) -> PersonalLink:
    """Return the link of the first person who still takes part: earlier entries are there, consent is not."""
    found = participants.invite_by_hash(session, keyring.token_hash(kept.token))
    if found is not None and found[0].revoked_at is None and found[2].withdrawn_at is None:
        return PersonalLink(kept.token, kept.code)
    taking_part = (one for one in _people(session, study.id) if one.withdrawn_at is None)
    return renew_link(session, keyring, ACTOR, next(taking_part))


def _people(session: Session, study_id: UUID) -> Sequence[Participant]:
    return sorted(participants.page(session, study_id, limit=1000), key=lambda one: one.code)


def _describe(session: Session, settings: Settings, study: Study, working: _Secrets) -> DemoAccess:
    link = PersonalLink(working.token, working.code)
    return DemoAccess(
        base_url=settings.public_address,
        study=study.slug,
        staff={"login": LOGIN, "password": working.password},
        api_key=working.api_key,
        participant_link=link.url(settings.public_address),
        participants=[{"code": one.code, "id": str(one.id)} for one in _people(session, study.id)],
        stages=[stage.key for stage in studies.protocol(session, study.id).stages],
    )


def _read_kept(settings: Settings) -> _Secrets:
    try:
        kept: dict[str, Any] = json.loads((settings.data_dir / KEPT).read_text(encoding="utf-8"))
        return _Secrets(**{name: str(value) for name, value in kept.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return _Secrets()


def _keep(settings: Settings, working: _Secrets) -> None:
    private_folder(settings.data_dir)
    draft = settings.data_dir / f"{KEPT}.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(working)), encoding="utf-8")
    draft.replace(settings.data_dir / KEPT)
