"""Which channels this installation sends by, and why others are shut."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.core.crypto import Keyring
from app.core.settings import Settings, listed
from app.prompts.channels import Channel
from app.prompts.delivery.console import ConsoleChannel
from app.prompts.delivery.gateway import SmsChannel
from app.prompts.delivery.mail import MailChannel, protected
from app.prompts.delivery.relay import AppriseChannel, installed
from app.prompts.delivery.webpush import WebPushChannel
from app.web.i18n import mark as _

CONSOLE = "console"
KINDS: Mapping[str, str] = {
    "webpush": _("屏幕通知"),
    "email": _("邮箱"),
    "sms": _("短信"),
    "apprise": _("微信等服务"),
    CONSOLE: _("开发用的日志"),
}


def shut(settings: Settings) -> dict[str, str]:
    """Return by channel that XINLU_CHANNELS names why it cannot send; a channel that can is not in it."""
    reasons = {
        "webpush": "" if _reached_safely(settings) else _("对外的地址不是 https，浏览器不给通知"),
        "email": _mail_lacks(settings),
        "sms": "" if settings.sms_url else _("没有设置 XINLU_SMS_URL"),
        "apprise": "" if installed() else _("没有安装 apprise，请装上 '.[notify]'"),
    }
    return {name: reasons[name] for name in listed(settings.channels) if reasons.get(name)}


def names_in_force(settings: Settings) -> tuple[str, ...]:
    """Return the channels that send, in the order of XINLU_CHANNELS."""
    return tuple(name for name in listed(settings.channels) if name not in shut(settings))


def open_channels(settings: Settings, keyring: Keyring) -> dict[str, Channel]:
    """Return the channels in force, ready to send."""
    makers: Mapping[str, Callable[[], Channel]] = {
        "webpush": lambda: WebPushChannel(settings, keyring),
        "email": lambda: MailChannel(settings),
        "sms": lambda: SmsChannel(settings),
        "apprise": lambda: AppriseChannel(settings),
        CONSOLE: ConsoleChannel,
    }
    return {name: makers[name]() for name in names_in_force(settings)}


def _mail_lacks(settings: Settings) -> str:
    if not settings.smtp_host or not settings.smtp_from:
        return _("没有设置 XINLU_SMTP_HOST 和 XINLU_SMTP_FROM")
    return (
        "" if protected(settings) else _("XINLU_SMTP_SECURITY=none 只能用于本机或 XINLU_INTERNAL_HOSTS 里的邮件服务器")
    )


def _reached_safely(settings: Settings) -> bool:
    parts = urlsplit(settings.public_address)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
