"""The process that times coders on one core, started by `measure_speed`."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from functools import partial
from statistics import median
from typing import Any

from nlp.coding import Coder
from nlp.errors import NlpError
from nlp.evaluation.candidates import BASELINE, open_subject
from nlp.evaluation.speed import Effort, Speed


def time_coders(coders: Mapping[str, Coder], texts: Sequence[str], effort: Effort) -> dict[str, Speed]:
    """Times coders in turns, so that a busy moment of the machine meets them all; BASELINE must be among them."""
    plain = {name: _sized(_plainly(coder), texts, effort) for name, coder in coders.items()}
    explained = {name: _sized(_explaining(coder), texts, effort) for name, coder in coders.items()}
    rates: dict[str, list[float]] = {name: [] for name in coders}
    told: dict[str, list[float]] = {name: [] for name in coders}
    for _ in range(effort.rounds):
        for name, coder in coders.items():
            rates[name].append(_rate(_plainly(coder), texts[: plain[name]]))
            told[name].append(_rate(_explaining(coder), texts[: explained[name]]))
    return {
        name: Speed(
            median(rates[name]),
            median(rate / base for rate, base in zip(rates[name], rates[BASELINE], strict=True)),
            median(told[name]),
            _one_text(coder, texts, effort),
        )
        for name, coder in coders.items()
    }


_Work = Callable[[Sequence[str]], object]


def _plainly(coder: Coder) -> _Work:
    return coder.code


def _explaining(coder: Coder) -> _Work:
    return lambda texts: coder.code(texts, explain=True)


def _sized(work: _Work, texts: Sequence[str], effort: Effort) -> int:
    """How many texts take about `effort.seconds`; what is loaded lazily is loaded before."""
    work(texts[:2])
    few = min(16, len(texts))
    rate = _rate(work, texts[:few])
    if rate * effort.seconds > 10 * few:
        rate = _rate(work, texts[: 10 * few])
    return int(min(max(rate * effort.seconds, few), len(texts)))


def _rate(work: _Work, texts: Sequence[str]) -> float:
    return len(texts) / _seconds(lambda: work(texts))


def _one_text(coder: Coder, texts: Sequence[str], effort: Effort) -> float:
    """The median over different texts, after the first ten."""
    once = _seconds(lambda: coder.code(texts[:1]))
    count = int(min(max(2 * effort.seconds * effort.rounds / once, 10), effort.singles))
    return median([_seconds(partial(coder.code, [text])) for text in texts[: count + 10]][10:])


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _keep_to_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main() -> None:
    """Reads what is asked as JSON on standard input, and writes the figures as JSON, whatever a coder's library prints."""
    _keep_to_one_core()
    with redirect_stdout(sys.stderr):
        figures = _figures(json.load(sys.stdin))
    sys.stdout.write(json.dumps(figures))


def _figures(asked: Mapping[str, Any]) -> dict[str, Any]:
    coders: dict[str, Coder] = {}
    for name in dict.fromkeys([*asked["names"], BASELINE]):
        try:
            coders[name] = open_subject(name)
        except NlpError as error:
            sys.stderr.write(f"{error}\n")
    timed = time_coders(coders, asked["texts"], Effort(**asked["effort"]))
    return {name: asdict(speed) for name, speed in timed.items() if name in asked["names"]}


if __name__ == "__main__":
    main()
