"""What a channel of delivery is, whoever builds it.

A sender works like this, each step in a transaction of its own::

    due = ledger.claim_due(session, clock.now(), worker, limit)        # planned -> sending; nobody else gets them
    ledger.begin_sending(session, prompt, worker, channel.name, repeatable=channel.repeatable)   # False: leave it
    outcome = channel.send(address, message)                           # outside any transaction
    ledger.mark_sent(session, prompt, worker) | mark_failed(..., retry_at=...) | mark_uncertain(...)

A worker that dies before ``begin_sending`` has sent nothing: the prompt is claimed again. One that dies after it may have
sent: a **repeatable** channel is asked again under the same key, which makes one message of the two; with any other the
prompt becomes ``uncertain``. At most once, whatever happens.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

Kind = Literal["sent", "gone", "refused", "unreached", "later", "uncertain"]


@dataclass(frozen=True, slots=True)
class Message:
    """What a person gets: short words and a link, never anything that somebody wrote in a diary.

    ``key`` is the prompt's id: the same for every attempt, so that a channel or a phone can tell a repeat.
    """

    key: UUID
    title: str
    words: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel says of one try. ``reason`` is a short code for the ledger: no address, no words of a server.

    sent: taken over. gone: the address is no more, and is not to be used again. refused: not by this way. unreached:
    nobody took it, another way may do. later: not now; again, after ``wait`` seconds where the other side named them.
    uncertain: it may have been taken over.
    """

    kind: Kind
    reason: str = ""
    wait: float | None = None


SENT = Outcome("sent")


class Channel(Protocol):
    """A way to reach addresses of one kind. ``repeatable``: the same key twice shows the person one message."""

    name: str
    repeatable: bool

    def send(self, address: str, message: Message) -> Outcome:
        """Hand ``message`` over for ``address``. Waits for seconds at most, and raises nothing that is to be expected."""
        ...


def plainly(message: Message) -> str:
    """Return the words with the link under them, where a channel has no place of its own for one."""
    return f"{message.words}\n{message.url}"
