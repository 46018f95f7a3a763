"""What reading a text by words gives: effects of words, and the rules that shaped them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.lexicon.matcher import Matches

RULES: Final = (
    "word", "negation", "relief", "degree", "double_negation", "recurrence", "arrival", "hypothetical",
    "worry", "irony", "concession", "before_contrast", "after_contrast",
)  # fmt: skip
BIT: Final = {rule: 1 << place for place, rule in enumerate(RULES)}
"""By rule its bit in a set of rules."""

UNIT: Final = 1000
"""Effects are counted in such parts of a valence step."""


@dataclass(frozen=True, slots=True)
class LexiconReading:
    """Per match: where it stands, its `effect` in thousandths of a valence step, and the `rules` bits that shaped it.

    `emotion` is (matches, 3), indices of EMOTIONS, len(EMOTIONS) where there is none. `turned` is (spans, 2), first
    position and the one behind the last: words whose effect is against their own valence, with what turned them, and
    double negations. `contrasts` are the positions where a 但是 stands, `sentence_ends` is a mask over positions.
    """

    matches: Matches
    owner: NDArray[np.int64]
    effect: NDArray[np.int64]
    rules: NDArray[np.int64]
    emotion: NDArray[np.int64]
    turned: NDArray[np.int64]
    contrasts: NDArray[np.int64]
    sentence_ends: NDArray[np.bool_]


def rule_names(bits: int) -> str:
    """`negation+degree` and the like; `word` where nothing acted on the word."""
    return "+".join(rule for rule in RULES if bits & BIT[rule]) or RULES[0]
