"""A bad network between a browser and a server: a loopback proxy that loses, cuts, doubles, delays and forges, as it is told.

It works on threads, because asyncio cannot run beside the browser's driver, and opens a connection of its own for every
request. Nothing is rewritten but ``Connection``: the browser's Host and Origin both name the proxy, as the server wants them.
"""

import random
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal, Self

Fault = Literal["pass", "lose", "cut", "double", "hold", "bad_gateway", "portal", "delay"]
"""What happens to a request: it reaches the server or is lost before; its answer is cut in the middle; it arrives twice;
it is held back and arrives after the next one, unanswered; a gateway or a captive portal answers instead; all is slow."""

MEAN: Mapping[Fault, float] = {
    "pass": 4,
    "lose": 2,
    "cut": 3,
    "double": 2,
    "hold": 2,
    "bad_gateway": 2,
    "portal": 2,
    "delay": 1,
}
"""A network that fails more often than not."""

SYNC = "/d/sync/"
DELAY_SECONDS = 0.4
PATIENCE_SECONDS = 60.0
MOST_HEAD = 64 * 1024
RESET = struct.pack("ii", 1, 0)
REACHING: frozenset[Fault] = frozenset({"pass", "cut", "double", "delay"})


def _forged(line: str, page: str) -> bytes:
    body = page.encode()
    head = (
        f"HTTP/1.1 {line}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close"
    )
    return head.encode() + b"\r\n\r\n" + body


FORGED: Mapping[Fault, bytes] = {
    "bad_gateway": _forged("502 Bad Gateway", "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"),
    "portal": _forged("200 OK", "<!doctype html><title>Wi-Fi</title><p>欢迎使用免费无线网络，请先登录。"),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A request that came to the proxy, what was done to it, and what the server answered (None: not asked, or no word).

    ``size``: how many bytes the browser got back, headers included.
    """

    method: str
    path: str
    fault: Fault | Literal["off"]
    status: int | None
    size: int


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    path: str
    raw: bytes


class FaultProxy:
    """The network to the server on ``port``. At first it is good; ``worsen``, ``next_faults`` and ``switch_off`` make it bad."""

    def __init__(self, port: int) -> None:
        self.passages: list[Passage] = []
        self._upstream = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._delivery = threading.Lock()
        self._scripted: deque[Fault] = deque()
        self._choose: Callable[[], Fault] = lambda: "pass"
        self._random = random.Random(0)
        self._hit: Callable[[str], bool] = lambda path: path.startswith(SYNC)
        self._held: list[_Asked] = []
        self._off = False
        self._under_way = 0
        self._none_under_way = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def switch_off(self) -> None:
        """Reset every connection from now on, and wait until what is under way has come through."""
        self._off = True
        with self._none_under_way:
            assert self._none_under_way.wait_for(lambda: not self._under_way, PATIENCE_SECONDS), "the server answers"

    def switch_on(self) -> None:
        """Let requests in again."""
        self._off = False

    def worsen(self, weights: Mapping[Fault, float] = MEAN, *, seed: int) -> None:
        """Draw the fault of every request to the sync routes from ``weights``, the same for the same ``seed``."""
        drawn = random.Random(seed)
        faults, chances = list(weights), list(weights.values())
        self._random = random.Random(seed + 1)
        self._choose = lambda: drawn.choices(faults, chances)[0]

    def mend(self) -> None:
        """Be a good network again, and deliver what was held back."""
        self._choose = lambda: "pass"
        self._scripted.clear()
        self.deliver_held()

    def next_faults(self, faults: Sequence[Fault]) -> None:
        """Do these to the next requests to the sync routes, one each, before anything is drawn."""
        self._scripted.extend(faults)

    def deliver_held(self) -> None:
        """Let what was held back arrive now; nobody waits for its answers any more."""
        with self._delivery:  # who comes while another delivers waits until all has arrived
            with self._lock:
                held, self._held = self._held, []
            for asked in held:
                self._ask(asked)

    def counts(self) -> dict[str, int]:
        """Return how many requests to the sync routes met which fault."""
        met = [one.fault for one in self.passages if one.path.startswith(SYNC)]
        return {fault: met.count(fault) for fault in dict.fromkeys(met)}

    def _spawn(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            self._spawn(self._serve, browser)

    def _serve(self, browser: socket.socket) -> None:
        with browser:
            browser.settimeout(PATIENCE_SECONDS)
            with suppress(OSError):
                asked = None if self._off else _read_request(browser)
                with self._passing() as let_in:
                    if not let_in:
                        self._note(Passage("", "", "off", None, 0))
                        _reset(browser)
                    elif asked:
                        self._answer(browser, asked)

    @contextmanager
    def _passing(self) -> Iterator[bool]:
        """Count a request as under way, unless the network is off."""
        with self._none_under_way:
            let_in = not self._off
            self._under_way += let_in
        try:
            yield let_in
        finally:
            with self._none_under_way:
                self._under_way -= let_in
                self._none_under_way.notify_all()

    def _answer(self, browser: socket.socket, asked: _Asked) -> None:
        fault = self._fault_for(asked)
        if fault == "hold":
            with self._lock:
                self._held.append(asked)
        answer = self._answered(asked, fault)
        status = _status(answer) if fault in REACHING else None
        self._note(Passage(asked.method, asked.path, fault, status, len(answer)))
        if not answer:
            _reset(browser)
        browser.sendall(answer)
        if fault in REACHING:
            self.deliver_held()

    def _answered(self, asked: _Asked, fault: Fault) -> bytes:
        """Return what the browser gets to read; empty for a broken connection."""
        if fault not in REACHING:
            return FORGED.get(fault, b"")
        answer = self._reach(asked, fault)
        if fault == "cut":  # ended, not reset: a reset could take back what the browser has not read yet
            return answer[: int(len(answer) * self._random.uniform(0.2, 0.99))]
        return answer

    def _reach(self, asked: _Asked, fault: Fault) -> bytes:
        """Return the server's answer; a doubled request gets either of two."""
        if fault == "delay":
            threading.Event().wait(DELAY_SECONDS)
        if fault != "double":
            return self._ask(asked)
        answers: list[bytes] = []
        twin = threading.Thread(target=lambda: answers.append(self._ask(asked)), daemon=True)
        twin.start()
        answers.append(self._ask(asked))
        twin.join(PATIENCE_SECONDS)
        return self._random.choice(answers)

    def _ask(self, asked: _Asked) -> bytes:
        """Return the server's whole answer, empty when it is gone."""
        parts: list[bytes] = []
        with suppress(OSError), socket.create_connection(self._upstream, timeout=PATIENCE_SECONDS) as server:
            server.sendall(asked.raw)
            while part := server.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def _fault_for(self, asked: _Asked) -> Fault:
        if not self._hit(asked.path):
            return "pass"
        with self._lock:
            return self._scripted.popleft() if self._scripted else self._choose()

    def _note(self, passage: Passage) -> None:
        with self._lock:
            self.passages.append(passage)


def _read_request(browser: socket.socket) -> _Asked | None:
    """Return one whole request, made to close its connection; None when the browser opened one in vain."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = browser.recv(65536)
        if not part or len(got) > MOST_HEAD:
            return None
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = {line.split(b":", 1)[0].strip().lower(): line.split(b":", 1)[1].strip() for line in lines}
    length = int(fields.get(b"content-length", b"0"))
    while len(body) < length:
        part = browser.recv(65536)
        if not part:
            return None
        body += part
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    method, path = first.decode("ascii").split(" ")[:2]
    return _Asked(method, path, b"\r\n".join([first, *kept, b"Connection: close", b"", body]))


def _reset(browser: socket.socket) -> None:
    """Let the connection break with a reset at the moment it is closed, as one does that died on the way."""
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def _status(answer: bytes) -> int | None:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None
