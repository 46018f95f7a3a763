"""Services that `apprise` knows: WeCom, DingTalk, Feishu, ServerChan, WxPusher … It is loaded when first used."""

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from app.core.settings import APPRISE_SCHEMAS, Settings, listed
from app.prompts.channels import SENT, Message, Outcome, plainly
from app.prompts.delivery.hosts import AddressForbidden, leads_outside

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
ADDRESS = "{address}"
# They would weaken the connection, make the message something else, or name files of this machine.
FORBIDDEN = frozenset({"verify", "redirect", "cto", "rto", "format", "store", "tags", "template", "attach", "overflow"})
BROKEN_OFF = "onnection error"


class RelayMissing(Exception):
    """The extra `notify` is not installed."""


def installed() -> bool:
    """Return whether `apprise` is there; it is not loaded for this."""
    return find_spec("apprise") is not None


class AppriseChannel:
    """Sends to one address of a service, such as wxpusher://token/UID_abc."""

    name = "apprise"
    repeatable = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, address: str, message: Message) -> Outcome:
        """Hand ``message`` to the service that ``address`` names."""
        try:
            check_relay(self._settings, address)
            service = _service(address)
        except AddressForbidden as error:
            return Outcome("refused", str(error))
        except RelayMissing:
            return Outcome("unreached", "apprise_missing")
        except OSError:
            return Outcome("unreached", "unreachable")
        return self._notify(service, message)

    def _notify(self, service: Any, message: Message) -> Outcome:
        log = import_module("apprise.logger")
        # What it would log quotes addresses and answers: read here, and dropped.
        with log.LogCapture(level=logging.WARNING) as said:
            taken = service.notify(title=message.title, body=plainly(message), body_format="text")
            words = said.getvalue()
        if taken:
            return SENT
        return Outcome("uncertain", "broken_off") if BROKEN_OFF in words else Outcome("refused", "relay_refused")


def check_relay(settings: Settings, address: str) -> None:
    """Raise AddressForbidden unless ``address`` names a service that may be used; OSError when it cannot be looked up.

    Services with one address of their own are the default. One that takes a host of the address's choosing is used
    only where the operator has named its schema, and only outside, unless the operator has named the host as well.
    """
    schema, _, rest = address.partition("://")
    if not rest or schema.lower() not in {one.lower() for one in listed(settings.apprise_schemas)}:
        raise AddressForbidden("schema_forbidden")
    try:
        parts = urlsplit(f"x://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressForbidden("address_unreadable") from None
    if any(name.lower().lstrip("+-:") in FORBIDDEN for name, _value in parse_qsl(parts.query, keep_blank_values=True)):
        raise AddressForbidden("parameter_forbidden")
    if schema.lower() in listed(APPRISE_SCHEMAS) or f"{host}:{port}" in listed(settings.internal_hosts):
        return
    if not leads_outside(host):
        raise AddressForbidden("address_private")


def joined(template: str | None, address: str) -> str:
    """Return the full address: ``address`` as it stands, or the study's ``template`` with it in its place, escaped."""
    if "://" in address or template is None:
        return address
    return template.replace(ADDRESS, quote(address, safe=""))


def _service(address: str) -> Any:
    if not installed():
        raise RelayMissing
    logging.getLogger("apprise").propagate = False
    apprise = import_module("apprise")
    asset = apprise.AppriseAsset(http_redirects=False, storage_mode="memory", plugin_paths=[], secure_logging=True)
    with import_module("apprise.logger").LogCapture(level=logging.CRITICAL):
        service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if service is None:
        raise AddressForbidden("address_unreadable")
    service.socket_connect_timeout, service.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    return service
