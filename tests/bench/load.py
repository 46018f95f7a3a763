"""A light load: keep-alive connections that send prepared requests and time each answer."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load gave: answers per second, seconds of each answer, and the statuses that came."""

    per_second: float
    seconds: Sequence[float]
    statuses: dict[int, int]

    def quantile(self, share: float) -> float:
        """Return the time within which ``share`` of the answers came, in seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(port: int, requests: Iterable[bytes], *, clients: int) -> Outcome:
    """Send every one of ``requests`` from ``clients`` connections and return the outcome."""
    return asyncio.run(_run(port, iter(requests), clients))


async def _run(port: int, requests: Iterator[bytes], clients: int) -> Outcome:
    seconds: list[float] = []
    statuses: dict[int, int] = {}

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in requests:
            began = time.perf_counter()
            writer.write(one)
            status = await _answer(reader)
            seconds.append(time.perf_counter() - began)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Outcome(len(seconds) / (time.perf_counter() - began), seconds, statuses)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if length:
        await reader.readexactly(length)
    return status


def middle_of(rounds: Sequence[Outcome]) -> Outcome:
    """Return the round with the median rate."""
    ordered = sorted(rounds, key=lambda one: one.per_second)
    return ordered[len(ordered) // 2]
