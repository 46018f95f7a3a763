"""How many times as often something happens in one group as in another, with an interval that holds for few people, too.

The interval inverts the score test of two binomial proportions (Koopman, 1984; Miettinen and Nurminen, 1985 without their
factor): it stands where nobody or everybody had the outcome, and never crosses 0. Arrays and numbers only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log, sqrt
from typing import Final

import scipy

LARGEST: Final = 1e6
"""Beyond it a bound is infinite."""

STEPS: Final = 80
MIN_PEOPLE: Final = 5


@dataclass(frozen=True, slots=True)
class Ratio:
    """``ratio`` = (yes / people) of one group by that of the other, with its interval; None where it is not defined.

    ``upper`` is infinite where nothing bounds it. ``enough``: at least MIN_PEOPLE in each group.
    """

    yes: int
    people: int
    other_yes: int
    other_people: int
    ratio: float | None
    lower: float | None
    upper: float | None
    enough: bool
    level: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 1."""
        return self.enough and self.lower is not None and self.upper is not None and not self.lower <= 1 <= self.upper


def risk_ratio(yes: int, people: int, other_yes: int, other_people: int, *, level: float = 0.95) -> Ratio:
    """Return the ratio of two rates with its interval. ValueError for counts that contradict each other."""
    if not (0 <= yes <= people and 0 <= other_yes <= other_people):
        raise ValueError("counts must lie between 0 and the number of people")
    enough = min(people, other_people) >= MIN_PEOPLE
    counts = (yes, people, other_yes, other_people)
    if not people or not other_people or yes + other_yes == 0:
        return Ratio(*counts, None, None, None, enough=False, level=level)
    z = float(scipy.special.ndtri((1 + level) / 2))
    ratio = (yes / people) / (other_yes / other_people) if other_yes else inf
    lower = 0.0 if yes == 0 else _bound(lambda phi: score(phi, *counts) > z, ratio, below=True)
    upper = inf if other_yes == 0 else _bound(lambda phi: score(phi, *counts) < -z, ratio, below=False)
    return Ratio(*counts, ratio if other_yes else None, lower, upper, enough, level)


def score(phi: float, yes: int, people: int, other_yes: int, other_people: int) -> float:
    """Return the score statistic of the hypothesis that the ratio is ``phi``: large where the ratio seen is larger."""
    other = restricted(phi, yes, people, other_yes, other_people)
    one = min(phi * other, 1.0)
    variance = one * (1 - one) / people + phi**2 * other * (1 - other) / other_people
    difference = yes / people - phi * other_yes / other_people
    if variance <= 0:
        return 0.0 if difference == 0 else inf if difference > 0 else -inf
    return difference / sqrt(variance)


def restricted(phi: float, yes: int, people: int, other_yes: int, other_people: int) -> float:
    """Return the other group's rate that makes the counts most likely if the ratio is ``phi``."""
    a = (people + other_people) * phi
    b = people * phi + yes + other_people + other_yes * phi
    c = float(yes + other_yes)
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    # The smaller root, written so that nothing cancels.
    return min(2 * c / (b + root), 1.0, 1 / phi)


def _bound(rejected: Callable[[float], bool], ratio: float, *, below: bool) -> float:
    """Return where the hypothesis begins to be rejected, by bisection of the logarithm."""
    inside = log(min(max(ratio, 1 / LARGEST), LARGEST))
    outside = -log(LARGEST) if below else log(LARGEST)
    if not rejected(_exp(outside)):
        return 0.0 if below else inf
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        if rejected(_exp(middle)):
            outside = middle
        else:
            inside = middle
    return _exp((inside + outside) / 2)


def _exp(value: float) -> float:
    return float(scipy.special.exp10(value / log(10)))
