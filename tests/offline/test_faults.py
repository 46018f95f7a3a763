"""The bad network does what it is told: otherwise the proofs that stand on it prove nothing."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.offline.faults import MEAN, Fault, FaultProxy

ANSWER = b'{"kept": "' + b"x" * 400 + b'"}'


class Recording(ThreadingHTTPServer):
    """Remembers what arrived, in order."""

    arrived: list[tuple[str, bytes, str | None]]


class Answering(BaseHTTPRequestHandler):
    server: Recording

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.append((self.path, body, self.headers["Host"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Recording]:
    with Recording(("127.0.0.1", 0), Answering) as running:
        running.arrived = []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def network(server: Recording) -> Iterator[FaultProxy]:
    with FaultProxy(server.server_address[1]) as proxy:
        yield proxy


def put(network: FaultProxy, body: bytes, path: str = "/d/sync/entries/1") -> tuple[int, bytes] | None:
    """Return status and body; None when the connection broke."""
    host = network.base_url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request("PUT", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def bodies(server: Recording) -> list[bytes]:
    return [body for _, body, _ in server.arrived]


def test_a_good_network_hands_everything_on_as_it_was(network: FaultProxy, server: Recording) -> None:
    sent = bytes(range(256)) * 300
    assert put(network, sent) == (201, ANSWER)
    assert server.arrived == [("/d/sync/entries/1", sent, network.base_url.removeprefix("http://"))]


@pytest.mark.parametrize(
    ("fault", "arrivals", "told"),
    [
        ("lose", 0, None),
        ("cut", 1, None),
        ("double", 2, 201),
        ("bad_gateway", 0, 502),
        ("portal", 0, 200),
        ("delay", 1, 201),
    ],
)
def test_each_fault(network: FaultProxy, server: Recording, fault: Fault, arrivals: int, told: int | None) -> None:
    network.next_faults([fault])
    answer = put(network, b"one")
    assert bodies(server) == [b"one"] * arrivals
    assert (answer and answer[0]) == told
    assert answer is None or (answer[1] == ANSWER) == (told == 201)
    assert put(network, b"two") == (201, ANSWER)
    assert network.counts() == {fault: 1, "pass": 1}


def test_what_is_held_back_arrives_after_the_next(network: FaultProxy, server: Recording) -> None:
    network.next_faults(["hold"])
    assert put(network, b"first") is None
    assert put(network, b"second") == (201, ANSWER)
    network.mend()
    assert bodies(server) == [b"second", b"first"]


def test_switched_off_nothing_arrives(network: FaultProxy, server: Recording) -> None:
    network.switch_off()
    assert put(network, b"one") is None
    network.switch_on()
    assert put(network, b"two") == (201, ANSWER)
    assert bodies(server) == [b"two"]


def test_other_paths_are_spared_and_a_seed_repeats_itself(network: FaultProxy, server: Recording) -> None:
    network.worsen({"lose": 1}, seed=1)
    assert put(network, b"one", "/static/x.js") == (201, ANSWER)
    assert put(network, b"one") is None
    runs = []
    for _ in range(2):
        network.passages.clear()
        network.worsen(MEAN, seed=7)
        for number in range(40):
            put(network, b"%d" % number)
        network.mend()
        runs.append([one.fault for one in network.passages])
    assert runs[0] == runs[1]
    assert set(runs[0]) == set(MEAN)
