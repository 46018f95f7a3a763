"""What the words of a text come to once negation, degree, contrast and change have acted on them.

All rules run over the matches of a whole batch at once; a match sees its neighbours by shifted arrays.
Contributions are counted in thousandths, as integers, so that sums do not depend on their order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch
from nlp.clauses import clause_ends, quotes, sentence_ends, within_bmp
from nlp.coding import EMOTIONS
from nlp.lexicon.effects import BIT, UNIT, LexiconReading
from nlp.lexicon.entries import Phrase, Role
from nlp.lexicon.matcher import Matches

REACH: Final = 3
"""How many matches back a modifier may stand."""
GAP: Final = 3
"""How many unmatched characters may stand between neighbours of one scope."""

RELIEF: Final = -1.0
EASED: Final = -0.3
"""What is left of a symptom before a word of its change for the better, which speaks for itself: 焦虑减轻了."""
DAMPED: Final = 0.3
RAISED: Final = 1.2
PROMISE_IN_DOUBT: Final = -0.3
FLIPPED_PRAISE: Final = -0.8
STRONGEST: Final = 2.2

_CALM: Final = EMOTIONS.index("安心")
_LETDOWN: Final = EMOTIONS.index("失望")
_NO_EMOTION: Final = len(EMOTIONS)
_LABELS_A_WORD: Final = 3
_COMPLETED: Final = ord("了")
_BACK: Final = np.arange(1, REACH + 1)
_FARTHEST: Final = GAP + 2 * (_BACK - 1)

_FEELING: Final = int(Role.FEELING)
_DEGREE_BEHIND: Final = int(Role.DEGREE_BEHIND)
_GONE: Final = int(Role.GONE)
_NEGATOR: Final = int(Role.NEGATOR)
_AFFIRMED: Final = int(Role.AFFIRMED)
_STOPPED: Final = int(Role.STOPPED)


def _roles(*roles: Role) -> NDArray[np.bool_]:
    """By role: is it one of these."""
    table = np.zeros(len(Role), dtype=np.bool_)
    table[list(roles)] = True
    return table


_IS_TURN: Final = _roles(Role.CONTRAST, Role.CONTRAST_OPENING)
_IS_OPENING: Final = _roles(Role.CONTRAST_OPENING)
_COMPLETES: Final = _roles(Role.DEGREE_BEHIND, Role.GONE)
_IS_PASSED: Final = _roles(Role.PLAIN, Role.DEGREE, Role.ARRIVAL)
"""What may stand between a feeling and its complement: 疼痛 已经明显 缓解."""

_MODIFIERS: Final = {
    Role.NEGATOR: "negation", Role.STOPPED: "negation", Role.DEGREE: "degree", Role.AFFIRMED: "double_negation",
    Role.ONSET: "recurrence", Role.ARRIVAL: "arrival",
}  # fmt: skip


def _modifier_tables() -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """By (role, valence below zero): does it modify; and by role: the bit of its rule."""
    modifies = np.zeros((len(Role), 2), dtype=np.bool_)
    bits = np.zeros(len(Role), dtype=np.int64)
    for role, rule in _MODIFIERS.items():
        modifies[role] = (role != Role.ONSET, role != Role.ARRIVAL)
        bits[role] = BIT[rule]
    return modifies, bits


_MODIFIES, _RULE_BIT = _modifier_tables()
_IS_MODIFIER: Final = _roles(*_MODIFIERS)


class ScopedLexicon:
    """Reads matches of `phrases` (same order as in the matcher) with their scopes."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._role = np.array([phrase.role for phrase in phrases], dtype=np.int64)
        self._weight = np.array([phrase.weight for phrase in phrases])
        self._valence = np.array([phrase.valence for phrase in phrases])
        self._eases = np.array([phrase.eases for phrase in phrases], dtype=np.bool_)
        self._emotion = np.array([_padded(phrase.emotions) for phrase in phrases], dtype=np.int64)

    def read(self, batch: Batch, matches: Matches) -> LexiconReading:
        """The effect of each match, in the order of the matches."""
        codes = within_bmp(batch.codes)
        sentences = sentence_ends(codes)
        scene = self._scene(batch, matches, codes, sentences)
        present = np.bincount(scene.role, minlength=len(Role)).tolist()
        for causes, act in _ACTS:
            if any(present[cause] for cause in causes):
                act(scene)
        quoted = quotes(codes)
        if quoted.any():
            _scare(scene, quoted[matches.start - 1] & quoted[matches.end])
        strength = np.maximum(np.minimum(scene.factor, STRONGEST), -STRONGEST)
        effect = np.rint(scene.valence * strength * UNIT).astype(np.int64)
        turned = scene.valence * effect < 0
        emotion = _turned_emotions(self._emotion[matches.phrase], scene.valence, turned)
        turned = (turned | (scene.role == _AFFIRMED)).nonzero()[0]
        spans = np.empty((turned.size, 2), dtype=np.int64)
        spans[:, 0], spans[:, 1] = scene.first[turned], scene.last[turned]
        contrasts = matches.start[_IS_TURN[scene.role]]
        return LexiconReading(matches, scene.owner, effect, scene.rules, emotion, spans, contrasts, sentences)

    def _scene(
        self, batch: Batch, matches: Matches, codes: NDArray[np.uint32], sentences: NDArray[np.bool_]
    ) -> "_Scene":
        start, end, phrase = matches.start, matches.end, matches.phrase
        ends = clause_ends(codes)
        opens = ends[start - 1]
        role = self._role[phrase]
        role[_IS_OPENING[role] & ~opens] = 0
        return _Scene(
            role, self._weight[phrase], self._valence[phrase], self._eases[phrase], ends.cumsum(dtype=np.int64)[start],
            sentences.cumsum(dtype=np.int64)[start], batch.owner[start], start, end, start.copy(), end.copy(),
            (codes[end] == _COMPLETED) | (codes[end - 1] == _COMPLETED), opens,
            np.ones(start.size), np.zeros(start.size, dtype=np.int64),
        )  # fmt: skip


@dataclass(slots=True)
class _Scene:
    """What the rules see of the matches and what they write: `factor`, `rules`, `first` and `last` of what was turned.

    Not frozen: setting so many fields one by one is what freezing costs, and that counts for one text.
    """

    role: NDArray[np.int64]
    weight: NDArray[np.float64]
    valence: NDArray[np.float64]
    eases: NDArray[np.bool_]
    clause: NDArray[np.int64]
    sentence: NDArray[np.int64]
    owner: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    completed: NDArray[np.bool_]
    opens: NDArray[np.bool_]
    factor: NDArray[np.float64]
    rules: NDArray[np.int64]

    def multiply(self, where: NDArray[np.bool_], by: NDArray[np.float64] | float, rule: str) -> None:
        """Applies a rule to the matches that a mask names."""
        if where.any():
            self.factor[where] *= by[where] if isinstance(by, np.ndarray) else by
            self.rules[where] |= BIT[rule]


def _padded(emotions: tuple[int, ...]) -> tuple[int, ...]:
    return (*emotions, _NO_EMOTION, _NO_EMOTION, _NO_EMOTION)[:_LABELS_A_WORD]


def _look_back(scene: _Scene) -> None:
    """Modifiers stand before what they modify: 不太疼, 非常安心, 再也不害怕了."""
    modifier = _IS_MODIFIER[scene.role]
    if not modifier.any():
        return
    behind = modifier.copy()
    behind[1:] |= modifier[:-1]
    behind[2:] |= modifier[:-2]
    felt = (behind[:-1] & (scene.role[1:] == _FEELING)).nonzero()[0] + 1
    at = np.maximum(felt[:, None] - _BACK, 0)
    role = scene.role[at]
    reached = (scene.clause[at] == scene.clause[felt][:, None]) & (felt[:, None] >= _BACK)
    reached &= scene.start[felt][:, None] - scene.end[at] <= _FARTHEST + _covered(scene, felt, at)
    reached &= role != _FEELING
    reached[:, 1] &= reached[:, 0]
    reached[:, 2] &= reached[:, 1]
    low = scene.valence[felt] < 0
    reached &= _MODIFIES[role, low[:, None].astype(np.int64)]
    if not reached.any():
        return
    stopped = role == _STOPPED
    over = reached & low[:, None] & (stopped | ((role == _NEGATOR) & scene.completed[felt][:, None]))
    by = np.where(reached, np.where(over, RELIEF, scene.weight[at]), 1.0)
    bits = np.where(reached, np.where(over, BIT["relief"], _RULE_BIT[role]), 0)
    scene.factor[felt] = by[:, 0] * by[:, 1] * by[:, 2]
    scene.first[felt] = np.where(reached, scene.start[at], scene.start[felt][:, None]).min(axis=1)
    scene.rules[felt] = bits[:, 0] | bits[:, 1] | bits[:, 2]


def _covered(scene: _Scene, felt: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the characters between are matches themselves, which do not count as a gap."""
    width = scene.end - scene.start
    between = np.zeros_like(at)
    between[:, 1] = width[at[:, 0]]
    between[:, 2] = between[:, 1] + width[at[:, 1]]
    return between


def _look_ahead(scene: _Scene) -> None:
    """Complements stand behind, at most one plain word away: 疼得要命, 恶心的感觉消失了, 焦虑明显减轻."""
    role = scene.role
    behind = (_COMPLETES[role] | scene.eases)[1:].nonzero()[0] + 1
    if behind.size == 0:
        return
    near = (scene.clause[behind - 1] == scene.clause[behind]) & (scene.start[behind] - scene.end[behind - 1] <= GAP)
    behind = behind[near]
    passing = _IS_PASSED[role[behind - 1]]
    _complete(scene, behind[~passing] - 1, behind[~passing])
    behind = behind[passing & (behind >= 2)]
    near = (scene.clause[behind - 2] == scene.clause[behind]) & (scene.start[behind - 1] - scene.end[behind - 2] <= GAP)
    _complete(scene, behind[near] - 2, behind[near])


def _complete(scene: _Scene, felt: NDArray[np.int64], behind: NDArray[np.int64]) -> None:
    """`felt` and `behind` (pairs,): where `felt` is a feeling, what stands behind completes it."""
    feels = scene.role[felt] == _FEELING
    felt, behind = felt[feels], behind[feels]
    if felt.size == 0:
        return
    role = scene.role[behind]
    degree = role == _DEGREE_BEHIND
    scene.factor[felt[degree]] *= scene.weight[behind[degree]]
    scene.rules[felt[degree]] |= BIT["degree"]
    low = scene.valence[felt] < 0
    gone = felt[(role == _GONE) & low]
    scene.factor[gone] *= RELIEF
    eased = felt[scene.eases[behind] & (scene.factor[behind] > 0) & low & (scene.factor[felt] > 0)]
    scene.factor[eased] *= EASED
    turned = np.concatenate((gone, eased))
    scene.rules[turned] |= BIT["relief"]
    scene.last[felt] = scene.end[behind]


def _last_of(marks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each match the index of the last marked one at or before it, -1 if none."""
    return np.maximum.accumulate(np.where(marks, np.arange(marks.size), -1))


def _within(scene: _Scene, role: Role, unit: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which matches follow one of this role inside the same clause or sentence, and which one."""
    last = _last_of(scene.role == role)
    return (last >= 0) & (unit[last] == unit) & (scene.role != role), last


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


def _scare(scene: _Scene, quoted: NDArray[np.bool_]) -> None:
    """Praise in quotation marks of its own is none: 真是“贴心”."""
    scene.multiply(quoted & (scene.valence > 0) & (scene.factor > 0), FLIPPED_PRAISE, "irony")


def _contrast(scene: _Scene) -> None:
    """虽然…但是: what follows decides. A contrast that opens a sentence also weighs down the sentence before it."""
    turns = _IS_TURN[scene.role]
    size = turns.size
    following = np.minimum.accumulate(np.where(turns, np.arange(size), size)[::-1])[::-1]
    reachable = np.minimum(following, size - 1)
    distance = scene.sentence[reachable] - scene.sentence
    before = (following < size) & (scene.owner[reachable] == scene.owner) & ~turns
    before &= (distance == 0) | ((distance == 1) & scene.opens[reachable])
    scene.multiply(before, DAMPED, "before_contrast")
    last = _last_of(turns)
    after = (last >= 0) & (scene.sentence[last] == scene.sentence) & ~before & ~turns
    scene.multiply(after, RAISED, "after_contrast")


def _concede(scene: _Scene) -> None:
    """A concession that no contrast answers still weighs less: 疼是疼, 就算好了."""
    conceded, last = _within(scene, Role.CONCEDED, scene.clause)
    settled = (scene.rules & (BIT["before_contrast"] | BIT["after_contrast"])) > 0
    scene.multiply(conceded & ~settled, scene.weight[last], "concession")


_ACTS: Final[tuple[tuple[tuple[int, ...], Callable[[_Scene], None]], ...]] = (
    ((int(Role.FEELING),), _look_back),
    ((int(Role.FEELING),), _look_ahead),
    ((int(Role.SUPPOSED), int(Role.REGRET)), _suppose),
    ((int(Role.WORRY),), _doubt),
    ((int(Role.IRONY),), _mock),
    ((int(Role.CONTRAST), int(Role.CONTRAST_OPENING)), _contrast),
    ((int(Role.CONCEDED),), _concede),
)
"""Which roles call for which rule, in the order in which the rules act."""


def _turned_emotions(
    emotion: NDArray[np.int64], valence: NDArray[np.float64], turned: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """A symptom that is gone calms, a virtue that is missing disappoints."""
    if turned.any():
        emotion[turned] = _NO_EMOTION
        emotion[turned, 0] = np.where(valence[turned] < 0, _CALM, _LETDOWN)
    return emotion
