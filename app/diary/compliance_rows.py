"""The ledger of prompts as rows for other programs: every prompt with all of its times."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.diary import compliance_queries as queries
from app.diary.compliance_grid import Mark
from app.diary.compliance_ledger import source_of
from app.prompts.models import Prompt

BATCH = 1000
Outcome = Literal["answered", "late", "opened", "sent", "missed", "failed", "skipped", "planned", "nudged", "cancelled"]


class PromptOut(BaseModel):
    """One prompt of the ledger. ``outcome`` is what the workbench shows; ``state`` and ``reason`` are the ledger's own.

    Times are UTC; ``planned_local`` is the same moment on the person's clock in ``planned_zone``, and ``day`` counts from
    their anchor event, both as of planning. ``entry`` is the id of the answer, ``late`` whether it came after
    ``expires_at``.
    """

    id: UUID
    participant: str
    source: Literal["schedule", "reminder", "nudge"]
    rule: str | None
    revision: int
    reminder_of: UUID | None
    planned_at: datetime
    planned_local: str
    planned_zone: str
    day: int | None
    expires_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None
    late: bool
    expired: bool
    outcome: Outcome
    state: str
    reason: str | None
    channel: str | None
    attempts: int
    entry: UUID | None


COLUMNS = tuple(PromptOut.model_fields)


def prompts_page(session: Session, study_id: UUID, *, after: UUID | None, limit: int) -> Sequence[PromptOut]:
    """Return prompts in the order of their ids, beginning after ``after``. One more than ``limit`` tells that there are more."""
    now = clock.now()
    return [_present(*row, now) for row in queries.prompts(session, study_id, now, after=after, limit=limit + 1)]


def every_prompt(database: Database, study_id: UUID) -> Iterator[PromptOut]:
    """Yield the whole ledger of a study in the order of ids, reading a batch at a time: memory stays flat."""
    after: UUID | None = None
    while True:
        with database.read() as session:
            found = prompts_page(session, study_id, after=after, limit=BATCH)
        yield from found[:BATCH]
        if len(found) <= BATCH:
            return
        after = found[BATCH - 1].id


def cells(row: PromptOut) -> list[object]:
    """Return a row's values as text and numbers, in the order of COLUMNS."""
    return list(row.model_dump(mode="json").values())


def _present(prompt: Prompt, code: str, mark: Mark | None, now: datetime) -> PromptOut:
    source = source_of(prompt)
    return PromptOut(
        id=prompt.id,
        participant=code,
        source="schedule" if source == "entry" else source,
        rule=prompt.rule_key,
        revision=prompt.revision,
        reminder_of=prompt.reminder_of,
        planned_at=prompt.planned_at,
        planned_local=f"{prompt.planned_on.isoformat()}T{prompt.planned_time}",
        planned_zone=prompt.planned_zone,
        day=prompt.day,
        expires_at=prompt.expires_at,
        sent_at=prompt.sent_at,
        opened_at=prompt.opened_at,
        answered_at=prompt.answered_at,
        late=prompt.late,
        expired=prompt.expires_at <= now and prompt.answered_at is None,
        outcome=mark.value if mark is not None else "cancelled",
        state=prompt.state,
        reason=prompt.reason,
        channel=prompt.channel,
        attempts=prompt.attempts,
        entry=prompt.answered_entry_id,
    )
