"""What all coders share: a batch of texts with its window hashes, the words found in it, and its risk cues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch, batch_of
from nlp.coding import EMOTIONS, Cue
from nlp.hashing import window_hashes
from nlp.lexicon.effects import UNIT, LexiconReading
from nlp.lexicon.entries import FOLDER, load_phrases
from nlp.lexicon.matcher import PhraseMatcher, longest
from nlp.lexicon.risk import RiskFinder
from nlp.lexicon.scope import ScopedLexicon

CHUNK: Final = 1 << 15
"""Characters that are worked on at once; a longer text is a chunk of its own."""

SOFT: Final = 2.0
"""Where the sum of effects (in valence steps, squared) is half way to the end of the scale."""

FEATURES: Final = ("balance", "closing")


@dataclass(frozen=True, slots=True)
class Sums:
    """Per text: `positive` and `negative` effects (thousandths, both >= 0), `words` that have an effect, `closing` effect."""

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    words: NDArray[np.int64]
    closing: NDArray[np.float64]

    def balance(self) -> NDArray[np.float64]:
        """In (-1, 1): the difference over the square root of the number of words, flattened at the ends."""
        spread = (self.positive - self.negative) / (UNIT * np.sqrt(np.maximum(self.words, 1)))
        return np.asarray(spread / np.sqrt(spread * spread + SOFT))

    def features(self) -> tuple[NDArray[np.float64], ...]:
        """In the order of FEATURES, each (texts,) and within [-1, 1]."""
        return self.balance(), self.closing


class Reader:
    """Words and risk cues of one lexicon folder; one for all coders, since it does not depend on weights."""

    def __init__(self, folder: Path = FOLDER) -> None:
        phrases = load_phrases(folder)
        self._matcher = PhraseMatcher([phrase.text for phrase in phrases])
        self._scopes = ScopedLexicon(phrases)
        self._risk = RiskFinder(folder)

    def read(self, batch: Batch, hashes: NDArray[np.uint64], edges: NDArray[np.bool_] | None = None) -> LexiconReading:
        """The words of a batch in their scopes. With `edges`, only words that begin and end on an edge."""
        found = self._matcher.candidates(hashes)
        if edges is not None:
            found = found.only(edges[found.start] & edges[found.end])
        return self._scopes.read(batch, longest(found))

    def cues(self, batch: Batch, hashes: NDArray[np.uint64], texts: Sequence[str]) -> dict[int, tuple[Cue, ...]]:
        """Risk cues by index of the text; texts without one are absent."""
        return self._risk.find(batch, hashes, texts)


@cache
def shared_reader(folder: Path = FOLDER) -> Reader:
    """The one reader of this folder in the process."""
    return Reader(folder)


def chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Runs of texts of about CHUNK characters; a result never depends on where they are cut."""
    first = size = 0
    for index, text in enumerate(texts):
        if size and size + len(text) > CHUNK:
            yield texts[first:index]
            first, size = index, 0
        size += len(text) + 1
    if first < len(texts):
        yield texts[first:]


def analyse(texts: Sequence[str]) -> tuple[Batch, NDArray[np.uint64]]:
    """A chunk's batch and window hashes."""
    batch = batch_of(texts)
    return batch, window_hashes(batch.codes)


def sum_up(reading: LexiconReading, texts: int) -> Sums:
    """Effects added by text. Sums of integers in float64 are exact, whatever their order."""
    effect = reading.effect
    gain = np.maximum(effect, 0)
    positive = np.asarray(np.bincount(reading.owner, gain, texts), dtype=np.float64)
    negative = np.asarray(np.bincount(reading.owner, gain - effect, texts), dtype=np.float64)
    felt = effect.nonzero()[0]
    words = np.bincount(reading.owner[felt], minlength=texts)
    closing = np.zeros(texts)
    closing[reading.owner[felt]] = np.minimum(np.maximum(effect[felt] / (2 * UNIT), -1), 1)
    return Sums(positive, negative, words, closing)


def emotion_sums(reading: LexiconReading, texts: int) -> NDArray[np.float64]:
    """(texts, emotions) in [0, 1): what the words say of each emotion, flattened towards 1."""
    width = len(EMOTIONS) + 1
    place = (reading.owner[:, None] * width + reading.emotion).ravel()
    size = np.abs(reading.effect).repeat(reading.emotion.shape[1])
    total = np.bincount(place, size, texts * width).reshape(texts, width)[:, :-1]
    return np.asarray(total / (total + UNIT))
