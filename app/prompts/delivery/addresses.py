"""Addresses as they are typed, checked and shown again: never in full once they are stored."""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.core.errors import FieldError, Invalid
from app.core.settings import Settings
from app.prompts.delivery.hosts import AddressForbidden
from app.prompts.delivery.relay import check_relay
from app.prompts.delivery.webpush import Subscription
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_ADDRESS = 500
MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
NUMBER = re.compile(r"\+?[0-9]{5,15}")
RELAY_PART = re.compile(r"[\w.@:-]{1,200}")
KEPT = 4
HINTS: Mapping[str, str] = {
    "email": _("邮箱没认出来，请写成 name@example.com 这样。"),
    "sms": _("手机号没认出来，请只写数字，前面可以有 +86。"),
    "apprise": _("这个地址不能用。请从服务商那里复制完整的地址，例如 wxpusher://…；能用哪些服务，请问管理员。"),
    "webpush": _("浏览器给的通知地址不能用，请换一个浏览器试试。"),
}
DEVICES = (
    ("iPhone", _("iPhone")),
    ("iPad", _("iPad")),
    ("Android", _("安卓手机")),
    ("Harmony", _("鸿蒙手机")),
    ("Windows", _("Windows 电脑")),
    ("Macintosh", _("苹果电脑")),
)


def read_address(settings: Settings, channel: str, typed: str) -> str:
    """Return the address in ``typed`` as it is stored; Invalid, with a hint for the field ``address``, if there is none."""
    text = unicodedata.normalize("NFKC", typed).strip()
    if len(text) > (MOST_ADDRESS if channel != "webpush" else MOST_ADDRESS * 4):
        raise _refused(channel)
    if channel == "webpush":
        try:
            return Subscription.model_validate_json(text).model_dump_json()
        except ValidationError:
            raise _refused(channel) from None
    if channel == "email":
        return _matched(MAIL, text, channel)
    if channel == "sms":
        return _matched(NUMBER, re.sub(r"[ ()-]", "", text), channel)
    if "://" not in text:
        return _matched(RELAY_PART, text, channel)
    try:
        check_relay(settings, text)
    except (AddressForbidden, OSError):
        raise _refused(channel) from None
    return text


def masked(channel: str, address: str) -> str:
    """Return what of an address may be shown: enough to know it again by, too little to use it."""
    if channel == "email":
        name, _, host = address.partition("@")
        return f"{name[0]}***@{host}"
    if channel == "sms":
        return f"{address[:3]}****{address[-KEPT:]}" if len(address) > KEPT * 2 else f"****{address[-2:]}"
    if channel == "webpush":
        return urlsplit(Subscription.model_validate_json(address).endpoint).hostname or ""
    schema, colon, rest = address.partition("://")
    return f"{schema}://***{rest[-KEPT:]}" if colon else f"***{address[-KEPT:]}"


def device_of(user_agent: str) -> str:
    """Return the kind of device in a word, for telling one's own apart."""
    return next((translate(words) for sign, words in DEVICES if sign in user_agent), translate(_("这台设备")))


def _matched(pattern: re.Pattern[str], text: str, channel: str) -> str:
    if not pattern.fullmatch(text):
        raise _refused(channel)
    return text


def _refused(channel: str) -> Invalid:
    return Invalid(fields=[FieldError("address", HINTS[channel])])
