"""SELECTs of alerts and contacts as they are listed, each within one study and what the reader may see."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.care.alert_models import Alert, CareContact, FollowUp
from app.participants.models import Participant
from app.participants.queries import IS_PERSON
from app.participants.sight import Sight


def alerts(session: Session, sight: Sight, most: int, after: UUID | None) -> Sequence[tuple[Alert, str]]:
    """Return up to ``most`` alerts with the person's code, in the order of their ids, beginning after ``after``."""
    person = and_(Participant.study_id == Alert.study_id, Participant.id == Alert.participant_id)
    query = select(Alert, Participant.code).join(Participant, person).where(Alert.study_id == sight.study_id)
    query = query.where(sight.reaches(Alert.participant_id), IS_PERSON)
    if after is not None:
        query = query.where(Alert.id > after)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Alert.id).limit(most))]


def contacts(session: Session, sight: Sight, most: int, after: UUID | None) -> Sequence[tuple[CareContact, str]]:
    """Return up to ``most`` contacts with the person's code, in the order of their ids, beginning after ``after``."""
    follow_up = and_(FollowUp.study_id == CareContact.study_id, FollowUp.id == CareContact.follow_up_id)
    person = and_(Participant.study_id == FollowUp.study_id, Participant.id == FollowUp.participant_id)
    query = select(CareContact, Participant.code).join(FollowUp, follow_up).join(Participant, person)
    query = query.where(CareContact.study_id == sight.study_id, sight.reaches(FollowUp.participant_id), IS_PERSON)
    if after is not None:
        query = query.where(CareContact.id > after)
    return [(row[0], row[1]) for row in session.execute(query.order_by(CareContact.id).limit(most))]


def of_person(session: Session, study_id: UUID, participant_id: UUID) -> Sequence[FollowUp]:
    """Return the follow-ups of one person, the first one first."""
    mine = (FollowUp.study_id == study_id, FollowUp.participant_id == participant_id)
    return session.scalars(select(FollowUp).where(*mine).order_by(FollowUp.opened_at, FollowUp.id)).all()
