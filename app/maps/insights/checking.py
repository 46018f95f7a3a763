"""The self-check of five (M14): each scored 0 to 4 by a rule that can be said in a sentence, from counts. Nothing else.

Every rule counts cells that are filled out of cells that ought to be: ``whole`` of them make 4 points, rounded down, so
that 4 means nothing is missing. From PASSING a check passes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nlp.scenes import SPECIFIC_FROM

CheckKey = Literal["touchpoints", "emotion", "specificity", "coherence", "relation"]
KINDS: Final = ("digital", "physical", "human", "psychological")
BACKSTAGE: Final = "backstage"
MOST: Final = 4
PASSING: Final = 3
ENOUGH_PAINS: Final = 3
ENOUGH_PEOPLE: Final = 5
AFTER_DAYS: Final = 31
"""A relation is seen if people still tell of it a month after the anchor event: the next step of the grid of days."""


@dataclass(frozen=True, slots=True)
class StageCheck:
    """What is known of one stage: kinds of its touchpoints, and whether something backstage is named."""

    key: str
    name: str
    kinds: frozenset[str]
    backstage: bool
    people: int | None
    statements: int | None
    enough: bool


@dataclass(frozen=True, slots=True)
class Pain:
    """A pain as it was judged; ``text`` is empty for those who may not read it, ``stage`` the stage's key."""

    text: str
    stage: str
    specificity: float
    people: int | None
    own: bool = False

    @property
    def specific(self) -> bool:
        """Whether somebody who was not there could find the scene."""
        return self.specificity >= SPECIFIC_FROM


@dataclass(frozen=True, slots=True)
class Passage:
    """From one stage (by key) to the next, how many people told of both, and whether they are enough."""

    before: str
    after: str
    people: int | None
    covered: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """What is known of the time after: people who told a month after the anchor or later, people with events, plans."""

    late_people: int | None
    event_people: int | None
    after_care: int
    phases_planned: int
    phases: int = 4


@dataclass(frozen=True, slots=True)
class StudyFactsForCheck:
    """All that the five rules read. Numbers of people are None where who looks may not know them: too few to be enough."""

    stages: Sequence[StageCheck]
    corrected: bool
    pains: Sequence[Pain]
    pains_on_map: bool
    passages: Sequence[Passage]
    relation: Relation


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was counted: of which kind, where (a stage's key or empty), whether it is there, and figures to say."""

    kind: str
    stage: str
    met: bool
    figures: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: ``met`` of ``whole`` make ``score``, 0 to 4."""

    key: CheckKey
    score: int
    met: int
    whole: int
    evidence: tuple[Evidence, ...]

    @property
    def passes(self) -> bool:
        """Whether the score reaches PASSING."""
        return self.score >= PASSING


def points(met: int, whole: int, *, most: int = MOST) -> int:
    """Return the points for ``met`` of ``whole``: rounded down, 0 of nothing, never above ``most``."""
    return min(most, MOST * met // whole) if whole > 0 else 0


def check_all(facts: StudyFactsForCheck) -> tuple[Check, ...]:
    """Return the five checks in their order."""
    return (touchpoints(facts), emotion(facts), specificity(facts), coherence(facts), relation(facts))


def touchpoints(facts: StudyFactsForCheck) -> Check:
    """触点完整性: each stage has touchpoints of all four kinds, and something backstage."""
    found = [
        Evidence("kind", stage.key, kind in stage.kinds, {"kind": kind}) for stage in facts.stages for kind in KINDS
    ]
    found += [Evidence(BACKSTAGE, stage.key, stage.backstage, {}) for stage in facts.stages]
    return _check("touchpoints", found)


def emotion(facts: StudyFactsForCheck) -> Check:
    """情感可视性: each stage has a point of the curve with enough people; at most 3 where no human code corrects it."""
    found = [Evidence("point", stage.key, stage.enough, {"people": stage.people}) for stage in facts.stages]
    most = MOST if facts.corrected else MOST - 1
    check = _check("emotion", found, most=most)
    coded = Evidence("corrected", "", facts.corrected, {})
    return Check(check.key, check.score, check.met, check.whole, (*check.evidence, coded))


def specificity(facts: StudyFactsForCheck) -> Check:
    """痛点具体性: the pains name a scene. Fewer than three pains cannot reach full marks: what is missing counts as failing."""
    found = [
        Evidence(
            "pain",
            one.stage,
            one.specific,
            {"text": one.text, "score": one.specificity, "people": one.people, "own": one.own},
        )
        for one in facts.pains
    ]
    return _check("specificity", found, whole=max(len(found), ENOUGH_PAINS))


def coherence(facts: StudyFactsForCheck) -> Check:
    """旅程连贯性: of each passage from one stage to the next, enough of the same people told of both sides."""
    found = [
        Evidence("passage", one.after, one.covered, {"before": one.before, "after": one.after, "people": one.people})
        for one in facts.passages
    ]
    return _check("coherence", found)


def relation(facts: StudyFactsForCheck) -> Check:
    """关系长期性: people tell of the time after, events of the relation are known, somebody cares after, phases are planned."""
    known = facts.relation
    found = [
        Evidence("late", "", _enough(known.late_people), {"people": known.late_people, "days": AFTER_DAYS}),
        Evidence("events", "", _enough(known.event_people), {"people": known.event_people}),
        Evidence("after_care", "", known.after_care > 0, {"n": known.after_care}),
        Evidence("phases", "", known.phases_planned >= known.phases, {"n": known.phases_planned, "of": known.phases}),
    ]
    return _check("relation", found)


def _enough(people: int | None) -> bool:
    return people is not None and people >= ENOUGH_PEOPLE


def _check(key: CheckKey, found: Sequence[Evidence], *, whole: int | None = None, most: int = MOST) -> Check:
    met = sum(one.met for one in found)
    total = len(found) if whole is None else whole
    return Check(key, points(met, total, most=most), met, total, tuple(found))
