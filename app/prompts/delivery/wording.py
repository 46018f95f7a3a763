"""What a reminder says: a few kind words of the study's or our own, and where to write. Nothing that a person wrote."""

from datetime import timedelta

from app.core import clock
from app.core.ids import uuid7
from app.core.settings import Settings
from app.prompts.channels import Message
from app.prompts.ledger_queries import DuePrompt
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

TITLE = _("来写两句吗？")
WORDS = _("今天过得怎么样？写一两句就好。")
AGAIN = _("还没来得及写的话，现在写一句也好。不方便就算了。")


def message_of(due: DuePrompt, words: str, language: str, public_address: str) -> Message:
    """Return the message of a prompt, ``words`` where the study wrote any. Its link holds an id and no secret."""
    current_language.set(language)
    own = words or translate(AGAIN if due.reminder_of is not None else WORDS)
    return Message(
        key=due.id,
        title=translate(TITLE),
        words=own,
        url=f"{public_address}/d/p/{due.id}",
        expires_at=due.expires_at,
    )


def trial(settings: Settings) -> Message:
    """Return a message that only says that it is a test; its link leads to the page of reminders."""
    return Message(
        key=uuid7(),
        title=translate(_("试一下提醒")),
        words=translate(_("收到这一句，就说明提醒能找到您。")),
        url=f"{settings.public_address}/d/reminders",
        expires_at=clock.now() + timedelta(hours=1),
    )
