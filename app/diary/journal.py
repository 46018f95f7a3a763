"""What a page needs of one person's diary."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core import clock
from app.diary import queries
from app.diary.models import Entry
from app.participants import queries as participants
from app.participants.deps import PhoneAccess
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol


@dataclass(frozen=True, slots=True)
class Journal:
    """The protocol, the day from the anchor event, and the person's entries, latest first."""

    protocol: StudyProtocol
    day: int | None
    entries: Sequence[Entry]


def journal_of(session: Session, access: PhoneAccess) -> Journal:
    """Return the diary that this phone opens."""
    anchor = participants.anchor_of(session, access.study.id, access.participant.id)
    return Journal(
        protocol=studies.protocol(session, access.study.id),
        day=clock.days_between(anchor, clock.now(), access.participant.time_zone) if anchor else None,
        entries=queries.own_entries(session, access.study.id, access.participant.id),
    )
