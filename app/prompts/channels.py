"""What a channel of delivery is, whoever builds it.

A sender works like this, each step in a transaction of its own::

    due = ledger.claim_due(session, clock.now(), worker, limit)        # planned -> sending; nobody else gets them
    ledger.begin_sending(session, prompt, worker, channel.name, repeatable=channel.repeatable)   # False: leave it
    sent = channel.send(message)                                       # outside any transaction
    ledger.mark_sent(session, prompt, worker) | mark_failed(..., retry_at=...) | mark_uncertain(...)

A worker that dies before ``begin_sending`` has sent nothing: the prompt is claimed again. One that dies after it may have
sent: a **repeatable** channel is asked again under the same key, which makes one message of the two; with any other the
prompt becomes ``uncertain``. At most once, whatever happens.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """What a person gets: short words and a link, never anything that somebody wrote in a diary.

    ``key`` is the prompt's id: the same for every attempt, so that a channel or a phone can tell a repeat.
    """

    key: UUID
    study_id: UUID
    participant_id: UUID
    title: str
    words: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt: delivered, or refused with a stable ``code``; ``retry_at`` asks to come again then."""

    delivered: bool
    code: str = ""
    retry_at: datetime | None = None


class Channel(Protocol):
    """A way to reach people. ``repeatable``: sending the same ``key`` twice shows the person one message."""

    name: str
    repeatable: bool

    def send(self, message: Message) -> Sent:
        """Hand the message over; an exception means that nobody knows whether it went out."""
        ...
