"""SELECTs of follow-ups, alerts and contacts, each within one study."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.care.alert_models import CLOSED, Alert, CareContact, FollowUp
from app.diary.models import Entry
from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.sight import Sight
from app.prompts.models import PLANNED, SENDING, Prompt
from app.statements.models import Statement

State = Literal["open", "closed", "all"]
Row = TypeVar("Row", Alert, CareContact)
IS_OPEN = FollowUp.state != CLOSED


_NEWEST = (
    select(func.max(Alert.raised_at))
    .where(Alert.study_id == FollowUp.study_id, Alert.follow_up_id == FollowUp.id)
    .correlate(FollowUp)
    .scalar_subquery()
)
IS_MET = (
    exists()
    .where(
        CareContact.study_id == FollowUp.study_id,
        CareContact.follow_up_id == FollowUp.id,
        CareContact.reached,
        CareContact.at >= _NEWEST,
    )
    .correlate(FollowUp)
)
"""The condition that somebody has reached the person since the follow-up's last alert."""


def is_late(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a follow-up whose time is over, while nobody has reached the person since its last alert."""
    return and_(IS_OPEN, FollowUp.due_at < now, ~IS_MET)


def entry(session: Session, study_id: UUID, entry_id: UUID) -> Entry | None:
    """Return the entry as it stands now."""
    return session.get(Entry, (study_id, entry_id), populate_existing=True)


def scores(session: Session, study_id: UUID, entry_id: UUID) -> Sequence[int]:
    """Return the scores in force of what an entry says, in millionths."""
    query = select(Statement.sentiment_micro).where(Statement.study_id == study_id, Statement.source_id == entry_id)
    return session.scalars(query.where(Statement.retracted_at.is_(None))).all()


def held_person(session: Session, study_id: UUID, participant_id: UUID) -> Participant | None:
    """Return the person, held: of all that is done for one person's follow-ups, one thing is done at a time.

    Not against rows that merely refer to them.
    """
    query = select(Participant).where(Participant.study_id == study_id, Participant.id == participant_id)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(held).first()


def open_of(session: Session, study_id: UUID, participant_id: UUID) -> FollowUp | None:
    """Return the person's follow-up that is not closed; hold the person first."""
    query = select(FollowUp).where(FollowUp.study_id == study_id, FollowUp.participant_id == participant_id, IS_OPEN)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def is_met(session: Session, follow_up: FollowUp) -> bool:
    """Return whether somebody has reached the person since the follow-up's last alert."""
    query = select(FollowUp.id).where(FollowUp.study_id == follow_up.study_id, FollowUp.id == follow_up.id, IS_MET)
    return session.scalar(query) is not None


def alerts_of_key(session: Session, study_id: UUID, participant_id: UUID, key: str) -> Sequence[Alert]:
    """Return what was raised of a person for an entry, or a day of silence."""
    query = select(Alert).where(Alert.study_id == study_id, Alert.participant_id == participant_id, Alert.key == key)
    return session.scalars(query.order_by(Alert.raised_at, Alert.id)).all()


def silences(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Return (person, key) of the silences that were raised already."""
    query = select(Alert.participant_id, Alert.key).where(Alert.study_id == study_id, Alert.kind == "silent")
    rows = session.execute(query.where(Alert.participant_id.in_(participant_ids)))
    return {(participant_id, key) for participant_id, key in rows}


def by_id(session: Session, study_id: UUID, follow_up_id: UUID) -> FollowUp | None:
    """Return a follow-up as it stands now, whoever it is about."""
    return session.get(FollowUp, (study_id, follow_up_id), populate_existing=True)


def seen(session: Session, sight: Sight, follow_up_id: UUID) -> tuple[FollowUp, Participant] | None:
    """Return a follow-up with its person, if the reader may see them."""
    row = session.execute(_with_people(sight).where(FollowUp.id == follow_up_id)).first()
    return None if row is None else (row[0], row[1])


def page(
    session: Session, sight: Sight, state: State, most: int, after: FollowUp | None
) -> Sequence[tuple[FollowUp, Participant]]:
    """Return follow-ups of people who may be seen, with these, in their order, beginning after ``after``.

    Open ones: the urgent first, then whose time is over first. Closed ones: the latest first. All: as they were opened.
    """
    query = _with_people(sight)
    if state == "open":
        place = (not_(FollowUp.urgent), FollowUp.due_at, FollowUp.id)
        query = query.where(IS_OPEN).order_by(*place)
        if after is not None:
            later = tuple_(FollowUp.due_at, FollowUp.id) > tuple_(after.due_at, after.id)
            rest = or_(not_(FollowUp.urgent), later) if after.urgent else and_(not_(FollowUp.urgent), later)
            query = query.where(rest)
    elif state == "closed":
        query = query.where(FollowUp.state == CLOSED).order_by(FollowUp.closed_at.desc(), FollowUp.id.desc())
        if after is not None:
            query = query.where(tuple_(FollowUp.closed_at, FollowUp.id) < tuple_(after.closed_at, after.id))
    else:
        query = query.order_by(FollowUp.id)
        if after is not None:
            query = query.where(FollowUp.id > after.id)
    return [(row[0], row[1]) for row in session.execute(query.limit(most))]


def alerts(session: Session, study_id: UUID, follow_up_ids: Collection[UUID]) -> dict[UUID, list[Alert]]:
    """Return the alerts of these follow-ups, the newest first."""
    query = select(Alert).where(Alert.study_id == study_id, Alert.follow_up_id.in_(follow_up_ids))
    return _grouped(session.scalars(query.order_by(Alert.raised_at.desc(), Alert.occurred_at.desc(), Alert.id.desc())))


def contacts(session: Session, study_id: UUID, follow_up_ids: Collection[UUID]) -> dict[UUID, list[CareContact]]:
    """Return the contacts of these follow-ups, the first one first."""
    query = select(CareContact).where(CareContact.study_id == study_id, CareContact.follow_up_id.in_(follow_up_ids))
    return _grouped(session.scalars(query.order_by(CareContact.at, CareContact.id)))


def contact(session: Session, study_id: UUID, contact_id: UUID) -> CareContact | None:
    """Return the contact with this id, of whichever follow-up."""
    return session.get(CareContact, (study_id, contact_id), populate_existing=True)


def is_asking(session: Session, study_id: UUID, follow_up_id: UUID) -> bool:
    """Return whether a question how it is now, planned after a contact of the follow-up, is still to be sent."""
    asked = (Prompt.study_id == CareContact.study_id) & (Prompt.id == CareContact.prompt_id)
    query = select(CareContact.id).join(Prompt, asked).where(CareContact.study_id == study_id)
    query = query.where(CareContact.follow_up_id == follow_up_id, Prompt.state.in_((PLANNED, SENDING)))
    return session.scalar(query.limit(1)) is not None


def names(session: Session, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of these members of the staff."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def late_among(session: Session, study_id: UUID, follow_up_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Return which of these follow-ups are late."""
    query = select(FollowUp.id).where(FollowUp.study_id == study_id, FollowUp.id.in_(follow_up_ids), is_late(now))
    return set(session.scalars(query))


class OpenCounts(NamedTuple):
    """How many follow-ups are open; of these ``urgent`` ones without, ``met`` ones with a word since the last alert."""

    open: int
    urgent: int
    met: int
    late: int


def open_counts(session: Session, sight: Sight, now: datetime) -> OpenCounts:
    """Return what is open of people who may be seen, in one SELECT."""
    query = select(
        func.count(),
        func.count().filter(FollowUp.urgent.is_(True), ~IS_MET),
        func.count().filter(IS_MET),
        func.count().filter(is_late(now)),
    ).select_from(FollowUp)
    query = query.where(FollowUp.study_id == sight.study_id, IS_OPEN, sight.reaches(FollowUp.participant_id))
    is_open, urgent, met, late = session.execute(query).one()
    return OpenCounts(is_open, urgent, met, late)


def of_leavers(session: Session, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Return (study, follow-up) of what is open for people who have withdrawn, of all studies."""
    person = (Participant.study_id == FollowUp.study_id) & (Participant.id == FollowUp.participant_id)
    query = select(FollowUp.study_id, FollowUp.id).join(Participant, person).where(IS_OPEN)
    rows = session.execute(query.where(Participant.withdrawn_at.is_not(None)).limit(most))
    return [(study_id, follow_up_id) for study_id, follow_up_id in rows]


def _with_people(sight: Sight) -> Select[FollowUp, Participant]:
    person = (Participant.study_id == FollowUp.study_id) & (Participant.id == FollowUp.participant_id)
    query = select(FollowUp, Participant).join(Participant, person)
    query = query.where(FollowUp.study_id == sight.study_id, sight.reaches(FollowUp.participant_id), IS_PERSON)
    return query.execution_options(populate_existing=True)


def _grouped(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.follow_up_id, []).append(row)
    return found
