"""SELECTs of studies and their protocols."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.accounts.errors import UnknownLogin
from app.accounts.models import User
from app.studies.models import ConsentText, FormVersion, Membership, Stage, Study, Touchpoint, Wave
from app.studies.protocol import (
    ConsentFacts,
    FormFacts,
    StageFacts,
    StudyFacts,
    StudyProtocol,
    TouchpointFacts,
    WaveFacts,
)
from app.studies.schemas import PurposeIn, Question

MOST_KEPT = 256
PROTOCOL_CHANGED = "protocol_changed"

_kept: OrderedDict[tuple[UUID, int], StudyProtocol] = OrderedDict()
_lock = threading.Lock()


# Run at nearly every request: putting a statement together costs more than running it.
_STUDY_AND_ROLE = (
    select(Study, Membership.role)
    .outerjoin(Membership, and_(Membership.study_id == Study.id, Membership.user_id == bindparam("user_id")))
    .where(Study.slug == bindparam("slug"))
)

_REVISION = select(Study.protocol_revision).where(Study.id == bindparam("study_id"))


def study_and_role(session: Session, slug: str, user_id: UUID) -> tuple[Study, str | None] | None:
    """Return the study ``slug`` and the user's role in it, if any."""
    row = session.execute(_STUDY_AND_ROLE, {"slug": slug, "user_id": user_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def study_by_slug(session: Session, slug: str) -> Study | None:
    """Return the study ``slug`` whoever asks: for commands of the operator, not for requests."""
    return session.scalars(select(Study).where(Study.slug == slug)).one_or_none()


def studies_of(
    session: Session, actor: StaffActor, *, after: UUID | None = None, limit: int | None = None
) -> list[tuple[Study, str]]:
    """Return the studies that ``actor`` may see with the role in each, newest first, those older than ``after``."""
    member = and_(Membership.study_id == Study.id, Membership.user_id == actor.user_id)
    statement = select(Study, Membership.role).outerjoin(Membership, member).order_by(Study.id.desc())
    if not actor.is_admin:
        statement = statement.where(Membership.role.is_not(None))
    if actor.key_study_id is not None:
        statement = statement.where(Study.id == actor.key_study_id)
    if after is not None:
        statement = statement.where(Study.id < after)
    statement = statement.limit(limit)
    return [(study, "owner" if actor.is_admin else role) for study, role in session.execute(statement)]


def stage_names(session: Session, study_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the names of the stages of each study, in order."""
    names: dict[UUID, list[str]] = {study_id: [] for study_id in study_ids}
    statement = select(Stage.study_id, Stage.name).where(Stage.study_id.in_(study_ids)).order_by(Stage.position)
    for study_id, name in session.execute(statement):
        names[study_id].append(name)
    return names


def members_of(session: Session, study_id: UUID) -> Sequence[tuple[Membership, User]]:
    """Return the members of a study in the order in which they joined."""
    statement = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.study_id == study_id)
        .order_by(Membership.created_at, User.login)
    )
    return [(membership, user) for membership, user in session.execute(statement)]


def member(session: Session, study_id: UUID, login: str) -> tuple[Membership, User]:
    """Return the member ``login`` of a study; UnknownLogin if there is none."""
    statement = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.study_id == study_id, User.login == login.strip().lower())
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise UnknownLogin()
    return row[0], row[1]


def membership_of(session: Session, study_id: UUID, user_id: UUID) -> Membership | None:
    """Return one membership."""
    return session.get(Membership, (study_id, user_id))


def owner_count(session: Session, study_id: UUID) -> int:
    """Return how many owners a study has."""
    statement = select(func.count()).where(Membership.study_id == study_id, Membership.role == "owner")
    return int(session.scalars(statement).one())


def protocol(session: Session, study_id: UUID) -> StudyProtocol:
    """Return the protocol of a study; NoResultFound if there is none. One small SELECT when this process knows it.

    A session that changes the protocol itself reads past what is kept: its changes may yet be rolled back.
    """
    if session.info.get(PROTOCOL_CHANGED):
        return read_protocol(session, study_id)
    key = (study_id, revision(session, study_id))
    with _lock:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
    if known is not None:
        return known
    found = read_protocol(session, study_id)
    # Another transaction may have committed between these SELECTs: then what was read belongs to no one revision.
    if found.revision == key[1] == revision(session, study_id):
        _keep(key, found)
    return found


def revision(session: Session, study_id: UUID) -> int:
    """Return the revision of a study's protocol; NoResultFound if there is no such study."""
    return session.scalars(_REVISION, {"study_id": study_id}).one()


def read_protocol(session: Session, study_id: UUID) -> StudyProtocol:
    """Return the protocol of a study as it stands in the database; NoResultFound if there is none."""
    facts = [getattr(Study, field.name) for field in fields(StudyFacts)]
    *study, known_revision = session.execute(select(*facts, Study.protocol_revision).where(Study.id == study_id)).one()
    stages = _stages(session, study_id)
    place = {stage.id: stage.position for stage in stages}
    touchpoints = sorted(_touchpoints(session, study_id), key=lambda one: place[one.stage_id])
    consent = _consent(session, study_id)
    return StudyProtocol(
        study=StudyFacts(*study),
        revision=known_revision,
        stages=tuple(stages),
        touchpoints=tuple(touchpoints),
        waves=tuple(_waves(session, study_id)),
        forms=MappingProxyType({form.version: form for form in _forms(session, study_id)}),
        consent=consent,
        required_purposes=frozenset(purpose.key for purpose in consent.purposes if purpose.required),
    )


def _keep(key: tuple[UUID, int], protocol: StudyProtocol) -> None:
    with _lock:
        _kept[key] = protocol
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


def _stages(session: Session, study_id: UUID) -> list[StageFacts]:
    columns = (Stage.id, Stage.key, Stage.name, Stage.position, Stage.day_from, Stage.day_to)
    of_study = select(*columns).where(Stage.study_id == study_id).order_by(Stage.position)
    return [StageFacts(*row) for row in session.execute(of_study)]


def _touchpoints(session: Session, study_id: UUID) -> list[TouchpointFacts]:
    columns = [getattr(Touchpoint, field.name) for field in fields(TouchpointFacts)]
    of_study = select(*columns).where(Touchpoint.study_id == study_id).order_by(Touchpoint.position, Touchpoint.id)
    return [TouchpointFacts(*row) for row in session.execute(of_study)]


def _waves(session: Session, study_id: UUID) -> list[WaveFacts]:
    of_study = select(Wave.id, Wave.key, Wave.name).where(Wave.study_id == study_id).order_by(Wave.position)
    return [WaveFacts(*row) for row in session.execute(of_study)]


def _forms(session: Session, study_id: UUID) -> list[FormFacts]:
    of_study = (
        select(FormVersion.form_id, FormVersion.version, FormVersion.questions)
        .where(FormVersion.study_id == study_id)
        .order_by(FormVersion.version)
    )
    return [
        FormFacts(form_id, version, _by_key(questions)) for form_id, version, questions in session.execute(of_study)
    ]


def _by_key(questions: Sequence[object]) -> Mapping[str, Question]:
    parsed = [Question.model_validate(question) for question in questions]
    return MappingProxyType({question.key: question for question in parsed})


def _consent(session: Session, study_id: UUID) -> ConsentFacts:
    of_study = select(ConsentText).where(ConsentText.study_id == study_id)
    text = session.scalars(of_study.order_by(ConsentText.version.desc()).limit(1)).one()
    purposes = tuple(PurposeIn.model_validate(purpose) for purpose in text.purposes)
    return ConsentFacts(text.version, text.introduction, purposes, text.text_hash, text.published_at)
