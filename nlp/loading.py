"""Coders by name."""

from collections.abc import Callable
from functools import cache
from typing import Final

from nlp.coders.lexical import LexiconCoder
from nlp.coders.linear import LinearCoder
from nlp.coders.snow import SnowCoder
from nlp.coding import Coder
from nlp.errors import UnknownCoderError

_CODERS: Final[dict[str, Callable[[], Coder]]] = {
    "default": LinearCoder,
    "snownlp": SnowCoder,
    "lexicon": LexiconCoder,
}
_SLOW: Final = frozenset({"encoder", "transformer"})


def available_coders() -> tuple[str, ...]:
    """The names that `load_coder` takes, the default first."""
    return tuple(_CODERS)


def is_slow(name: str) -> bool:
    """Whether one text takes milliseconds, so that the coder belongs in a job and not in a write. Asks for no model."""
    return name in _SLOW


def load_coder(name: str = "default") -> Coder:
    """The coder of that name, one for the whole process; safe to share between threads.

    Raises UnknownCoderError, which names the available ones.
    """
    if name not in _CODERS:
        raise UnknownCoderError(name, available_coders())
    return _loaded(name)


@cache
def _loaded(name: str) -> Coder:
    return _CODERS[name]()
