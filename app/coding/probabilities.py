"""Poisson sampling with permanent random numbers: whether a statement is drawn, with which probability, and when its turn is.

Every statement has three numbers of its own, made of the study's seed and its id. It is drawn when the first is less than
π, so that draws under a higher π hold those under a lower one, and it matters to no other statement. Whoever looks several
times, under plans and scores that change in between, draws it when the number is less than the largest π that was seen:
that largest one is the probability with which it was drawn (Ohlsson 1995, Coordination of samples using permanent random
numbers; Särndal, Swensson & Wretman 1992, section 3.5).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

Design = Literal["uniform", "stage", "active"]

LEAST_EXPECTED: Final = 8
"""A stage whose rate would draw fewer has its rate raised to this many, or to all that it has."""

LEAST: Final = 1e-4
"""No probability is smaller: one statement would count for more than ten thousand."""

MIDDLING: Final = 0.5
"""How unsure the model is taken to be of a stage that nobody has spoken of yet."""

ELSEWHERE: Final = "*"
_BITS = 53


@dataclass(frozen=True, slots=True)
class Chances:
    """A statement's permanent random numbers, uniform on [0, 1) and independent of each other."""

    draw: float
    double: float
    turn: float


def chances(seed: str, statement_id: UUID) -> Chances:
    """Return the numbers of a statement under a study's ``seed`` (hex): the same ones for ever."""
    digest = hashlib.blake2b(statement_id.bytes, key=bytes.fromhex(seed), digest_size=24).digest()
    first, second, third = (
        (int.from_bytes(digest[start : start + 8]) >> (64 - _BITS)) / 2**_BITS for start in (0, 8, 16)
    )
    return Chances(first, second, third)


@dataclass(frozen=True, slots=True)
class Rates:
    """A plan in numbers. ``rates`` by stage id (hex), ``*`` for stages that came later.

    ``floor`` and ``reference``, the mean uncertainty of each stage when the plan was made, are of the active design only.
    """

    design: Design
    rates: Mapping[str, float]
    floor: float = 1.0
    reference: Mapping[str, float] = field(default_factory=dict)

    def of_stage(self, stage_id: UUID, statements: int) -> float:
        """Return the rate of a stage that has so many statements: what was asked for, or as much as 8 of them take."""
        asked = self.rates.get(stage_id.hex, self.rates.get(ELSEWHERE, 1.0))
        return min(1.0, max(asked, LEAST_EXPECTED / max(statements, 1), LEAST))

    def of_statement(self, stage_id: UUID, statements: int, unsure: float) -> float:
        """Return π of a statement of whose score the model is ``unsure`` (0..1), in a stage that has so many."""
        rate = self.of_stage(stage_id, statements)
        if self.design != "active":
            return rate
        relative = unsure / max(self.reference.get(stage_id.hex, MIDDLING), LEAST)
        return min(1.0, max(rate * (self.floor + (1 - self.floor) * relative), LEAST))


def uncertainty(score: float, confidence: float) -> float:
    """Return how unsure the model is of its ``score`` (−1..1), 0..1: half its lack of confidence, half how near to 0 it is."""
    return min(1.0, max(0.0, ((1 - confidence) + (1 - abs(score))) / 2))
