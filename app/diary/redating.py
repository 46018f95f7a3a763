"""When a person's anchor event or time zone changes, the days of what they wrote follow."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.diary import queries
from app.diary.models import Entry
from app.participants import service as people
from app.participants.models import Participant
from app.prompts import service as prompts
from app.statements import cells
from app.statements.cells import Contribution, Place, contribution_of
from app.statements.holding import hold
from app.statements.models import Statement


def move_anchor(session: Session, actor: str, study_id: UUID, participant_id: UUID, on: date | None, zone: str) -> int:
    """Set the day of the anchor event and the time zone; returns how many entries got another day.

    The participant's row is locked first: an entry written meanwhile either has the new day or is counted here.
    """
    hold(session, study_id)
    query = select(Participant).where(Participant.study_id == study_id, Participant.id == participant_id)
    participant = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if participant is None:
        raise NotFound()
    moved = people.set_zone(session, actor, participant, zone)
    if people.set_anchor(session, actor, participant, on) or moved:
        prompts.replan(session, study_id, participant_id)
    return _follow(session, participant, on)


def _follow(session: Session, participant: Participant, on: date | None) -> int:
    entries = queries.own_entries(session, participant.study_id, participant.id, limit=None)
    said = queries.statements_of_entries(session, participant.study_id, [entry.id for entry in entries], lock=True)
    added, removed = [], []
    for entry in entries:
        day = clock.days_between(on, entry.occurred_at, participant.time_zone) if on else None
        if day == entry.day:
            continue
        removed.append(_contribution(entry, said[entry.id]))
        _move(session, entry, day)
        added.append(_contribution(entry, said[entry.id]))
    session.flush()
    cells.apply(session, participant.study_id, cells.deltas(added, removed))
    return len(added)


def _move(session: Session, entry: Entry, day: int | None) -> None:
    entry.day = day
    session.execute(
        update(Statement)
        .where(Statement.study_id == entry.study_id, Statement.source_id == entry.id)
        .values(day=day)
        .execution_options(synchronize_session=False)
    )


def _contribution(entry: Entry, said: list[Statement]) -> Contribution:
    place = Place(entry.participant_id, entry.stage_id, entry.touchpoint_id, entry.wave_id, entry.day)
    return contribution_of(place, "diary", said, entry.mood)
