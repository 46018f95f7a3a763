"""Telling care staff of entries, in the transaction that stores them: a job is asked for, and only where one is of concern."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.diary import concerns
from app.diary.service import Prepared
from app.jobs.service import enqueue


def tell_care(session: Session, study_id: UUID, stored: Sequence[Prepared], now: datetime) -> None:
    """Ask for a look at those of the entries that care staff should know of: one job for up to ``concerns.MOST`` of them."""
    found = [str(one.entry_id) for one in stored if _of_concern(one, now)]
    for start in range(0, len(found), concerns.MOST):
        arguments = {"study": str(study_id), "entries": found[start : start + concerns.MOST]}
        enqueue(session, concerns.TASK, arguments, study_id=study_id)


def _of_concern(one: Prepared, now: datetime) -> bool:
    found = concerns.concerns(
        one.protocol.care_rules,
        cues=(cue.kind for spoken in one.spoken for cue in spoken.coding.risk),
        scores=[spoken.coding.sentiment for spoken in one.spoken],
        mood=one.answers.mood,
        effort=one.answers.effort,
        mark=one.answers.mark,
        occurred_at=one.occurred_at,
        now=now,
    )
    return bool(found)
