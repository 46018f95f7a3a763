"""What became of a prompt, in one word."""

from datetime import datetime
from typing import Literal

from app.prompts.models import CANCELLED, DELIVERED, EXPIRED, FAILED, PLANNED, SENDING, SKIPPED, Prompt

Outcome = Literal["planned", "waiting", "opened", "answered", "late", "missed", "unsent", "skipped", "cancelled"]
"""``planned``: not sent yet. ``waiting``, ``opened``: delivered, still in its time, seen or not. ``answered``, ``late``:
answered in its time or after. ``missed``: delivered, not answered, time over. ``unsent``: expired or failed before it
reached anybody. ``skipped``, ``cancelled``: see the prompt's ``reason``."""

_UNSENT: dict[str, Outcome] = {
    PLANNED: "planned",
    SENDING: "planned",
    SKIPPED: "skipped",
    CANCELLED: "cancelled",
    FAILED: "unsent",
    EXPIRED: "unsent",
}


def outcome_of(prompt: Prompt, at: datetime) -> Outcome:
    """Return what has become of ``prompt`` by the moment ``at``. An answer counts, however the prompt was delivered."""
    if prompt.answered_at is not None:
        return "late" if prompt.late else "answered"
    if prompt.state not in DELIVERED:
        return _UNSENT[prompt.state]
    if at >= prompt.expires_at:
        return "missed"
    return "opened" if prompt.opened_at is not None else "waiting"
