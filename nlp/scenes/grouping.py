"""Which phrases tell of the same scene: the same object, part of the body or moment, and the same thing that happened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

from nlp.scenes.clauses import edges_of, normal, word_spans
from nlp.scenes.patterns import SYMPTOM
from nlp.scenes.tables import details, frame_words, need_cues

SAME_FROM: Final = 0.5
"""Two phrases whose likeness reaches this tell of one scene."""

CONTAINED: Final = 0.8
"""What it counts that a short phrase lies wholly within a long one, if they share at least ENOUGH."""

ENOUGH: Final = 3.0
ANCHOR: Final = 1.5
"""Two phrases of one scene share a word that weighs at least so much: what it was about."""

TWO_PARTS: Final = 2.7
"""Phrases that share such a word and another of the tables, together of this weight, tell of one scene: 夜里 and 疼."""

_WEIGHTS: Final = {
    "body": 1.6, "symptom": 2.0, "event": 2.2, "object": 2.0, "place": 1.2, "who": 0.8, "time": 0.8, "abstract": 1.6,
    "verdict": 1.0,
}  # fmt: skip
_WORD: Final = 1.3
_PART: Final = 0.7
_CHARACTER: Final = 0.5

Traits = Mapping[str, float]


@lru_cache(maxsize=4096)
def traits_of(phrase: str) -> Traits:
    """Return what the phrase is about, each with its weight: concepts of the tables, and further words of content."""
    plain = normal(phrase)
    traits: dict[str, float] = {}
    taken: set[int] = set()
    for found in details().find(plain, edges_of(plain)):
        weight = _WEIGHTS[found.word.kind] * (0.4 if found.word.strength < 0.5 else 1.0)
        traits[found.word.concept] = max(weight, traits.get(found.word.concept, 0.0))
        taken.update(range(found.start, found.end))
    for match in SYMPTOM.finditer(plain):
        traits[plain[match.start()]] = _WEIGHTS["body"]
        traits[_symptom(match["symptom"])] = _WEIGHTS["symptom"]
        taken.update(range(match.start(), match.end()))
    for cue in need_cues().find(plain):
        if cue.word.kind != "not":
            traits[f"?{cue.word.kind}"] = 0.6
            taken.update(range(cue.start, cue.end))
    for start, end in word_spans(plain):
        word = plain[start:end]
        if word not in _stop() and taken.isdisjoint(range(start, end)):
            traits.setdefault(word, _WORD if len(word) > 1 else _CHARACTER)
    return traits


def likeness(one: Traits, other: Traits) -> float:
    """Return how far two phrases tell of the same, 0 to 1; 0 where they share nothing they could be about."""
    shared = {name: min(weight, other[name]) for name, weight in one.items() if name in other}
    anchored = any(weight >= ANCHOR for weight in shared.values())
    if not anchored and len(shared) < 2:
        return 0.0
    common = sum(shared.values())
    sizes = sum(one.values()), sum(other.values())
    dice = 2 * common / (sizes[0] + sizes[1])
    within = CONTAINED * common / min(sizes) if common >= ENOUGH else 0.0
    parts = [weight for weight in shared.values() if weight >= _PART and weight != _WORD]
    scene = SAME_FROM if anchored and len(parts) > 1 and sum(parts) >= TWO_PARTS else 0.0
    return max(dice, within, min(scene + dice / 4, 1.0) if scene else 0.0)


def grouped(phrases: Sequence[str]) -> list[list[int]]:
    """Return the indices of ``phrases`` by scene; groups and their members in the order in which they stand.

    Each phrase goes to the scene whose first phrase it is most like, and else begins one of its own.
    """
    leaders: list[tuple[Traits, list[int]]] = []
    by_trait: defaultdict[str, list[int]] = defaultdict(list)
    for index, phrase in enumerate(phrases):
        traits = traits_of(phrase)
        rivals = sorted({place for name in traits for place in by_trait[name]})
        likest = max(((likeness(traits, leaders[place][0]), -place) for place in rivals), default=(0.0, 0))
        if likest[0] >= SAME_FROM:
            leaders[-likest[1]][1].append(index)
            continue
        for name in traits:
            by_trait[name].append(len(leaders))
        leaders.append((traits, [index]))
    return [members for _, members in leaders]


def most_telling(phrases: Sequence[str], specificities: Sequence[float]) -> int:
    """Return the index of the phrase that stands best for a group: specific, like the others, not long."""
    everything: defaultdict[str, int] = defaultdict(int)
    for phrase in phrases:
        for name in traits_of(phrase):
            everything[name] += 1

    def worth(index: int) -> float:
        traits = traits_of(phrases[index])
        common = sum(everything[name] for name in traits) / (len(phrases) * max(len(traits), 1))
        return min(specificities[index], 0.8) + 0.6 * common - 0.01 * len(phrases[index])

    return max(range(len(phrases)), key=lambda index: (worth(index), -index))


def _symptom(character: str) -> str:
    return "疼" if character in "疼痛" else character


@cache
def _stop() -> frozenset[str]:
    return frozenset(frame_words("stop") + frame_words("front") + frame_words("back"))
