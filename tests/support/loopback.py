"""Sockets in tests reach this machine only."""

import ipaddress
import sys
from typing import Any

GUARDED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})


class OutsideConnection(RuntimeError):
    """A test tried to reach another machine."""


def is_loopback(host: object) -> bool:
    """Return whether ``host``, a name or an address, is this machine. No name but localhost is looked up."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return host is None
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def forbid_other_hosts() -> None:
    """From now on, and for the whole process, connecting beyond loopback and Unix sockets raises OutsideConnection."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in GUARDED:
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket's path
            return
        host = address[0]
    if not is_loopback(host):
        raise OutsideConnection(f"{event} to {host!r}: tests talk to loopback only")
