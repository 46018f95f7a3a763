"""What the words of a text come to once negation, degree, contrast and change have acted on them.

All rules run over the matches of a whole batch at once; a match sees its neighbours by shifted arrays.
Contributions are counted in thousandths, as integers, so that sums do not depend on their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch
from nlp.clauses import clause_ends, sentence_ends, within_bmp
from nlp.coding import EMOTIONS
from nlp.lexicon.entries import Phrase, Role
from nlp.lexicon.matcher import Matches

RULES: Final = (
    "word", "negation", "relief", "degree", "double_negation", "recurrence", "arrival", "hypothetical",
    "worry", "irony", "concession", "before_contrast", "after_contrast",
)  # fmt: skip
_BIT: Final = {rule: 1 << place for place, rule in enumerate(RULES)}

REACH: Final = 3
"""How many matches back a modifier may stand."""
GAP: Final = 3
"""How many unmatched characters may stand between neighbours of one scope."""

RELIEF: Final = -1.0
DAMPED: Final = 0.3
RAISED: Final = 1.2
ONSET: Final = 1.2
PROMISE_IN_DOUBT: Final = -0.3
FLIPPED_PRAISE: Final = -0.8
STRONGEST: Final = 2.2
UNIT: Final = 1000

_CALM: Final = EMOTIONS.index("安心")
_LETDOWN: Final = EMOTIONS.index("失望")
_NO_EMOTION: Final = len(EMOTIONS)
_LABELS_A_WORD: Final = 3

_COMPLETED: Final = ord("了")


@dataclass(frozen=True, slots=True)
class LexiconReading:
    """Per match: where it stands, its `effect` in thousandths of a valence step, and the `rules` bits that shaped it.

    `emotion` is (matches, 3), indices of EMOTIONS, len(EMOTIONS) where there is none.
    """

    matches: Matches
    owner: NDArray[np.int64]
    effect: NDArray[np.int64]
    rules: NDArray[np.int64]
    emotion: NDArray[np.int64]


def rule_names(bits: int) -> str:
    """`negation+degree` and the like; `word` where nothing acted on the word."""
    return "+".join(rule for rule in RULES if bits & _BIT[rule]) or RULES[0]


class ScopedLexicon:
    """Reads matches of `phrases` (same order as in the matcher) with their scopes."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._role = np.array([phrase.role for phrase in phrases], dtype=np.int64)
        self._weight = np.array([phrase.weight for phrase in phrases])
        self._valence = np.array([phrase.valence for phrase in phrases])
        self._emotion = np.array([_padded(phrase.emotions) for phrase in phrases], dtype=np.int64)

    def read(self, batch: Batch, matches: Matches) -> LexiconReading:
        """The effect of each match, in the order of the matches."""
        scene = self._scene(batch, matches)
        for act in (_look_back, _look_ahead, _suppose, _doubt, _mock, _contrast):
            act(scene)
        strength = np.clip(scene.factor, -STRONGEST, STRONGEST)
        effect = np.rint(scene.valence * strength * UNIT).astype(np.int64)
        emotion = _turned_emotions(self._emotion[matches.phrase], scene.valence, effect)
        return LexiconReading(matches, batch.owner[matches.start], effect, scene.rules, emotion)

    def _scene(self, batch: Batch, matches: Matches) -> "_Scene":
        codes = within_bmp(batch.codes)
        ends = clause_ends(codes)
        clause = np.cumsum(ends, dtype=np.int64)
        sentence = np.cumsum(sentence_ends(codes), dtype=np.int64)
        opens = ends[matches.start - 1]
        role = self._role[matches.phrase]
        role = np.where((role == Role.CONTRAST_OPENING) & ~opens, Role.PLAIN, role)
        count = matches.start.size
        return _Scene(
            role, self._weight[matches.phrase], self._valence[matches.phrase], clause[matches.start],
            sentence[matches.start], batch.owner[matches.start], matches.start, matches.end,
            (codes[matches.end] == _COMPLETED) | (codes[matches.end - 1] == _COMPLETED), opens,
            np.ones(count), np.zeros(count, dtype=np.int64),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scene:
    role: NDArray[np.int64]
    weight: NDArray[np.float64]
    valence: NDArray[np.float64]
    clause: NDArray[np.int64]
    sentence: NDArray[np.int64]
    owner: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    completed: NDArray[np.bool_]
    opens: NDArray[np.bool_]
    factor: NDArray[np.float64]
    rules: NDArray[np.int64]

    def multiply(self, where: NDArray[np.bool_], by: NDArray[np.float64] | float, rule: str) -> None:
        """Applies a rule to the matches that a mask names."""
        if where.any():
            self.factor[where] *= by[where] if isinstance(by, np.ndarray) else by
            self.rules[where] |= _BIT[rule]


def _padded(emotions: tuple[int, ...]) -> tuple[int, ...]:
    return (*emotions, _NO_EMOTION, _NO_EMOTION, _NO_EMOTION)[:_LABELS_A_WORD]


def _look_back(scene: _Scene) -> None:
    """Modifiers stand before what they modify: 不太疼, 非常安心, 再也不害怕了."""
    open_scope = scene.role == Role.FEELING
    size = scene.role.size
    for back in range(1, min(REACH, size - 1) + 1):
        near = np.zeros(size, dtype=np.bool_)
        near[back:] = (scene.start[back:] - np.roll(scene.end, back)[back:] <= GAP + 2 * (back - 1)) & (
            scene.clause[back:] == scene.clause[:-back]
        )
        role, weight = np.roll(scene.role, back), np.roll(scene.weight, back)
        open_scope = open_scope & near & (role != Role.FEELING)
        _modify(scene, open_scope, role, weight)


def _modify(scene: _Scene, reached: NDArray[np.bool_], role: NDArray[np.int64], weight: NDArray[np.float64]) -> None:
    negated = reached & ((role == Role.NEGATOR) | (role == Role.STOPPED))
    over = negated & (scene.valence < 0) & (scene.completed | (role == Role.STOPPED))
    scene.multiply(over, RELIEF, "relief")
    scene.multiply(negated & ~over, weight, "negation")
    scene.multiply(reached & (role == Role.DEGREE), weight, "degree")
    scene.multiply(reached & (role == Role.AFFIRMED), weight, "double_negation")
    scene.multiply(reached & (role == Role.ONSET) & (scene.valence < 0), ONSET, "recurrence")
    scene.multiply(reached & (role == Role.ARRIVAL) & (scene.valence > 0), weight, "arrival")


def _look_ahead(scene: _Scene) -> None:
    """Complements stand behind: 疼得要命, 疼痛消失了."""
    if scene.role.size < 2:
        return
    near = np.append((scene.start[1:] - scene.end[:-1] <= GAP) & (scene.clause[1:] == scene.clause[:-1]), False) & (
        scene.role == Role.FEELING
    )
    role, weight = np.roll(scene.role, -1), np.roll(scene.weight, -1)
    scene.multiply(near & (role == Role.DEGREE_BEHIND), weight, "degree")
    scene.multiply(near & (role == Role.GONE) & (scene.valence < 0), RELIEF, "relief")


def _last_of(scene: _Scene, marks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each match the index of the last marked one at or before it, -1 if none."""
    return np.maximum.accumulate(np.where(marks, np.arange(marks.size), -1))


def _within(scene: _Scene, role: Role, unit: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which matches follow one of this role inside the same clause or sentence, and which one."""
    if not (scene.role == role).any():
        return np.zeros(scene.role.size, dtype=np.bool_), np.zeros(scene.role.size, dtype=np.int64)
    last = _last_of(scene, scene.role == role)
    follows = (last >= 0) & (unit[last] == unit) & (last != np.arange(last.size))
    return follows, last


def _suppose(scene: _Scene) -> None:
    """What is only wished or supposed has not happened: 如果没有感染, 要是能早点好."""
    follows, last = _within(scene, Role.SUPPOSED, scene.clause)
    scene.multiply(follows, scene.weight[last], "hypothetical")
    regretted, _ = _within(scene, Role.REGRET, scene.sentence)
    scene.multiply(regretted & (scene.valence > 0), PROMISE_IN_DOUBT, "hypothetical")


def _doubt(scene: _Scene) -> None:
    """会不会好？ is worry, not hope."""
    follows, _ = _within(scene, Role.WORRY, scene.clause)
    scene.multiply(follows & (scene.valence > 0), PROMISE_IN_DOUBT, "worry")


def _mock(scene: _Scene) -> None:
    """Praise in the sentence of an irony cue is turned round, before the cue and after it."""
    cues = scene.role == Role.IRONY
    if cues.any():
        mocked = np.isin(scene.sentence, scene.sentence[cues])
        scene.multiply(mocked & ~cues & (scene.valence > 0), FLIPPED_PRAISE, "irony")


def _contrast(scene: _Scene) -> None:
    """虽然…但是: what follows decides. A contrast that opens a sentence also weighs down the sentence before it."""
    turns = (scene.role == Role.CONTRAST) | (scene.role == Role.CONTRAST_OPENING)
    size = turns.size
    following = np.minimum.accumulate(np.where(turns, np.arange(size), size)[::-1])[::-1]
    reachable = np.minimum(following, size - 1)
    distance = scene.sentence[reachable] - scene.sentence
    before = (following < size) & (scene.owner[reachable] == scene.owner) & ~turns
    before &= (distance == 0) | ((distance == 1) & scene.opens[reachable])
    scene.multiply(before, DAMPED, "before_contrast")
    last = _last_of(scene, turns)
    after = (last >= 0) & (scene.sentence[last] == scene.sentence) & ~before & ~turns
    scene.multiply(after, RAISED, "after_contrast")
    conceded, _ = _within(scene, Role.CONCEDED, scene.clause)
    scene.multiply(conceded & ~before & ~after, 0.5, "concession")


def _turned_emotions(
    emotion: NDArray[np.int64], valence: NDArray[np.float64], effect: NDArray[np.int64]
) -> NDArray[np.int64]:
    """A symptom that is gone calms, a virtue that is missing disappoints."""
    turned = valence * effect < 0
    if turned.any():
        emotion[turned] = _NO_EMOTION
        emotion[turned, 0] = np.where(valence[turned] < 0, _CALM, _LETDOWN)
    return emotion
