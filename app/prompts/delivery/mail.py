"""E-mail: plain text and a little HTML, over a protected connection, with the prompt's id as its Message-ID."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from urllib.parse import urlsplit

from markupsafe import Markup

from app.core import clock
from app.core.settings import Settings, listed
from app.prompts.channels import SENT, Message, Outcome, plainly
from app.web.i18n import mark as _
from app.web.i18n import translate

TIMEOUT = 15
ACCEPTED = 250
TAKEN = frozenset({250, 251})
FIRST_PERMANENT = 500
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HTML = Markup(
    '<!doctype html><html><body style="font-family:sans-serif;font-size:17px;line-height:1.7">'
    '<p>{text}</p><p><a href="{link}">{open}</a></p>'
    '<p style="color:#666;font-size:14px"><a href="{reminders}">{change}</a></p></body></html>'
)


class MailChannel:
    """Sends to one e-mail address."""

    name = "email"
    repeatable = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, address: str, message: Message) -> Outcome:
        """Hand ``message`` to the mail server, for ``address``."""
        mail = self.compose(address, message).as_bytes(policy=SMTP)
        try:
            with self._connected() as server:
                return self._hand_over(server, address, mail)
        except smtplib.SMTPAuthenticationError:
            return Outcome("unreached", "smtp_sign_in")
        except smtplib.SMTPResponseException as error:
            return _answered(error.smtp_code)
        except (smtplib.SMTPException, OSError):
            return Outcome("unreached", "unreachable")

    def compose(self, address: str, message: Message) -> EmailMessage:
        """Return the mail."""
        mail = self.headed(address, message)
        reminders = f"{self._settings.public_address}/d/reminders"
        mail["List-Unsubscribe"] = f"<{reminders}>"
        change = translate(_("不想再收，或换个时间"))
        mail.set_content(f"{plainly(message)}\n\n{change}：{reminders}\n")
        words = {"text": message.words, "link": message.url, "reminders": reminders}
        mail.add_alternative(HTML.format(open=translate(_("打开日记")), change=change, **words), subtype="html")
        return mail

    def headed(self, address: str, message: Message) -> EmailMessage:
        """Return a mail that still says nothing."""
        mail = EmailMessage()
        host = urlsplit(self._settings.public_address).hostname or "localhost"
        mail["From"] = formataddr((translate(_("心路")), self._settings.smtp_from or ""))
        mail["To"] = address
        mail["Subject"] = message.title
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = f"<{message.key}@{host}>"
        mail["Auto-Submitted"] = "auto-generated"
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings, context = self._settings, ssl.create_default_context()
        host, port = settings.smtp_host or "", settings.smtp_port
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password or "")
            yield server
        finally:
            # Whatever the server says to a goodbye changes nothing of what it has taken.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _hand_over(self, server: smtplib.SMTP, address: str, mail: bytes) -> Outcome:
        server.ehlo_or_helo_if_needed()
        code, _said = server.mail(self._settings.smtp_from or "")
        if code != ACCEPTED:
            return _answered(code, sender=True)
        code, _said = server.rcpt(address)
        if code not in TAKEN:
            return _answered(code)
        try:
            code, _said = server.data(mail)
        except smtplib.SMTPDataError as error:
            return _answered(error.smtp_code)
        except (smtplib.SMTPException, OSError):
            # It broke off after the words were on their way: the server may have them.
            return Outcome("uncertain", "broken_off")
        return SENT if code == ACCEPTED else _answered(code)


def protected(settings: Settings) -> bool:
    """Return whether the connection to the mail server is encrypted, or leaves neither machine nor network."""
    named = f"{settings.smtp_host}:{settings.smtp_port}"
    return (
        settings.smtp_security != "none" or settings.smtp_host in LOOPBACK or named in listed(settings.internal_hosts)
    )


def _answered(code: int, *, sender: bool = False) -> Outcome:
    if code < FIRST_PERMANENT:
        return Outcome("later", f"smtp_{code}")
    # A refusal of the sender is the operator's to mend, and no fault of the address.
    return Outcome("unreached" if sender else "refused", f"smtp_{code}")
