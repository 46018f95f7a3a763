"""Short wordings that many people of a study use, and what each says beyond the coder's score."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.adapted import word_share

SIZES: Final = (2, 3, 4)
LEAST_PEOPLE: Final = 8
"""What fewer people say is left out: an adaptation is kept after they are gone, and must not quote anybody."""
MOST_CANDIDATES: Final = 2000
MOST_WORDS: Final = 30
SHRINK: Final = 30.0
ALIKE: Final = 0.8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wordings:
    """Runs of 2 to 4 letters, and the statements in which each stands: `present` has shape (statements, words)."""

    words: tuple[str, ...]
    present: NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[str], person: NDArray[np.int64]) -> "Wordings":
        """What at least LEAST_PEOPLE of the people that `person` numbers say, the most frequent; nobody's codes decide."""
        said: dict[str, set[int]] = defaultdict(set)
        people: dict[str, set[int]] = defaultdict(set)
        for index, text in enumerate(texts):
            for word in _runs(text):
                said[word].add(index)
                people[word].add(int(person[index]))
        shared = [word for word, who in people.items() if len(who) >= LEAST_PEOPLE]
        words = tuple(sorted(shared, key=lambda word: (-len(said[word]), word))[:MOST_CANDIDATES])
        present = np.zeros((len(texts), len(words)), dtype=np.bool_)
        for column, word in enumerate(words):
            present[list(said[word]), column] = True
        return cls(words, present)

    def some(self, rows: NDArray[np.bool_]) -> "Wordings":
        """The same words, in these statements only."""
        return Wordings(self.words, self.present[rows])

    def corrections(self, rest: Floats) -> dict[str, float]:
        """The few words that go with `rest` (statements,) most, and by ridge what each adds to the score."""
        chosen = self._telling(rest)
        if not chosen:
            return {}
        present = self.present[:, chosen].astype(np.float64)
        shared = present / np.sqrt(np.maximum(present.sum(axis=1, keepdims=True), 1))
        weights = np.linalg.solve(shared.T @ shared + SHRINK * np.eye(len(chosen)), shared.T @ rest)
        return {self.words[column]: float(weight) for column, weight in zip(chosen, weights, strict=True)}

    def total(self, words: Mapping[str, float]) -> Floats:
        """What `words` add to each statement, as AdaptedCoder adds it; shape (statements,)."""
        columns = [column for column, word in enumerate(self.words) if word in words]
        weights = [words[self.words[column]] for column in columns]
        totals = np.zeros(self.present.shape[0])
        for row, present in enumerate(self.present[:, columns]):
            there = [weight for weight, said in zip(weights, present, strict=True) if said]
            totals[row] = sum(there) * word_share(there)
        return totals

    def _telling(self, rest: Floats) -> list[int]:
        """Columns by how surely their statements' mean of `rest` differs from 0, leaving out what says the same again."""
        count = self.present.sum(axis=0)
        spread = float(rest.std()) or 1.0
        sureness = np.abs(rest @ self.present) / (spread * np.sqrt(np.maximum(count, 1)))
        chosen: list[int] = []
        # Of runs that stand in the same statements the longest: it reads best.
        order = sorted(
            range(len(self.words)), key=lambda column: (-round(sureness[column], 9), -len(self.words[column]))
        )
        for column in order:
            if len(chosen) == MOST_WORDS or sureness[column] < 1:
                break
            if count[column] and not any(self._alike(column, other) for other in chosen):
                chosen.append(column)
        return chosen

    def _alike(self, one: int, other: int) -> bool:
        both = (self.present[:, one] & self.present[:, other]).sum()
        return bool(both >= ALIKE * min(self.present[:, one].sum(), self.present[:, other].sum()))


def _runs(text: str) -> set[str]:
    return {
        text[start : start + size]
        for size in SIZES
        for start in range(len(text) - size + 1)
        if text[start : start + size].isalpha()
    }
