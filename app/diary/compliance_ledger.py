"""One person's ledger: every prompt with all of its times, and the entries that no prompt asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.diary import compliance_queries as queries
from app.diary.compliance_grid import Mark
from app.diary.compliance_queries import Person
from app.prompts.models import Prompt

MOST = 400
Source = Literal["schedule", "reminder", "nudge", "entry"]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line. ``on`` is the person's calendar day, ``zone`` theirs at that time; ``mark`` None: taken back unsent."""

    source: Source
    on: date
    zone: str
    mark: Mark | None
    at: datetime
    """When it was planned, or when the entry's event happened."""
    sent_at: datetime | None = None
    opened_at: datetime | None = None
    answered_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = None
    channel: str | None = None
    heads: bool = False
    """Whether it is the first line of its day."""


def person_ledger(session: Session, study_id: UUID, person: Person) -> Sequence[LedgerLine]:
    """Return the latest lines of one person's ledger, the newest first."""
    now = clock.now()
    lines = [_line(prompt, mark) for prompt, mark in queries.ledger(session, study_id, person.id, now, MOST)]
    for _person, at, _day in queries.unprompted(session, study_id, [person.id]):
        on = clock.local_date(at, person.time_zone)
        lines.append(LedgerLine("entry", on, person.time_zone, Mark.UNPROMPTED, at, answered_at=at))
    newest = sorted(lines, key=lambda one: (one.on, one.at), reverse=True)[:MOST]
    before = [None, *(one.on for one in newest)]
    return [replace(one, heads=one.on != on) for one, on in zip(newest, before, strict=False)]


def last_contact(lines: Sequence[LedgerLine]) -> datetime | None:
    """Return when something was last sent to the person, by plan or by hand."""
    return max((one.sent_at for one in lines if one.sent_at is not None), default=None)


def source_of(prompt: Prompt) -> Source:
    """Return where a prompt comes from."""
    if prompt.reminder_of is not None:
        return "reminder"
    return "nudge" if prompt.nudged_by is not None else "schedule"


def _line(prompt: Prompt, mark: Mark | None) -> LedgerLine:
    return LedgerLine(
        source=source_of(prompt),
        on=prompt.planned_on,
        zone=prompt.planned_zone,
        mark=mark,
        at=prompt.planned_at,
        sent_at=prompt.sent_at,
        opened_at=prompt.opened_at,
        answered_at=prompt.answered_at,
        expires_at=prompt.expires_at,
        reason=prompt.reason,
        channel=prompt.channel,
    )
