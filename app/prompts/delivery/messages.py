"""What became of one try to reach one address, and of what a channel is made."""

from dataclasses import dataclass
from typing import Literal, Protocol

from app.prompts.channels import Message

Kind = Literal["sent", "gone", "refused", "unreached", "later", "uncertain"]


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


class AddressChannel(Protocol):
    """A way to reach addresses of one kind. ``repeatable``: the same key twice shows the person one message."""

    name: str
    repeatable: bool

    def send(self, address: str, message: Message) -> Outcome:
        """Hand ``message`` over for ``address``. Waits for seconds at most, and raises nothing that is to be expected."""
        ...


def plainly(message: Message) -> str:
    """Return the words with the link under them, where a channel has no place of its own for one."""
    return f"{message.words}\n{message.url}"
