"""Whom the channels may call: never a host inside the operator's own network, unless the operator has named it."""

import socket
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from app.core.settings import Settings, listed

PORTS = {"https": 443, "http": 80}


class AddressForbidden(Exception):
    """An address that is not called; the message is a code, and quotes nothing."""


def check_host(settings: Settings, address: str, allowed: Collection[str] | None = None) -> None:
    """Raise AddressForbidden unless ``address`` may be called; OSError when its name cannot be looked up.

    Hosts that XINLU_INTERNAL_HOSTS names may be called as they stand. Others must be https, on one of the ``allowed``
    hosts (``*.`` for all below), where given, and outside: no number, no name that leads into a private network.
    """
    parts = _parts(address)
    host = (parts.hostname or "").lower()
    if f"{host}:{parts.port or PORTS.get(parts.scheme)}" in {one.lower() for one in listed(settings.internal_hosts)}:
        return
    if parts.scheme != "https" or parts.username or parts.port not in (None, 443) or _is_number(host):
        raise AddressForbidden("address_forbidden")
    if allowed is not None and not any(_fits(host, pattern.lower()) for pattern in allowed):
        raise AddressForbidden("host_unknown")
    # Behind a proxy it is the proxy that looks names up, and this machine often cannot.
    if not getproxies().get("https") and not leads_outside(host):
        raise AddressForbidden("address_private")


def leads_outside(host: str) -> bool:
    """Return whether every address of ``host`` is one of the open network; OSError when it has none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ip_address(str(one[4][0]).partition("%")[0]).is_global for one in found)


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise AddressForbidden("address_unreadable") from None
    return parts


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # 2130706433, 0x7f.1 and the like are addresses too, to a resolver.
        return host.replace(".", "").isdigit() or host.startswith("0x") or "." not in host
    return True
