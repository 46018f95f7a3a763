"""The passages of one statement that a scene may be made of: who suffers, is glad, or misses something in which words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nlp.scenes.clauses import Clause, clauses_of, normal, trimmed
from nlp.scenes.effort import clause_effort
from nlp.scenes.specificity import read_specificity
from nlp.scenes.spoken import SceneKind
from nlp.scenes.tables import need_cues

FELT_FROM: Final = 0.3
"""A clause with a score of at least this size is felt; between statement and clause, the clause counts OWN."""

OWN: Final = 0.85
CLEARLY: Final = 0.08
"""The clause by itself must lean the same way by this much."""

AGAINST: Final = 0.4
"""So much where the statement leans the other way; then the clause alone counts."""

BARE: Final = 0.2
"""A passage less specific than this is read with the clause before it."""

LONGEST_PHRASE: Final = 36
SHORTEST_PHRASE: Final = 4
MOST_PER_STATEMENT: Final = 3
_SETTING: Final = 14
"""A clause of up to so many characters before a passage may set its scene (拆线那天, …)."""

MIXED: Final = 0.2
PLAIN: Final = 0.35
"""What is missed or was hard counts at least so much against a clause whose score stays below MIXED; ease, for it."""

HARD_FROM: Final = 5.5
EASY_TO: Final = 2.0

_MISSED: Final = frozenset(("unknown", "untold"))
_WISHES: Final = frozenset(("wish", "request"))
_WISHED: Final = re.compile("(?:要是|如果|假如|若是|能|有).*(?:就好了|该多好|就更好了|多好啊|就完美了|就行了)")
_REPORTED: Final = re.compile(
    '(?:医生|大夫|主任|护士|专家|医师|教授|客服|前台|师傅|他|她|他们|人家|对方|短信|信息|说明书|单子上|网上|系统|妈|爸|老伴|女儿|儿子|老公|老婆)(?!我)[^我，]{0,4}$|[“"「『]$'
)
"""Before a wish or a request: it is another's, or quoted."""

_SETS_SCENE: Final = re.compile(
    "天|晚|夜|点|时候|之后|以后|后|上午|下午|早上|那会|路上|回家|到家|完|刚|周|月|门口|里|上"
)
_NOT_ALONE: Final = re.compile("^(?:的|了|还|又|也|都|就|才|再|却|连|更|可|一|把|被|让|害)")


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a statement (code points), its own score and how specific it is."""

    kind: SceneKind
    start: int
    end: int
    text: str
    score: float
    specificity: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement cut into clauses, each with the score of its words (-1 to 1) and the kind of need that it opens."""

    text: str
    clauses: tuple[Clause, ...]
    scores: tuple[float, ...]
    needs: tuple[str | None, ...]

    def felt(self, statement: float) -> tuple[float, ...]:
        """Return per clause what it and the whole statement say together; 0 where the clause itself does not lean so."""
        if len(self.clauses) == 1 and abs(statement) >= FELT_FROM:
            return (statement,)
        return tuple(_together(one, statement) for one in self.scores)


def read_statement(text: str, scores: Sequence[float]) -> Reading:
    """Return the reading of ``text``; ``scores`` are those of its clauses, as clauses_of cuts them."""
    clauses = clauses_of(text)
    needs = tuple(need_of(clause.text) for clause in clauses)
    said = tuple(
        _said(*one) for one in zip(scores, needs, (clause_effort(normal(one.text)) for one in clauses), strict=True)
    )
    return Reading(text, clauses, said, needs)


def _said(score: float, need: str | None, level: float | None) -> float:
    """Return a clause's score, moved where it says what a coder may take for a mere fact: nobody told me, it took three trips."""
    if need in _MISSED and score < MIXED:
        return min(score, -PLAIN)
    if level is not None and level >= HARD_FROM and score < MIXED:
        return min(score, -PLAIN)
    if level is not None and level <= EASY_TO and score > -MIXED:
        return max(score, PLAIN)
    return score


def need_of(clause: str) -> str | None:
    """Return the form of need (wish, request, unknown, untold) that a clause opens, or None."""
    plain = normal(clause)
    for found in need_cues().find(plain):
        kind = found.word.kind
        if kind != "not" and not (kind in _WISHES and _REPORTED.search(plain[: found.start])):
            return kind
    return "wish" if _WISHED.search(plain) else None


def passages(reading: Reading, sentiment: float) -> tuple[Passage, ...]:
    """Return the passages of a statement whose score is ``sentiment``: the strongest of each kind."""
    felt = reading.felt(sentiment)
    found: list[Passage] = []
    sides: tuple[tuple[SceneKind, int], ...] = (("pain", -1), ("delight", 1))
    for kind, sign in sides:
        runs = _runs(
            [sign * score >= FELT_FROM and need not in _WISHES for score, need in zip(felt, reading.needs, strict=True)]
        )
        made = [_passage(reading, kind, felt, first, last) for first, last in runs]
        strongest = sorted((one for one in made if one), key=lambda one: (-abs(one.score) - one.specificity, one.start))
        found += sorted(strongest[:MOST_PER_STATEMENT], key=lambda one: one.start)
    return (*found, *_needs(reading, felt))


def _together(own: float, statement: float) -> float:
    """Return what a clause and its statement say together; where they differ, the clause's own if it is clear, else 0."""
    if own * statement < 0:
        return own if abs(own) >= AGAINST else 0.0
    return OWN * own + (1 - OWN) * statement if abs(own) >= CLEARLY else 0.0


def _felt_runs(reading: Reading, felt: Sequence[float], sign: int, statement: float) -> list[tuple[int, int]]:
    """Return the runs of clauses that lean to one side; of a statement that leans so only as a whole, all but the contrary."""
    open_ones = [need not in _WISHES for need in reading.needs]
    runs = list(_runs([sign * score >= FELT_FROM and free for score, free in zip(felt, open_ones, strict=True)]))
    if runs or statement < FELT_FROM:
        return runs
    return list(_runs([sign * own > -FELT_FROM and free for own, free in zip(reading.scores, open_ones, strict=True)]))


def _runs(marks: Sequence[bool]) -> Iterator[tuple[int, int]]:
    first = None
    for index, marked in enumerate([*marks, False]):
        if marked and first is None:
            first = index
        elif not marked and first is not None:
            yield first, index - 1
            first = None


def _passage(reading: Reading, kind: SceneKind, felt: Sequence[float], first: int, last: int) -> Passage | None:
    """Return the passage about the strongest clause of a run, widened while it stays short and tells more."""
    clauses = reading.clauses
    core = max(range(first, last + 1), key=lambda index: (abs(felt[index]) + _specific(clauses[index].text), -index))
    left = right = core
    while right < last and _fits(clauses, left, right + 1):
        right += 1
    while left > first and _fits(clauses, left - 1, right):
        left -= 1
    left = _with_setting(reading, felt, left, right)
    return _cut(reading, kind, left, right, felt[core])


def _needs(reading: Reading, felt: Sequence[float]) -> Iterator[Passage]:
    """One passage for each clause that opens a need, with what it needs in the clause behind it where it says little."""
    clauses = reading.clauses
    behind = -1
    for index, need in enumerate(reading.needs):
        if need is None or index <= behind:
            continue
        right = index
        if len(clauses[index].text) < 9 and index + 1 < len(clauses) and _fits(clauses, index, index + 1):
            right = index + 1
        behind = right
        left = _with_setting(reading, felt, index, right)
        made = _cut(reading, "need", left, right, felt[index])
        if made:
            yield made


def _with_setting(reading: Reading, felt: Sequence[float], left: int, right: int) -> int:
    """Return where the passage begins with the clause that sets its scene, or that it cannot be read without."""
    clauses = reading.clauses
    if left == 0 or not _fits(clauses, left - 1, right):
        return left
    before = clauses[left - 1]
    sets_scene = len(before.text) <= _SETTING and _SETS_SCENE.search(before.text) and reading.needs[left - 1] is None
    leans = felt[left - 1] * felt[left] < 0 and abs(felt[left - 1]) >= FELT_FROM
    bare = _specific(reading.text[clauses[left].start : clauses[right].end]) < BARE
    return left - 1 if not leans and (sets_scene or bare or _NOT_ALONE.match(clauses[left].text)) else left


def _fits(clauses: Sequence[Clause], left: int, right: int) -> bool:
    same = clauses[left].sentence == clauses[right].sentence
    return same and clauses[right].end - clauses[left].start <= LONGEST_PHRASE


def _cut(reading: Reading, kind: SceneKind, left: int, right: int, score: float) -> Passage | None:
    start, end = trimmed(reading.text, reading.clauses[left].start, reading.clauses[right].end)
    text = reading.text[start:end]
    if sum("\u4e00" <= char <= "\u9fff" for char in text) < SHORTEST_PHRASE:
        return None
    return Passage(kind, start, end, text, score, read_specificity(normal(text), text).score)


def _specific(text: str) -> float:
    return min(read_specificity(normal(text), text).score, 0.8)
