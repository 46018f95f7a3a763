"""From statements to scenes: read each, take its passages, and put those of one scene together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from nlp.coding import Coder, Coding
from nlp.loading import load_coder
from nlp.scenes.clauses import MOST_READ, clauses_of
from nlp.scenes.grouping import grouped, most_telling
from nlp.scenes.passages import Passage, Reading, passages, read_statement
from nlp.scenes.spoken import Quote, Scene, SceneKind, Scenes, Spoken, TouchpointProposal
from nlp.scenes.tables import touchpoint_names
from nlp.scenes.touchpoints import proposed

_UNEXPECTED: Final = re.compile(
    "没想到|想不到|没料到|居然|竟然|竟|意外|惊喜|出乎意料|超出|本以为|还以为|特意|特地|专门|主动|破例|多送|免费送|白送|提前|亲自|连.{1,8}都(?:替|帮|想到|记得)"
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A passage with its statement."""

    spoken: Spoken
    sentiment: float
    passage: Passage


def find_scenes(
    statements: Sequence[Spoken], codings: Sequence[Coding] | None = None, *, coder: Coder | None = None
) -> Scenes:
    """Return the pain points, delights, needs and psychological touchpoints that ``statements`` tell of.

    A statement's score is its own ``sentiment``, else that of ``codings`` (one a statement, in order), else what ``coder``
    (default: the default coder) gives it. Which clause of a statement carries it, the coder always reads, with the
    lexicon. Scenes are put together within a stage. The same statements in the same order give the same scenes.
    """
    judge = coder or load_coder()
    scores = _scores(statements, codings, judge)
    readings = _read(statements, judge)
    told = [
        _Told(spoken, score, passage)
        for spoken, score, reading in zip(statements, scores, readings, strict=True)
        for passage in passages(reading, score)
    ]
    return Scenes(
        _scenes("pain", told),
        _scenes("delight", told),
        _scenes("need", told),
        _touchpoints(statements, scores, readings),
    )


def _scores(statements: Sequence[Spoken], codings: Sequence[Coding] | None, coder: Coder) -> list[float]:
    if codings is not None and len(codings) != len(statements):
        raise ValueError(f"{len(statements)} statements, {len(codings)} codings")
    scores = [one.sentiment for one in statements]
    if codings is not None:
        scores = [coding.sentiment if score is None else score for score, coding in zip(scores, codings, strict=True)]
    open_ones = [index for index, score in enumerate(scores) if score is None]
    for index, coding in zip(open_ones, coder.code([statements[index].text for index in open_ones]), strict=True):
        scores[index] = coding.sentiment
    return [score or 0.0 for score in scores]


def _read(statements: Sequence[Spoken], coder: Coder) -> list[Reading]:
    """Return the readings, the clauses of all statements coded in one batch."""
    texts = [one.text[:MOST_READ] for one in statements]
    clauses = [[clause.text for clause in clauses_of(text)] for text in texts]
    joined = [text for one in clauses for text in one]
    both = zip(coder.code(joined), load_coder("lexicon").code(joined), strict=True)
    scores = iter([_agreed(coding.sentiment, words.sentiment) for coding, words in both])
    return [read_statement(text, [next(scores) for _ in one]) for text, one in zip(texts, clauses, strict=True)]


def _agreed(score: float, words: float) -> float:
    """Return a clause's score, firmer where the words of the lexicon say the same: alone, few words make a coder timid."""
    return score if score * words < 0 or abs(words) <= abs(score) else (score + words) / 2


def _scenes(kind: SceneKind, told: Iterable[_Told]) -> tuple[Scene, ...]:
    by_stage: defaultdict[str | None, list[_Told]] = defaultdict(list)
    for one in told:
        if one.passage.kind == kind:
            by_stage[one.spoken.stage].append(one)
    scenes = [
        _scene(kind, stage, [those[index] for index in members])
        for stage, those in by_stage.items()
        for members in grouped([one.passage.text for one in those])
    ]
    return tuple(sorted(scenes, key=lambda scene: (-scene.people, -scene.statements, -scene.specificity)))


def _scene(kind: SceneKind, stage: str | None, members: Sequence[_Told]) -> Scene:
    best = members[
        most_telling([one.passage.text for one in members], [one.passage.specificity for one in members])
    ].passage
    scores = {one.spoken.id: one.sentiment for one in members}
    return Scene(
        kind=kind,
        phrase=best.text,
        specificity=best.specificity,
        stage=stage,
        quotes=tuple(_quote(one.spoken, one.passage.start, one.passage.end) for one in members),
        statements=len(scores),
        people=len({one.spoken.person for one in members}),
        sentiment=round(sum(scores.values()) / len(scores), 4),
        unexpected=kind == "delight" and any(_UNEXPECTED.search(one.passage.text) for one in members),
    )


def _touchpoints(
    statements: Sequence[Spoken], scores: Sequence[float], readings: Sequence[Reading]
) -> tuple[TouchpointProposal, ...]:
    found: defaultdict[tuple[str | None, str], list[tuple[Quote, float]]] = defaultdict(list)
    for spoken, score, reading in zip(statements, scores, readings, strict=True):
        for name, start, end in proposed(reading.text, reading.clauses, score):
            found[spoken.stage, name].append((_quote(spoken, start, end), score))
    order = list(touchpoint_names())
    made = [_proposal(stage, name, quotes) for (stage, name), quotes in found.items()]
    return tuple(sorted(made, key=lambda one: (-one.people, -one.statements, order.index(one.name))))


def _proposal(stage: str | None, name: str, quotes: Sequence[tuple[Quote, float]]) -> TouchpointProposal:
    return TouchpointProposal(
        name=name,
        good=touchpoint_names()[name],
        stage=stage,
        quotes=tuple(quote for quote, _ in quotes),
        statements=len({quote.statement for quote, _ in quotes}),
        people=len({quote.person for quote, _ in quotes}),
        sentiment=round(sum(score for _, score in quotes) / len(quotes), 4),
    )


def _quote(spoken: Spoken, start: int, end: int) -> Quote:
    return Quote(spoken.id, spoken.person, start, end, spoken.text[start:end])
