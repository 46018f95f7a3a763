"""Alerts, contacts and follow-ups as they are listed: page by page, or all of them, a batch at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.care import alert_listing_queries as queries
from app.care.follow_up_answers import AlertOut, ContactOut
from app.care.follow_ups import FollowUpLook, follow_ups
from app.core.db import Database
from app.participants.sight import Sight
from app.studies.models import Study
from app.studies.protocol import StudyProtocol

BATCH = 200
Row = TypeVar("Row", AlertOut, ContactOut, FollowUpLook)


def alerts(
    session: Session, sight: Sight, protocol: StudyProtocol, *, most: int, after: UUID | None = None
) -> Sequence[AlertOut]:
    """Return up to ``most`` alerts of people who may be seen, in the order of their ids, beginning after ``after``."""
    rows = queries.alerts(session, sight, most, after)
    return [AlertOut.of(alert, code, protocol) for alert, code in rows]


def contacts(session: Session, sight: Sight, *, most: int, after: UUID | None = None) -> Sequence[ContactOut]:
    """Return up to ``most`` contacts with people who may be seen, in the order of their ids, beginning after ``after``."""
    rows = queries.contacts(session, sight, most, after)
    return [ContactOut.of(contact, code) for contact, code in rows]


def every_follow_up(database: Database, study: Study, sight: Sight) -> Iterator[FollowUpLook]:
    """Yield every follow-up of people who may be seen, in the order of their ids."""
    return _every(
        database,
        lambda session, after: follow_ups(session, study, sight, state="all", most=BATCH, after=after),
        lambda look: look.follow_up.id,
    )


def every_alert(database: Database, sight: Sight, protocol: StudyProtocol) -> Iterator[AlertOut]:
    """Yield every alert of people who may be seen, in the order of their ids."""
    return _every(
        database,
        lambda session, after: alerts(session, sight, protocol, most=BATCH, after=after),
        lambda alert: alert.id,
    )


def every_contact(database: Database, sight: Sight) -> Iterator[ContactOut]:
    """Yield every contact with people who may be seen, in the order of their ids."""
    return _every(
        database, lambda session, after: contacts(session, sight, most=BATCH, after=after), lambda contact: contact.id
    )


def _every(
    database: Database,
    page: Callable[[Session, UUID | None], Sequence[Row]],
    place: Callable[[Row], UUID],
) -> Iterator[Row]:
    after: UUID | None = None
    while True:
        with database.read() as session:
            found = page(session, after)
        yield from found
        if len(found) < BATCH:
            return
        after = place(found[-1])
