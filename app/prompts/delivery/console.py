"""The channel of development: a line in the log, without the person's words and without an address."""

import structlog

from app.prompts.channels import SENT, Message, Outcome

log = structlog.get_logger()


class ConsoleChannel:
    """Writes a line."""

    name = "console"
    repeatable = True

    def send(self, address: str, message: Message) -> Outcome:
        """Write that a prompt was due, and its link: a link opens nothing without the phone's own session."""
        log.info("prompt", prompt=str(message.key), link=message.url)
        return SENT
