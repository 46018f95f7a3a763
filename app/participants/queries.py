"""SELECTs of participants, their links, phones and consents; each names the study it may see."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from app.participants.models import (
    PERSON,
    AnchorEvent,
    Consent,
    DiarySession,
    Invite,
    Participant,
    ParticipantZone,
    Reading,
)
from app.studies.models import ConsentText, Study
from app.studies.retention import is_past

IS_PERSON: Final[ColumnElement[bool]] = Participant.kind == PERSON
"""The condition of everybody who takes part. Observers of the team are rows too, and are nobody that a study counts or asks."""


def by_code(session: Session, study_id: UUID, code: str) -> Participant | None:
    """Return the participant ``code`` of the study."""
    return session.scalars(
        select(Participant).where(Participant.study_id == study_id, Participant.code == code, IS_PERSON)
    ).first()


def by_id(session: Session, study_id: UUID, participant_id: UUID) -> Participant | None:
    """Return the participant ``participant_id`` of the study."""
    found = session.get(Participant, (study_id, participant_id))
    return found if found is not None and found.kind == PERSON else None


def page(session: Session, study_id: UUID, *, after: UUID | None = None, limit: int = 100) -> Sequence[Participant]:
    """Return up to ``limit`` participants in the order of enrolment, beginning after the id ``after``."""
    of_study = select(Participant).where(Participant.study_id == study_id, IS_PERSON)
    statement = of_study.order_by(Participant.id).limit(limit)
    return session.scalars(statement if after is None else statement.where(Participant.id > after)).all()


def count(session: Session, study_id: UUID) -> int:
    """Return how many people take part in the study, or ever did."""
    of_study = select(func.count()).select_from(Participant).where(Participant.study_id == study_id)
    return session.scalar(of_study.where(IS_PERSON)) or 0


def codes(session: Session, study_id: UUID) -> set[str]:
    """Return the code of everybody who takes part; an observer's is one that nobody else can have."""
    return set(session.scalars(select(Participant.code).where(Participant.study_id == study_id, IS_PERSON)))


def codes_of(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the codes of these participants."""
    statement = select(Participant.id, Participant.code).where(
        Participant.study_id == study_id, Participant.id.in_(participant_ids)
    )
    return {row.id: row.code for row in session.execute(statement)}


def to_erase(session: Session, study_id: UUID, most: int) -> dict[UUID, bool]:
    """Return the ids of up to ``most`` rows of people and observers, and whether each is a person's."""
    statement = select(Participant.id, IS_PERSON).where(Participant.study_id == study_id).order_by(Participant.id)
    return {row[0]: bool(row[1]) for row in session.execute(statement.limit(most))}


def studies_to_erase(session: Session, at: datetime) -> list[UUID]:
    """Return the studies that still hold people or observers at the moment ``at``, past their retention date."""
    # No zone's day is ahead of that of UTC by more than one: this leaves few to look at with their own zone.
    today = at.astimezone(UTC).date()
    people = select(Participant.id).where(Participant.study_id == Study.id)
    statement = select(Study.id, Study.retention_until, Study.time_zone).order_by(Study.id)
    rows = session.execute(statement.where(Study.retention_until <= today, people.exists()))
    return [row.id for row in rows if is_past(row.retention_until, row.time_zone, at)]


def held_study(session: Session, study_id: UUID) -> Study:
    """Return the study as it stands, held against other changes until the transaction ends."""
    # Not against rows that merely refer to it: whoever writes an entry never waits for this.
    statement = select(Study).where(Study.id == study_id).with_for_update(key_share=True)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def anchor_of(session: Session, study_id: UUID, participant_id: UUID) -> date | None:
    """Return the day of the participant's anchor event, where it is known."""
    event = session.get(AnchorEvent, (study_id, participant_id))
    return event.on if event else None


def anchors(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> dict[UUID, date]:
    """Return the days of the anchor events of these participants."""
    statement = select(AnchorEvent.participant_id, AnchorEvent.on).where(
        AnchorEvent.study_id == study_id, AnchorEvent.participant_id.in_(participant_ids)
    )
    return {row.participant_id: row.on for row in session.execute(statement)}


def zone_history(session: Session, participant: Participant) -> Sequence[ParticipantZone]:
    """Return the person's time zones, the first first; empty while there was only the one that they have."""
    mine = (ParticipantZone.study_id == participant.study_id, ParticipantZone.participant_id == participant.id)
    return session.scalars(select(ParticipantZone).where(*mine).order_by(ParticipantZone.since)).all()


def invite_by_hash(session: Session, secret_hash: str) -> tuple[Invite, Study, Participant] | None:
    """Return the link whose token or short code hashes to ``secret_hash``, revoked or not."""
    statement = (
        select(Invite, Study, Participant)
        .join(Study, Study.id == Invite.study_id)
        .join(Participant, (Participant.study_id == Invite.study_id) & (Participant.id == Invite.participant_id))
        .where((Invite.token_hash == secret_hash) | (Invite.code_hash == secret_hash))
    )
    row = session.execute(statement).first()
    return None if row is None else (row[0], row[1], row[2])


def phone_by_hash(session: Session, token_hash: str, at: datetime) -> tuple[Study, Participant] | None:
    """Return whose diary the phone's session opens at the moment ``at``."""
    statement = (
        select(Study, Participant)
        .join(DiarySession, DiarySession.study_id == Study.id)
        .join(Participant, (Participant.study_id == Study.id) & (Participant.id == DiarySession.participant_id))
        .where(DiarySession.token_hash == token_hash, DiarySession.expires_at > at)
    )
    row = session.execute(statement).first()
    return None if row is None else (row[0], row[1])


def consent_text(session: Session, study_id: UUID, version: int | None = None) -> ConsentText | None:
    """Return the words of ``version``, or of the latest one."""
    statement = (
        select(ConsentText).where(ConsentText.study_id == study_id).order_by(ConsentText.version.desc()).limit(1)
    )
    return session.scalars(statement if version is None else statement.where(ConsentText.version == version)).first()


def consent_texts(session: Session, study_id: UUID) -> Sequence[ConsentText]:
    """Return every version of the study's consent text."""
    return session.scalars(select(ConsentText).where(ConsentText.study_id == study_id)).all()


def last_text_agreed(session: Session, study_id: UUID, participant_id: UUID) -> ConsentText | None:
    """Return the latest version of the text that the person ever agreed to on the phone, taken back or not."""
    version = select(func.max(Consent.version)).where(
        Consent.study_id == study_id, Consent.participant_id == participant_id, Consent.method == "person"
    )
    text = select(ConsentText).where(ConsentText.study_id == study_id, ConsentText.version == version.scalar_subquery())
    return session.scalars(text).first()


def agreed_to(session: Session, study_id: UUID, purpose: str, version: int) -> set[UUID]:
    """Return who agreed to ``purpose`` under ``version`` and has not taken it back."""
    query = select(Consent.participant_id).where(
        Consent.study_id == study_id,
        Consent.purpose == purpose,
        Consent.version == version,
        Consent.withdrawn_at.is_(None),
    )
    return set(session.scalars(query))


def consents_in_force(
    session: Session, study_id: UUID, participant_ids: Collection[UUID], version: int | None = None
) -> Sequence[Consent]:
    """Return what these participants agreed to, under ``version`` or any, and have not taken back."""
    statement = select(Consent).where(
        Consent.study_id == study_id, Consent.participant_id.in_(participant_ids), Consent.withdrawn_at.is_(None)
    )
    if version is not None:
        statement = statement.where(Consent.version == version)
    return session.scalars(statement.order_by(Consent.id)).all()


def known_ids(session: Session, participant_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return study and id of those of ``participant_ids`` who are there."""
    statement = select(Participant.study_id, Participant.id).where(Participant.id.in_(participant_ids))
    return {(row.study_id, row.id) for row in session.execute(statement)}


def readings_held(session: Session, keys: Sequence[tuple[UUID, UUID, date, str]]) -> Sequence[Reading]:
    """Return the readings of these keys (study, participant, day, reader), held until the transaction ends."""
    wanted = tuple_(Reading.study_id, Reading.participant_id, Reading.day, Reading.reader).in_(keys)
    order = (Reading.study_id, Reading.participant_id, Reading.day, Reading.reader)
    statement = select(Reading).where(wanted).order_by(*order).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def readings_of(session: Session, study_id: UUID, participant_id: UUID, most: int) -> Sequence[Reading]:
    """Return up to ``most`` readings of one person's words, the latest first."""
    of_person = (Reading.study_id == study_id, Reading.participant_id == participant_id)
    order = (Reading.day.desc(), Reading.role, Reading.reader)
    return session.scalars(select(Reading).where(*of_person).order_by(*order).limit(most)).all()
