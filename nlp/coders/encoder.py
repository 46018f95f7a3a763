"""A fine-tuned multilingual-e5-small, mixed with the default coder. Milliseconds a text: for jobs, not for writes."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import batch_of
from nlp.clauses import clause_ends, within_bmp
from nlp.coders.lexical import named_emotions
from nlp.coders.linear import LinearCoder
from nlp.coding import EMOTIONS, Coding, Evidence, label_of
from nlp.encoder.deltas import FOLDER
from nlp.encoder.engines import Engine, fastest_engine
from nlp.encoder.mixture import Mixture
from nlp.encoder.model import Encoder
from nlp.encoder.quantised import Quantised
from nlp.reading import chunks

CODE_FORMAT: Final = 1
RULE: Final = "encoder"
MOST_CLAUSES: Final = 32
"""More than these are not read one by one to explain a text."""
MOST_EXPLAINED: Final = 2000
"""Of a text with more characters, what the encoder says is one span."""


class EncoderCoder:
    """`confidence` is the probability that the sign is right, fitted on statements that training has not seen.

    Evidence: the default coder's, scaled by its part in the mixture, and a span of the rule `encoder` for each clause: what
    the encoder says of that clause alone, weighed by its length, and an equal share of what it says of the whole beyond that.
    """

    name: Final = "encoder"

    def __init__(
        self, cache_folder: Path, *, deltas: Path = FOLDER, engine: Callable[[Quantised], Engine] = fastest_engine
    ) -> None:
        self._mixture = Mixture.load(deltas)
        self._encoder = Encoder(cache_folder, deltas=deltas, engine=engine)
        self._default = LinearCoder()
        parts = f"{CODE_FORMAT} {self._encoder.fingerprint} {self._default.version}".encode() + self._mixture.encoded()
        self.version: Final = f"{self.name}-{self._encoder.kind}-{CODE_FORMAT}+{hashlib.sha256(parts).hexdigest()[:12]}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text; the evidence sums to the score."""
        return [coding for chunk in chunks(texts) for coding in self._code(chunk, explain)]

    def _code(self, texts: Sequence[str], explain: bool) -> list[Coding]:
        codings = self._default.code(texts, explain=explain)
        told = [index for index, text in enumerate(texts) if _says_something(text)]
        if not told:
            return codings
        chosen, defaults = [texts[index] for index in told], [codings[index] for index in told]
        raw = self._encoder.read(chosen)
        mixed = self._mixed(raw, defaults)
        if explain:
            mixed = self._explained(chosen, raw, mixed, defaults)
        for index, coding in zip(told, mixed, strict=True):
            codings[index] = coding
        return codings

    def _mixed(self, raw: NDArray[np.float64], defaults: Sequence[Coding]) -> list[Coding]:
        said, known = np.tanh(raw[:, 0]), _scores(defaults)
        scores, certain = self._mixture.scores(said, known), self._mixture.certain(said, known)
        strengths = self._mixture.strengths(logistic(raw[:, 1:]), strengths_of(defaults))
        emotions = named_emotions(strengths, np.array(self._mixture.floors))
        return [
            Coding(score, sure, label_of(score), felt, (), coding.risk)
            for score, sure, felt, coding in zip(scores.tolist(), certain.tolist(), emotions, defaults, strict=True)
        ]

    def _explained(
        self, texts: Sequence[str], raw: NDArray[np.float64], mixed: list[Coding], defaults: Sequence[Coding]
    ) -> list[Coding]:
        cuts = [_clauses(text) for text in texts]
        alone = [text[start:end] for text, cut in zip(texts, cuts, strict=True) for start, end in cut if len(cut) > 1]
        said = iter((self._mixture.sentiment[1] * np.tanh(self._encoder.read(alone)[:, 0])).tolist() if alone else [])
        kept = 1 / np.maximum(1, np.abs(self._mixture.uncut(np.tanh(raw[:, 0]), _scores(defaults))))
        explained = []
        for text, cut, coding, default, part in zip(
            texts, cuts, mixed, defaults, (kept * self._mixture.sentiment[2]).tolist(), strict=True
        ):
            words = [replace(span, contribution=span.contribution * part) for span in default.evidence]
            rest = coding.sentiment - sum(span.contribution for span in words)
            says = [next(said) for _ in cut] if len(cut) > 1 else [rest]
            evidence = sorted((*_shared(text, cut, says, rest), *words), key=lambda span: (span.start, -span.end))
            explained.append(replace(coding, evidence=tuple(evidence)))
        return explained


def logistic(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strengths in (0, 1) of what the head says of emotions."""
    return np.asarray(1 / (1 + np.exp(-np.clip(raw, -30, 30))))


def strengths_of(codings: Sequence[Coding]) -> NDArray[np.float64]:
    """(codings, emotions): 0 where one is not named."""
    return np.array([[coding.emotions.get(label, 0.0) for label in EMOTIONS] for coding in codings])


def _scores(codings: Sequence[Coding]) -> NDArray[np.float64]:
    return np.array([coding.sentiment for coding in codings])


def _says_something(text: str) -> bool:
    return bool((batch_of([text]).codes > ord(" ")).any())


def _clauses(text: str) -> list[tuple[int, int]]:
    """Start and end of each clause; where there are more than MOST_CLAUSES, neighbours stand together."""
    if len(text) > MOST_EXPLAINED:
        return [(0, len(text))]
    ends = np.unique(np.minimum(np.flatnonzero(clause_ends(within_bmp(batch_of([text]).codes))) + 1, len(text)))
    edges = [0, *ends[-(-len(ends) // MOST_CLAUSES) - 1 :: -(-len(ends) // MOST_CLAUSES)].tolist()]
    if edges[-1] < len(text):
        edges.append(len(text))
    return list(pairwise(edges))


def _shared(text: str, cut: Sequence[tuple[int, int]], says: Sequence[float], total: float) -> list[Evidence]:
    weights = [(end - start) / len(text) for start, end in cut]
    beyond = total - sum(weight * said for weight, said in zip(weights, says, strict=True))
    return [
        Evidence(start, end, text[start:end], weight * (said + beyond), RULE)
        for (start, end), weight, said in zip(cut, weights, says, strict=True)
    ]
