"""Cues of danger for a person to look at: self-harm, and emergencies after treatment."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch
from nlp.coding import Cue
from nlp.lexicon.entries import FOLDER, load_risk
from nlp.lexicon.matcher import PhraseMatcher, longest

DENIED: Final = ("没有", "没", "无", "未", "并无", "否认", "不再", "没再", "沒有", "沒", "冇")
SUPPOSED: Final = (
    "担心",
    "害怕",
    "怕",
    "万一",
    "如果",
    "要是",
    "以防",
    "会不会",
    "預防",
    "预防",
    "擔心",
    "避免",
    "防止",
)
_LOOK_BACK: Final = 4


class RiskFinder:
    """Longest match over risk.tsv; a look-alike (`not_risk`) takes the place of the cue it covers.

    An emergency that is denied or only feared right before it is none. Self-harm is never explained away.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        cues = load_risk(folder)
        self._kinds = tuple(cues.values())
        self._matcher = PhraseMatcher(tuple(cues))

    def find(self, batch: Batch, hashes: NDArray[np.uint64], texts: Sequence[str]) -> dict[int, tuple[Cue, ...]]:
        """By index of the text its cues in order; texts without one are absent."""
        found = self._matcher.candidates(hashes)
        if found.start.size == 0:
            return {}
        kept = longest(found)
        cues: defaultdict[int, list[Cue]] = defaultdict(list)
        for start, end, phrase in zip(kept.start.tolist(), kept.end.tolist(), kept.phrase.tolist(), strict=True):
            index = int(batch.owner[start])
            offset = int(batch.starts[index])
            kind = self._kinds[phrase]
            if kind == "self_harm" or (kind == "emergency" and not _unreal(texts[index], start - offset)):
                cue = Cue(kind, start - offset, end - offset, texts[index][start - offset : end - offset])
                cues[index].append(cue)
        return {index: tuple(found) for index, found in cues.items()}


def _unreal(text: str, start: int) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    return before.endswith(DENIED) or any(word in before for word in SUPPOSED)
