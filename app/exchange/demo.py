"""The demo study: a dental-implant diary of 24 people, taken in as any user would take theirs in."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.actors import SCOPES, StaffActor
from app.accounts.errors import WrongCredentials
from app.accounts.models import User
from app.accounts.queries import actor_of_key, user_by_login
from app.accounts.service import create_api_key, create_user, recognise, set_password
from app.audit.service import Change, record
from app.core import clock, schema
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.private import private_folder
from app.core.settings import Settings
from app.exchange import queries
from app.exchange.demo_coding import prepare_coding
from app.exchange.demo_schedule import switch_on_schedule
from app.exchange.entries import EntryImport, Refused
from app.exchange.newcomers import Rules
from app.exchange.sheets import open_sheet
from app.participants import queries as participants
from app.participants.links import PersonalLink
from app.participants.models import Participant
from app.participants.roster import read_roster
from app.participants.service import enrol_roster, renew_link
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.schemas import StudyIn
from app.studies.service import create_study
from app.web.i18n import translate

SLUG = "demo-dental-implant"
LOGIN = "demo"
ACTOR = "cli"
LOADED = "demo.loaded"
FOLDER = Path(__file__).parent / "demo"
KEPT = "demo.json"


@dataclass(frozen=True, slots=True)
class DemoAccess:
    """Every way into the demo: the names of its fields are the keys of ``xinlu demo --json``."""

    base_url: str
    study: str
    staff: dict[str, str]
    api_key: str
    participant_link: str
    participants: list[dict[str, str]]
    stages: list[str]


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
    with database.write() as session:
        user = user_by_login(session, LOGIN) or _make_user(session)
        study = studies.study_by_slug(session, SLUG) or _make_study(session, user, settings)
        loaded = queries.logged(session, study.id, LOADED)
    if not loaded:
        _load(database, keyring, study, user)
    with database.write() as session:
        working = _working(session, keyring, study, user.id, kept)
    _keep(settings, working)
    with database.read() as session:
        return _describe(session, settings, study, working)


def _make_user(session: Session) -> User:
    # Nobody knows this password: what is kept does not match it, and so the demo gets one of its own below.
    return create_user(session, LOGIN, translate("演示"), secrets.token_urlsafe(32), is_admin=True, by=ACTOR)


def _make_study(session: Session, user: User, settings: Settings) -> Study:
    actor = StaffActor(user.id, user.login, user.name, user.is_admin)
    given = StudyIn(
        title=translate("种植牙恢复日记"),
        slug=SLUG,
        template="dental_implant",
        description=translate("演示用的研究：24 个人从知晓到分享的日记，内容是写出来的，不是真人的。"),
    )
    return create_study(session, actor, given, default_coder=settings.coder)


def _load(database: Database, keyring: Keyring, study: Study, user: User) -> None:
    with database.write() as session:
        enrol_roster(session, keyring, ACTOR, study, read_roster((FOLDER / "participants.csv").read_bytes()))
    rules = Rules(known_only=True, paper_consent=True)
    importing = EntryImport(database, keyring, study.slug, by=ACTOR, rules=rules)
    with open_sheet(FOLDER / "diaries.csv", importing.knows) as sheet:
        importing.run(sheet, _refuse, lambda _: None)
    with database.write() as session:
        switch_on_schedule(session, ACTOR, study)
        prepare_coding(session, StaffActor(user.id, user.login, user.name, user.is_admin), study)
        record(session, Change(ACTOR, LOADED, study.id))


def _refuse(refused: Refused) -> None:
    raise ValueError(f"the demo's own diary, row {refused.row.number}: {refused.reason}")


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
