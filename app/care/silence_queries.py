"""SELECTs behind who has gone silent, each within one study."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.care.models import Message
from app.diary.compliance_dropout import LAST_PROMPTS
from app.diary.compliance_grid import Mark
from app.diary.compliance_queries import mark_column, of_schedule
from app.diary.models import Entry
from app.prompts.models import Prompt
from app.studies.models import Study

MANY = 8
"""So many missed prompts are no news any more."""

Missed = Mapping[int, datetime]
"""When the missed prompt in a place was planned; 1 is the latest one."""


def every_study(session: Session) -> Sequence[Study]:
    """Return all studies."""
    return session.scalars(select(Study).order_by(Study.id)).all()


def study(session: Session, study_id: UUID) -> Study | None:
    """Return the study as it stands now."""
    return session.get(Study, study_id, populate_existing=True)


def writers(session: Session, study_id: UUID, participant_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these people with an entry that was not imported."""
    query = select(Entry.participant_id).where(Entry.study_id == study_id, Entry.participant_id.in_(participant_ids))
    return set(session.scalars(query.where(~Entry.author.startswith("import:")).distinct()))


def wrote_messages(session: Session, study_id: UUID, participant_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Return those of these people who sent the team a message after ``since``."""
    query = select(Message.participant_id).where(
        Message.study_id == study_id, Message.from_person, Message.sent_at > since
    )
    return set(session.scalars(query.where(Message.participant_id.in_(participant_ids)).distinct()))


def missed_in_a_row(
    session: Session, study_id: UUID, participant_ids: Collection[UUID], now: datetime
) -> dict[UUID, Missed]:
    """Return when the third and the eighth of each person's latest missed prompts of the schedule were planned."""
    order = (Prompt.planned_at.desc(), Prompt.id.desc())
    place = func.row_number().over(partition_by=Prompt.participant_id, order_by=order)
    numbered = (
        select(Prompt.participant_id, Prompt.planned_at, place.label("place"))
        .where(*of_schedule(study_id), Prompt.participant_id.in_(participant_ids))
        .where(mark_column(now) == Mark.MISSED.value)
        .subquery()
    )
    query = select(numbered.c.participant_id, numbered.c.place, numbered.c.planned_at)
    found: dict[UUID, dict[int, datetime]] = {}
    for participant_id, one, planned_at in session.execute(query.where(numbered.c.place.in_((LAST_PROMPTS, MANY)))):
        found.setdefault(participant_id, {})[one] = planned_at
    return dict(found)
