"""A coder with a study's own calibration: another's scores, mapped, and corrected by a few words."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlp.coding import Coder, Coding, Evidence, label_of

NAME: Final = "adapted"
FORMAT: Final = 1
MOST_CORRECTION: Final = 0.4
"""Words move a score by this much at most."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A map of scores by straight pieces between `knots` (rising, from −1 to 1), and what each of `words` adds.

    `sure` is the share of right signs at the sizes `sure_at` of the adapted score; both are empty where it is not known.
    """

    knots: tuple[float, ...]
    values: tuple[float, ...]
    words: Mapping[str, float] = field(default_factory=dict)
    sure_at: tuple[float, ...] = ()
    sure: tuple[float, ...] = ()

    @classmethod
    def identity(cls) -> "Adaptation":
        """Changes nothing."""
        return cls((-1.0, 1.0), (-1.0, 1.0))

    @classmethod
    def of_knots(cls, knots: Sequence[float], values: Sequence[float]) -> "Adaptation":
        """The map through these points, as it can be written down."""
        return cls(tuple(round(float(at), 6) for at in knots), tuple(round(float(value), 6) for value in values))

    @classmethod
    def of_parameters(cls, parameters: Mapping[str, Any]) -> "Adaptation":
        """The adaptation whose `parameters` these are; KeyError or ValueError if they are of another format."""
        if parameters["format"] != FORMAT:
            raise ValueError("parameters of an adaptation in another format")
        numbers = {name: tuple(map(float, parameters[name])) for name in ("knots", "values", "sure_at", "sure")}
        return cls(words={word: float(weight) for word, weight in parameters["words"].items()}, **numbers)

    @property
    def is_identity(self) -> bool:
        """Whether every score stays as it is."""
        return self.knots == self.values and not self.words

    @property
    def version(self) -> str:
        """Changes with every number and word of it."""
        canonical = json.dumps(self.parameters(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return f"{NAME}-{FORMAT}+{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"

    def parameters(self) -> dict[str, Any]:
        """All of it as JSON values."""
        numbers = {name: list(getattr(self, name)) for name in ("knots", "values", "sure_at", "sure")}
        return {"format": FORMAT, **numbers, "words": dict(self.words)}

    def with_words(self, words: Mapping[str, float]) -> "Adaptation":
        """The same map, and these words."""
        return replace(self, words={word: round(weight, 6) for word, weight in sorted(words.items())})

    def map(self, scores: Floats) -> Floats:
        """The scores as mapped, before words and before they are kept within [−1, 1]."""
        return np.asarray(np.interp(scores, self.knots, self.values), dtype=np.float64)

    def scores(self, scores: Floats, corrections: Floats | None = None) -> Floats:
        """The adapted scores, in [−1, 1] with four decimals; `corrections` is what the words of each text add."""
        total = self.map(scores) if corrections is None else self.map(scores) + corrections
        return np.asarray(np.round(np.minimum(np.maximum(total, -1.0), 1.0), 4) + 0.0, dtype=np.float64)

    def found(self, text: str) -> list[tuple[int, str, float]]:
        """Where each of the words first stands in `text`, and what it adds there, in code points."""
        places = [(text.find(word), word, weight) for word, weight in self.words.items() if word in text]
        share = word_share([weight for _, _, weight in places])
        return [(start, word, weight * share) for start, word, weight in sorted(places)]


def word_share(weights: Sequence[float]) -> float:
    """What is left of each weight where these stand together: long texts say more words, and must not gain by it."""
    if not weights:
        return 0.0
    root = 1 / math.sqrt(len(weights))
    total = abs(sum(weights)) * root
    return root * min(1.0, MOST_CORRECTION / total) if total else root


class AdaptedCoder:
    """The codings of `base`, their scores adapted. Emotions and risk cues stay; blank texts do too."""

    name: Final = NAME

    def __init__(self, base: Coder, adaptation: Adaptation) -> None:
        self._base = base
        self._adaptation = adaptation
        self.version: Final = f"{adaptation.version}/{base.version}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text. Evidence is the base's and the words', and the rule `adapted` for what the map changed."""
        codings = self._base.code(texts, explain=explain)
        found = [self._adaptation.found(text) for text in texts]
        corrections = np.array([sum(share for *_, share in words) for words in found])
        scores = self._adaptation.scores(np.array([one.sentiment for one in codings]), corrections)
        return [
            self._adapted(coding, text, score, words, explain) if text.strip() else coding
            for coding, text, score, words in zip(codings, texts, scores.tolist(), found, strict=True)
        ]

    def _adapted(
        self, coding: Coding, text: str, score: float, words: Sequence[tuple[int, str, float]], explain: bool
    ) -> Coding:
        evidence = _evidence(coding, text, score, words) if explain else ()
        sure = self._confidence(coding, score)
        return replace(coding, sentiment=score, confidence=sure, label=label_of(score), evidence=evidence)

    def _confidence(self, coding: Coding, score: float) -> float:
        if self._adaptation.sure:
            return round(float(np.interp(abs(score), self._adaptation.sure_at, self._adaptation.sure)), 4)
        # Of two signs the other one is right as often as the base's is wrong.
        return coding.confidence if coding.sentiment * score >= 0 else round(1 - coding.confidence, 4)


def _evidence(coding: Coding, text: str, score: float, words: Sequence[tuple[int, str, float]]) -> tuple[Evidence, ...]:
    spans = [Evidence(start, start + len(word), word, share, f"{NAME}+word") for start, word, share in words]
    rest = score - sum(span.contribution for span in (*coding.evidence, *spans))
    whole = [Evidence(0, len(text), text, rest, NAME)] if abs(rest) > 1e-9 else []
    return tuple(sorted((*whole, *coding.evidence, *spans), key=lambda span: (span.start, -span.end)))
