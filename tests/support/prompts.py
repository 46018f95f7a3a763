"""Rows of the prompt ledger, written as planning and sending leave them, for tests of what reads the ledger."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.db import Database
from app.core.ids import uuid7
from app.prompts.models import Prompt

ZONE = "Asia/Shanghai"


def add_prompt(
    store: Database, study_id: UUID, participant_id: UUID, on: str, state: str = "sent", **changes: Any
) -> UUID:
    """Write one prompt of the day ``on``, planned for 20:00 and open for four hours; returns its id.

    ``opened``, ``answered`` are minutes after sending; ``entry`` is the id of the answer.
    """
    day = date.fromisoformat(on)
    zone = changes.pop("zone", ZONE)
    planned = datetime(day.year, day.month, day.day, 20, tzinfo=ZoneInfo(zone))
    sent = planned + timedelta(minutes=1) if state in ("sent", "uncertain") else None
    opened, answered = changes.pop("opened", None), changes.pop("answered", None)
    expires = planned + timedelta(hours=4)
    answered_at = planned + timedelta(minutes=1 + answered) if answered is not None else None
    prompt_id: UUID = changes.pop("id", None) or uuid7()
    row: dict[str, Any] = {
        "id": prompt_id,
        "rule_key": "evening",
        "occasion": f"{on}/{uuid7()}",
        "revision": 1,
        "wanted_at": planned,
        "planned_at": planned,
        "planned_zone": zone,
        "planned_on": day,
        "planned_time": "20:00",
        "day": None,
        "due_at": planned,
        "expires_at": expires,
        "apart_minutes": 0,
        "repeatable": False,
        "attempts": 1 if sent else 0,
        "sent_at": sent,
        "opened_at": planned + timedelta(minutes=1 + opened) if opened is not None else None,
        "answered_at": answered_at,
        "answered_entry_id": changes.pop("entry", None),
        "late": answered_at is not None and answered_at > expires,
        "channel": "email" if sent else None,
        "created_at": planned - timedelta(days=1),
    }
    with store.write() as session:
        session.add(Prompt(study_id=study_id, participant_id=participant_id, state=state, **{**row, **changes}))
    return prompt_id
