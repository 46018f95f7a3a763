"""The coders that are compared, among them one that is none of ours."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib import import_module, metadata
from importlib.util import find_spec
from io import StringIO
from typing import Any, Final

from nlp.coding import Coder, Coding, Evidence, label_of
from nlp.errors import ModelUnavailableError
from nlp.loading import available_coders, load_coder

BASELINE: Final = "snownlp"
"""Speeds are told as multiples of its."""

FOREIGN: Final = "jionlp"
_COMPARED: Final = ("default", "lexicon", BASELINE, FOREIGN)


def subjects() -> tuple[str, ...]:
    """The names that are compared where none is asked for: the last ones only if their extras are installed."""
    return (*_COMPARED, *(name for name in available_coders() if name not in _COMPARED))


def open_subject(name: str) -> Coder:
    """The coder of that name, jionlp's lexicon among them. Raises UnknownCoderError and ModelUnavailableError."""
    return JioCoder() if name == FOREIGN else load_coder(name)


class JioCoder:
    """jionlp's sentiment lexicon (Apache-2.0), to compare with. `sentiment` is 2p - 1, `confidence` the sign's probability.

    Importing jionlp unpacks its dictionaries into its own folder. It needs jiojio (GPL-3.0): both are for comparing alone.
    """

    name: Final = FOREIGN

    def __init__(self) -> None:
        if find_spec("jionlp") is None:
            raise ModelUnavailableError("not installed: pip install jionlp")
        try:
            with _hushed():
                self._read: Any = import_module("jionlp").sentiment.LexiconSentiment()
        except (ImportError, OSError) as error:
            raise ModelUnavailableError(f"jionlp cannot be imported: {error}") from error
        self.version: Final = f"{self.name}-{metadata.version('jionlp')}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text. Evidence is the whole text: the lexicon does not say more."""
        return [self._coding(text, explain) for text in texts]

    def _coding(self, text: str, explain: bool) -> Coding:
        likely = float(self._read(text))
        score = 2 * likely - 1
        evidence = (Evidence(0, len(text), text, score, "model"),) if explain else ()
        return Coding(score, max(likely, 1 - likely), label_of(score), {}, evidence)


@contextmanager
def _hushed() -> Iterator[None]:
    """The package prints greetings, and warns through the root logger, which would set that up for the whole process."""
    silent, before = logging.NullHandler(), logging.root.manager.disable
    logging.root.addHandler(silent)
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logging.disable(before)
        logging.root.removeHandler(silent)
