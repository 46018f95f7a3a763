"""The words alone: dictionary segmentation, the lexicon and its scopes. No weights, every score can be read off."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.coding import EMOTIONS, Coding, Evidence, label_of
from nlp.lexicon.effects import UNIT, LexiconReading, rule_names
from nlp.lexicon.entries import FOLDER, fingerprint
from nlp.reading import SOFT, Sums, analyse, chunks, emotion_sums, shared_reader, sum_up
from nlp.segmentation import fastest_cut, word_edges

CODE_FORMAT: Final = 2
EMOTION_FLOOR: Final = 0.2
"""An emotion weaker than this is not named."""


class LexiconCoder:
    """`confidence` is how much of what the words say points one way, less where little was said."""

    name: Final = "lexicon"

    def __init__(self, *, lexicon: Path = FOLDER) -> None:
        self._lexicon = lexicon
        digest = hashlib.sha256(f"{CODE_FORMAT}".encode() + fingerprint(lexicon))
        self.version: Final = f"{self.name}-{CODE_FORMAT}+{digest.hexdigest()[:12]}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text; contributions of the evidence sum to the score."""
        return [coding for chunk in chunks(texts) for coding in self._code(chunk, explain)]

    def _code(self, texts: Sequence[str], explain: bool) -> list[Coding]:
        batch, hashes = analyse(texts)
        reader = shared_reader(self._lexicon)
        reading = reader.read(batch, hashes, word_edges(batch, texts, fastest_cut()))
        sums = sum_up(reading, len(texts))
        scores = np.round(sums.balance(), 4) + 0.0
        certain = np.abs(sums.positive - sums.negative) / (sums.positive + sums.negative + UNIT / 2)
        evidence = spans(texts, batch.starts, reading, effect_shares(reading, sums)) if explain else {}
        cues = reader.cues(batch, hashes, texts)
        emotions = named_emotions(emotion_sums(reading, len(texts)), EMOTION_FLOOR)
        return [
            Coding(score, confidence, label_of(score), felt, evidence.get(index, ()), cues.get(index, ()))
            for index, (score, confidence, felt) in enumerate(
                zip(scores.tolist(), np.round(certain, 4).tolist(), emotions, strict=True)
            )
        ]


def effect_shares(reading: LexiconReading, sums: Sums) -> NDArray[np.float64]:
    """(matches,): each word's part of its text's balance; the parts of a text sum to the balance."""
    root = UNIT * np.sqrt(np.maximum(sums.words, 1))
    spread = (sums.positive - sums.negative) / root
    per_effect = 1 / (root * np.sqrt(spread * spread + SOFT))
    return np.asarray(reading.effect * per_effect[reading.owner])


def spans(
    texts: Sequence[str], starts: NDArray[np.int64], reading: LexiconReading, shares: NDArray[np.float64]
) -> dict[int, tuple[Evidence, ...]]:
    """Evidence by index of the text, for words that have an effect."""
    evidence: defaultdict[int, list[Evidence]] = defaultdict(list)
    felt = np.flatnonzero(reading.effect)
    for place in felt.tolist():
        index = int(reading.owner[place])
        start = int(reading.matches.start[place] - starts[index])
        end = int(reading.matches.end[place] - starts[index])
        rule = rule_names(int(reading.rules[place]))
        evidence[index].append(Evidence(start, end, texts[index][start:end], float(shares[place]), rule))
    return {index: tuple(found) for index, found in evidence.items()}


def named_emotions(strengths: NDArray[np.float64], floor: NDArray[np.float64] | float) -> list[dict[str, float]]:
    """Per text the emotions that reach the floor, strength rounded to four decimals."""
    named: list[dict[str, float]] = [{} for _ in range(strengths.shape[0])]
    rounded = strengths.round(4)
    owners, labels = np.nonzero((rounded >= floor) & (rounded > 0))
    for owner, label, strength in zip(owners.tolist(), labels.tolist(), rounded[owners, labels].tolist(), strict=True):
        named[owner][EMOTIONS[label]] = strength
    return named
