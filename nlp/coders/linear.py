"""The default coder: a linear model over hashed character n-grams, joined with what the lexicon reads.

Table sums are integers and everything after them is elementwise, so a score is the same on every machine
and does not depend on the other texts of the batch.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch
from nlp.clauses import clause_ends, within_bmp
from nlp.coders.lexical import effect_shares, named_emotions, spans
from nlp.coding import Coding, Evidence, label_of
from nlp.lexicon.effects import LexiconReading
from nlp.lexicon.entries import FOLDER as LEXICON
from nlp.lexicon.entries import fingerprint
from nlp.marks import UNIT, marked, position_weights
from nlp.ngrams import EMOTION_BITS, EMOTION_LONGEST, SENTIMENT_BITS, fitting, roots, slots, sums
from nlp.reading import Sums, analyse, chunks, emotion_sums, shared_reader, sum_up
from nlp.weights import FOLDER as WEIGHTS
from nlp.weights import Weights

CODE_FORMAT: Final = 2
SPACE: Final = 0x20


@dataclass(slots=True)
class _Scene:
    """A chunk on its way to codings. `root`: what sums are divided by; `weight` by position; `blank`: nothing but white space."""

    texts: Sequence[str]
    batch: Batch
    reading: LexiconReading
    sums: Sums
    root: NDArray[np.float64]
    blank: NDArray[np.bool_]
    by_position: NDArray[np.int32]
    emotion_rows: NDArray[np.int64]
    weight: NDArray[np.int32] | None


class LinearCoder:
    """`confidence` is the share of right signs among training statements of like score, out of sample."""

    name: Final = "default"

    def __init__(self, *, weights: Path = WEIGHTS, lexicon: Path = LEXICON) -> None:
        self._weights = Weights.load(weights)
        self._lexicon = lexicon
        fusion = self._weights.fusion
        self._emotion_scales = np.array(fusion.emotion_scales)
        self._emotion_terms = np.array(fusion.emotion_terms).T.copy()
        self._emotion_floors = np.array(fusion.emotion_floors)
        digest = hashlib.sha256(f"{CODE_FORMAT}".encode() + self._weights.digest() + fingerprint(lexicon))
        self.version: Final = f"{self.name}-{CODE_FORMAT}+{digest.hexdigest()[:12]}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text. The evidence sums to the score: words by rule, and the characters of each clause."""
        return [coding for chunk in chunks(texts) for coding in self._code(chunk, explain)]

    def _code(self, texts: Sequence[str], explain: bool) -> list[Coding]:
        batch, hashes = analyse(texts)
        reader = shared_reader(self._lexicon)
        scene = self._scene(texts, batch, hashes, reader.read(batch, hashes))
        raw = self._raw_scores(scene)
        scores = self._stretched(raw)
        scores[scene.blank] = 0.0
        listed: list[float] = scores.tolist()
        cues = reader.cues(batch, hashes, texts)
        evidence = self._evidence(scene, raw, listed) if explain else {}
        return [
            Coding(score, sure, label_of(score), felt, evidence.get(index, ()), cues.get(index, ()))
            for index, (score, sure, felt) in enumerate(
                zip(listed, self._confidence(scene, scores), self._emotions(scene, scores), strict=True)
            )
        ]

    def _scene(self, texts: Sequence[str], batch: Batch, hashes: NDArray[np.uint64], reading: LexiconReading) -> _Scene:
        fits = fitting(batch)
        grams = marked(hashes, reading)
        by_position = self._weights.sentiment[slots(grams, fits, SENTIMENT_BITS)].sum(axis=1, dtype=np.int32)
        weight = position_weights(batch, reading)
        by_position *= UNIT if weight is None else weight
        blank = np.add.reduceat(batch.codes > SPACE, batch.starts) == 0
        rows = slots(grams[:, :EMOTION_LONGEST], fits[:, :EMOTION_LONGEST], EMOTION_BITS)
        sums = sum_up(reading, len(texts))
        return _Scene(texts, batch, reading, sums, roots(batch) * UNIT, blank, by_position, rows, weight)

    def _raw_scores(self, scene: _Scene) -> NDArray[np.float64]:
        fusion = self._weights.fusion
        total = sums(scene.batch, scene.by_position) * fusion.scale / scene.root
        for column, term in zip(scene.sums.features(), fusion.terms, strict=True):
            total += term * column
        return np.asarray(total)

    def _stretched(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        fusion = self._weights.fusion
        sizes = np.interp(np.abs(raw), fusion.stretch_at, fusion.stretch)
        return np.asarray(np.copysign(sizes, raw).round(4) + 0.0, dtype=np.float64)

    def _emotions(self, scene: _Scene, scores: NDArray[np.float64]) -> list[dict[str, float]]:
        by_position = self._weights.emotions[scene.emotion_rows].sum(axis=1, dtype=np.int32)
        by_position *= UNIT if scene.weight is None else scene.weight[:, None]
        guesses = sums(scene.batch, by_position) * self._emotion_scales / scene.root[:, None]
        constant, table, words, sentiment = self._emotion_terms
        felt = emotion_sums(scene.reading, scene.root.size)
        strengths = constant + table * guesses + words * felt + sentiment * scores[:, None]
        strengths[scene.blank] = 0
        return named_emotions(np.minimum(strengths, 1), self._emotion_floors)

    def _confidence(self, scene: _Scene, scores: NDArray[np.float64]) -> list[float]:
        fusion = self._weights.fusion
        sure = np.asarray(np.interp(np.abs(scores), fusion.confidence_at, fusion.confidence)).round(4)
        sure[scene.blank] = 0.0
        listed: list[float] = sure.tolist()
        return listed

    def _evidence(
        self, scene: _Scene, raw: NDArray[np.float64], scores: list[float]
    ) -> dict[int, tuple[Evidence, ...]]:
        """Words and characters as they went into the raw score, scaled by what stretching made of it."""
        words = spans(scene.texts, scene.batch.starts, scene.reading, self._word_shares(scene))
        characters = self._character_spans(scene)
        evidence = {}
        for index, (score, before) in enumerate(zip(scores, raw.tolist(), strict=True)):
            kept = score / before if before else 0.0
            found = sorted((*characters[index], *words.get(index, ())), key=lambda span: (span.start, -span.end))
            evidence[index] = tuple(
                Evidence(span.start, span.end, span.text, span.contribution * kept, span.rule) for span in found
            )
        return evidence

    def _word_shares(self, scene: _Scene) -> NDArray[np.float64]:
        """(matches,): each word's part of the lexicon features, times their terms."""
        balance, closing = self._weights.fusion.terms
        owner = scene.reading.owner
        shares = balance * effect_shares(scene.reading, scene.sums)
        felt = np.flatnonzero(scene.reading.effect)
        last = felt[np.append(owner[felt][1:] != owner[felt][:-1], True)] if felt.size else felt
        shares[last] += closing * scene.sums.closing[owner[last]]
        return np.asarray(shares)

    def _character_spans(self, scene: _Scene) -> list[list[Evidence]]:
        """Per text and clause the n-grams that begin in it."""
        batch, owner = scene.batch, scene.batch.owner
        parts = scene.by_position * (self._weights.fusion.scale / scene.root)[owner]
        ends = np.flatnonzero(clause_ends(within_bmp(batch.codes)))
        firsts = np.append(0, ends[:-1] + 1)
        found: list[list[Evidence]] = [[] for _ in scene.texts]
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
            index = int(owner[first])
            start, stop = (
                first - int(batch.starts[index]),
                min(end + 1 - int(batch.starts[index]), int(batch.lengths[index])),
            )
            if stop > start and not scene.blank[index]:
                total = float(parts[first : first + stop - start].sum())
                found[index].append(Evidence(start, stop, scene.texts[index][start:stop], total, "characters"))
        return found
