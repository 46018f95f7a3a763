"""A slow coder for tests: it scores as the lexicon does, under a name and version of its own, as slowly as it is told.

In a process of its own (``WorkerProcess(…, "tests.support.slow_coder")``) importing this module registers it.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from app.studies import coders
from nlp import Coder, Coding, load_coder, loading
from nlp.errors import ModelUnavailableError

NAME = "slow"
VERSION = "slow-1+0123456789ab"
STALL = "SLOW_CODER_STALL"
"""Names a file in the environment: as long as it is there, the coder stalls in the middle of its work."""


class SlowCoder:
    """Scores as the lexicon does."""

    name = NAME
    version = VERSION

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        codings = load_coder("lexicon").code(texts, explain=explain)
        stall = Path(os.environ.get(STALL, "/nonexistent/stall"))
        if stall.exists():
            stall.with_suffix(".coded").touch()
        while stall.exists():
            time.sleep(0.01)
        return codings


def missing() -> Coder:
    """Stand for a coder whose model is not on this machine."""
    raise ModelUnavailableError("the model of this coder is not here: install it")


def register(factory: Callable[[], Coder]) -> None:
    """Make ``factory`` the slow coder of this process."""
    loading._CODERS[NAME] = factory
    loading._SLOW = loading._SLOW | {NAME}  # type: ignore[misc]


@pytest.fixture
def slow_coder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], Coder]], None]]:
    """Registers the slow coder for one test; call it with another factory to put that in its place."""
    monkeypatch.setattr(loading, "_CODERS", dict(loading._CODERS))
    monkeypatch.setattr(loading, "_SLOW", loading._SLOW)
    monkeypatch.setattr(coders, "available_coders", lambda: (*loading.available_coders(), NAME))

    def put(factory: Callable[[], Coder]) -> None:
        loading._loaded.cache_clear()
        coders._slow_seen.discard(NAME)
        register(factory)

    put(SlowCoder)
    yield put
    loading._loaded.cache_clear()
    coders._slow_seen.discard(NAME)


if os.environ.get(STALL):
    register(SlowCoder)
