"""Man against machine: what people say of drawn statements beside the score in force, and which statements lie where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.coding.agreement_bootstrap import Measure, Name, mean_difference, measure
from app.coding.agreement_errors import UnknownStage
from app.coding.agreement_study import K_ANONYMOUS, confirm_not_blind, draws_for, sees_words
from app.coding.agreement_units import Coded, coded_statements
from app.coding.blinding import NEVER
from app.studies import queries as studies
from app.studies.access import CODER, StudyAccess
from nlp import label_of

Cut = Literal["five", "three"]
SCALE: Final = 2
"""People say −2..2, the machine −1..1."""

CUTS: Final[Mapping[Cut, tuple[int, ...]]] = {"five": (-2, -1, 0, 1, 2), "three": (-1, 0, 1)}
_LABELS: Final = {"negative": -1, "neutral": 0, "positive": 1}


@dataclass(frozen=True, slots=True)
class MachineQuestion:
    """What is asked: of one stage (key) or all, in five levels or three labels, whether each statement stands for the 1/π
    that it was drawn from, and the level of intervals."""

    stage: str | None = None
    cut: Cut = "five"
    weighted: bool = False
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Compared:
    """A statement with both values in −1..1 and their levels. ``settled``: the team agreed on the human one."""

    id: UUID
    participant_id: UUID
    stage_id: UUID
    human: float
    machine: float
    human_level: int
    machine_level: int
    weight: float
    settled: bool


@dataclass(frozen=True, slots=True)
class MachineAgreement:
    """How far the machine says what people say.

    ``counts`` has a row for each level of people and a column for each of the machine's, None where it may not be shown.
    ``difference`` is the mean of machine − human in −1..1. ``withheld`` statements were coded by somebody who had seen the
    machine's score before; ``hidden`` says that too few people stand behind the figures to show them.
    """

    question: MachineQuestion
    figures: Mapping[Name, Measure]
    difference: Measure
    counts: NDArray[np.int64] | None
    statements: int
    participants: int
    withheld: int
    hidden: bool


def shows_machine(access: StudyAccess) -> bool:
    """Return whether the actor may be shown how the machine did: coders of a study that never shows it to them may not."""
    return not (access.role == CODER and access.study.proposals == NEVER)


def machine_agreement(session: Session, access: StudyAccess, question: MachineQuestion) -> MachineAgreement | None:
    """Return how far the machine agrees with people, as the actor may see it; None where they may not be shown it.

    Raises BlindWorkOpen and UnknownStage as ``study_agreement`` does.
    """
    confirm_not_blind(session, access)
    if not shows_machine(access):
        return None
    everything, withheld = _all(session, access.study.id, question)
    compared = _at_stage(session, access, everything, question.stage)
    people = sorted({one.participant_id for one in compared})
    kept = {one.id for one in compared}
    left_out = {one.participant_id for one in everything if one.id not in kept}
    few = len(people) < K_ANONYMOUS or 0 < len(left_out) < K_ANONYMOUS
    if compared and few and not sees_words(access):
        nothing = Measure(None)
        return MachineAgreement(question, {}, nothing, None, 0, 0, withheld, hidden=True)
    return MachineAgreement(
        question,
        *_figures(compared, people, question),
        counts=_counts(compared, question.cut) if sees_words(access) else None,
        statements=len(compared),
        participants=len(people),
        withheld=withheld,
        hidden=False,
    )


def compared_statements(session: Session, access: StudyAccess, question: MachineQuestion) -> list[Compared]:
    """Return the statements that a question compares, ordered by id."""
    confirm_not_blind(session, access)
    if not shows_machine(access):
        return []
    everything, _ = _all(session, access.study.id, question)
    return _at_stage(session, access, everything, question.stage)


def level_of(value: float, cut: Cut) -> int:
    """Return the level of a value in −1..1: the nearest of −2..2, halves toward zero; or −1, 0, 1 by ``nlp.label_of``."""
    if cut == "three":
        return _LABELS[label_of(value)]
    nearest = int(np.ceil(abs(value) * SCALE - 0.5))
    return nearest if value > 0 else -nearest


def _all(session: Session, study_id: UUID, question: MachineQuestion) -> tuple[list[Compared], int]:
    finished = coded_statements(session, study_id).finished
    values = [(one, _human(one)) for one in finished]
    compared = [_compared(one, human, question) for one, human in values if human is not None]
    return compared, sum(one.said is None for one, human in values if human is None)


def _at_stage(
    session: Session, access: StudyAccess, everything: Sequence[Compared], stage: str | None
) -> list[Compared]:
    if stage is None:
        return list(everything)
    known = studies.protocol(session, access.study.id).stage(stage)
    if known is None:
        raise UnknownStage()
    return [one for one in everything if one.stage_id == known.id]


def _human(one: Coded) -> float | None:
    """Return what people say in −1..1: what was agreed, else the mean of what was said before anything was seen."""
    if one.agreed is not None:
        return one.agreed / SCALE
    said = [each.sentiment for each in one.said or () if each.sentiment is not None]
    return sum(said) / len(said) / SCALE if said else None


def _compared(one: Coded, human: float, question: MachineQuestion) -> Compared:
    return Compared(
        one.id,
        one.participant_id,
        one.stage_id,
        human,
        one.machine,
        level_of(human, question.cut),
        level_of(one.machine, question.cut),
        1 / one.probability if question.weighted else 1.0,
        one.agreed is not None,
    )


def _figures(
    compared: Sequence[Compared], people: Sequence[UUID], question: MachineQuestion
) -> tuple[dict[Name, Measure], Measure]:
    levels = CUTS[question.cut]
    place = {one: i for i, one in enumerate(people)}
    tables = np.zeros((len(people), 1, len(levels), len(levels)))
    counted, apart = np.zeros(len(people)), np.zeros(len(people))
    # Weights that add up to the number of statements: alpha's correction for few units counts units, not weight.
    scale = len(compared) / sum(one.weight for one in compared) if compared else 1.0
    for one in compared:
        row = place[one.participant_id]
        tables[row, 0, levels.index(one.human_level), levels.index(one.machine_level)] += one.weight * scale
        counted[row] += one.weight * scale
        apart[row] += one.weight * scale * (one.machine - one.human)
    draws = draws_for(len(people), question.level)
    return measure(tables, draws, ordered=True), mean_difference(counted, apart, draws)


def _counts(compared: Sequence[Compared], cut: Cut) -> NDArray[np.int64]:
    levels = CUTS[cut]
    counts = np.zeros((len(levels), len(levels)), dtype=np.int64)
    for one in compared:
        counts[levels.index(one.human_level), levels.index(one.machine_level)] += 1
    return counts
