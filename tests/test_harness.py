"""The harness keeps its promises: no other host, and a database of one's own."""

import socket

import pytest
from sqlalchemy import Engine, text

from tests.support.loopback import OutsideConnection


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_another_host_is_out_of_reach(host: str) -> None:
    with pytest.raises(OutsideConnection):
        socket.create_connection((host, 80), timeout=1)


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(OutsideConnection):
        socket.getaddrinfo("example.org", 443)


def test_a_datagram_to_another_host_is_not_sent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(OutsideConnection):
        sender.sendto(b"x", ("192.0.2.1", 53))


def test_loopback_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(listener.getsockname(), timeout=5).close()


@pytest.mark.parametrize("visit", [1, 2])
def test_every_test_gets_a_database_of_its_own(engine: Engine, visit: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (visit INTEGER)"))
