"""The default coder: a linear model over hashed character n-grams, joined with what the lexicon reads.

Table sums are integers and everything after them is elementwise, so a score is the same on every machine
and does not depend on the other texts of the batch.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch
from nlp.coders.lexical import named_emotions
from nlp.coding import Coding, Evidence, label_of
from nlp.lexicon.entries import fingerprint
from nlp.lexicon.scope import LexiconReading
from nlp.ngrams import EMOTION_BITS, SENTIMENT_BITS, counts, fitting, slots, sums
from nlp.reading import analyse, chunks, emotion_sums, shared_reader, sum_up
from nlp.weights import FOLDER, Weights

CODE_FORMAT: Final = 1
SPACE: Final = 0x20


class LinearCoder:
    """`confidence` is the share of training statements of like score whose sign was right out of sample."""

    name: Final = "default"

    def __init__(self, folder: Path = FOLDER) -> None:
        self._weights = Weights.load(folder)
        fusion = self._weights.fusion
        self._emotion_scales = np.array(fusion.emotion_scales)
        self._emotion_terms = np.array(fusion.emotion_terms).T
        self._emotion_floors = np.array(fusion.emotion_floors)
        digest = hashlib.sha256(f"{CODE_FORMAT}".encode() + self._weights.digest() + fingerprint())
        self.version: Final = f"{self.name}-{CODE_FORMAT}+{digest.hexdigest()[:12]}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text. Evidence: each word with its rule, and each clause's characters (`characters`)."""
        return [coding for chunk in chunks(texts) for coding in self._code(chunk, explain)]

    def _code(self, texts: Sequence[str], explain: bool) -> list[Coding]:
        batch, hashes = analyse(texts)
        reader = shared_reader()
        reading = reader.read(batch, hashes)
        fits = fitting(batch)
        root = np.sqrt(np.maximum(counts(batch), 1))
        by_position = self._weights.sentiment[slots(hashes, fits, SENTIMENT_BITS)].sum(axis=1, dtype=np.int32)
        scores = self._scores(batch, by_position, reading, root)
        emotions = self._emotions(batch, slots(hashes, fits, EMOTION_BITS), reading, root, scores)
        cues = reader.cues(batch, hashes, texts)
        evidence = self._evidence(texts, batch, by_position, reading, root) if explain else {}
        return [
            Coding(score, sure, label_of(score), felt, evidence.get(index, ()), cues.get(index, ()))
            for index, (score, sure, felt) in enumerate(
                zip(scores.tolist(), self._confidence(batch, scores), emotions, strict=True)
            )
        ]

    def _scores(
        self,
        batch: Batch,
        by_position: NDArray[np.int32],
        reading: LexiconReading,
        root: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        fusion = self._weights.fusion
        features = sum_up(reading, root.size).features()
        total = fusion.terms[0] + fusion.terms[1] * (sums(batch, by_position) * fusion.scale / root)
        for column, term in enumerate(fusion.terms[2:]):
            total += term * features[:, column]
        return np.asarray(np.where(_blank(batch), 0.0, np.round(np.clip(total, -1, 1), 4) + 0.0))

    def _emotions(
        self,
        batch: Batch,
        rows: NDArray[np.int64],
        reading: LexiconReading,
        root: NDArray[np.float64],
        scores: NDArray[np.float64],
    ) -> list[dict[str, float]]:
        by_position = self._weights.emotions[rows].sum(axis=1, dtype=np.int32)
        guesses = sums(batch, by_position) * self._emotion_scales / root[:, None]
        constant, table, words, sentiment = self._emotion_terms
        strengths = constant + table * guesses + words * emotion_sums(reading, root.size) + sentiment * scores[:, None]
        strengths[_blank(batch)] = 0
        return named_emotions(np.clip(strengths, 0, 1), self._emotion_floors)

    def _confidence(self, batch: Batch, scores: NDArray[np.float64]) -> list[float]:
        fusion = self._weights.fusion
        sure = np.interp(np.abs(scores), fusion.confidence_at, fusion.confidence)
        rounded: list[float] = np.where(_blank(batch), 0.0, np.round(sure, 4)).tolist()
        return rounded

    def _evidence(
        self,
        texts: Sequence[str],
        batch: Batch,
        by_position: NDArray[np.int32],
        reading: LexiconReading,
        root: NDArray[np.float64],
    ) -> dict[int, tuple[Evidence, ...]]:
        return {}


def _blank(batch: Batch) -> NDArray[np.bool_]:
    """Texts of nothing but white space."""
    return np.asarray(np.add.reduceat(batch.codes > SPACE, batch.starts) == 0)
