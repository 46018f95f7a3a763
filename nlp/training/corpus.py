"""Texts as the default coder sees them, in sparse rows for fitting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from nlp.characters import Batch
from nlp.marks import UNIT, marked, position_weights
from nlp.ngrams import EMOTION_BITS, EMOTION_LONGEST, SENTIMENT_BITS, fitting, roots, slots
from nlp.reading import analyse, emotion_sums, shared_reader, sum_up

_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Per text: weighted occurrences of n-grams in the rows of both tables, and what the lexicon says.

    `sentiment`, `emotion` (texts, table rows); `root` what sums are divided by; `features` as the coder fuses them;
    `words` (texts, emotions); `lengths` in characters.
    """

    sentiment: csr_array
    emotion: csr_array
    root: NDArray[np.float64]
    features: NDArray[np.float64]
    words: NDArray[np.float64]
    lengths: NDArray[np.int64]


def read_corpus(texts: Sequence[str]) -> Corpus:
    """The texts in order; in pieces, since windows of all texts at once would take gigabytes."""
    parts = [_read(texts[first : first + _AT_ONCE]) for first in range(0, len(texts), _AT_ONCE)]
    return Corpus(
        vstack([part.sentiment for part in parts]).tocsr(), vstack([part.emotion for part in parts]).tocsr(),
        np.concatenate([part.root for part in parts]), np.concatenate([part.features for part in parts]),
        np.concatenate([part.words for part in parts]), np.concatenate([part.lengths for part in parts]),
    )  # fmt: skip


def _read(texts: Sequence[str]) -> Corpus:
    batch, hashes = analyse(texts)
    reading = shared_reader().read(batch, hashes)
    fits = fitting(batch)
    grams = marked(hashes, reading)
    by_position = position_weights(batch, reading)
    weight = np.ones(batch.codes.size) if by_position is None else by_position / UNIT
    short, narrow = grams[:, :EMOTION_LONGEST], fits[:, :EMOTION_LONGEST]
    return Corpus(
        _occurrences(batch, slots(grams, fits, SENTIMENT_BITS), weight, SENTIMENT_BITS),
        _occurrences(batch, slots(short, narrow, EMOTION_BITS), weight, EMOTION_BITS),
        roots(batch), np.column_stack(sum_up(reading, len(texts)).features()), emotion_sums(reading, len(texts)),
        batch.lengths,
    )  # fmt: skip


def _occurrences(batch: Batch, rows: NDArray[np.int64], weight: NDArray[np.float64], bits: int) -> csr_array:
    """(texts, table rows): what each row, of (positions, widths), adds to its text."""
    used = rows > 0
    width = rows.shape[1]
    owner = np.repeat(batch.owner, width).reshape(-1, width)[used]
    weights = np.repeat(weight, width).reshape(-1, width)[used]
    return csr_array((weights, (owner, rows[used])), shape=(batch.starts.size, 1 << bits))
