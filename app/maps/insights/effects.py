"""What changed between before and after, with its interval. Arrays and numbers only.

Absolute and relative changes are two figures and are never mixed: of a share the first is in percentage points, the
second a ratio minus one.
"""

import math
from dataclasses import dataclass
from typing import Final

import scipy

FEW: Final = 30
"""Below so many people on one side, a page says that they are few."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between two limits; a limit is None where it cannot be known."""

    estimate: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """``before`` and ``after`` with their own intervals, the ``difference`` after − before, and the ``relative`` change.

    ``relative`` is after/before − 1; None where a ratio makes no sense. ``df``: degrees of freedom of a mean's difference.
    """

    before: Interval
    after: Interval
    difference: Interval
    relative: Interval | None
    df: float | None = None

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves zero out."""
        lower, upper = self.difference.lower, self.difference.upper
        return lower is not None and upper is not None and (lower > 0 or upper < 0)


def wilson(count: int, n: int, *, level: float = 0.95) -> Interval:
    """Return a share with its score interval (Wilson 1927), without continuity correction."""
    z = float(scipy.special.ndtri((1 + level) / 2))
    share = count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the ends the limits are exact; rounding must not push them past.
    lower = 0.0 if count == 0 else max(0.0, middle - half)
    return Interval(share, lower, 1.0 if count == n else min(1.0, middle + half))


def share_effect(before: int, before_n: int, after: int, after_n: int, *, level: float = 0.95) -> Effect:
    """Return the change of a share: its difference by Newcombe's hybrid score interval (1998, method 10), its ratio by
    the same limits (MOVER-R, Donner and Zou 2012), so that both leave "no change" out or neither does."""
    old, new = wilson(before, before_n, level=level), wilson(after, after_n, level=level)
    return Effect(old, new, _difference(new, old), _ratio(new, old))


def mean_effect(
    before: float, before_sd: float, before_n: int, after: float, after_sd: float, after_n: int, *, level: float = 0.95
) -> Effect:
    """Return the change of a mean: its difference by Welch (1947) with Satterthwaite's degrees of freedom. A relative
    change only of what lies wholly above zero, by the limits of both means (MOVER-R)."""
    old, new = _mean(before, before_sd, before_n, level), _mean(after, after_sd, after_n, level)
    parts = (before_sd**2 / before_n, after_sd**2 / after_n)
    variance = sum(parts)
    change = after - before
    if variance == 0:
        # Nobody differs from anybody: there is nothing to judge the difference by.
        return Effect(old, new, Interval(change, None, None), None)
    df = variance**2 / sum(part**2 / (n - 1) for part, n in zip(parts, (before_n, after_n), strict=True))
    half = float(scipy.special.stdtrit(df, (1 + level) / 2)) * math.sqrt(variance)
    positive = before > 0 and after > 0 and (old.lower or 0) > 0 and (new.lower or 0) > 0
    return Effect(old, new, Interval(change, change - half, change + half), _ratio(new, old) if positive else None, df)


def _mean(mean: float, sd: float, n: int, level: float) -> Interval:
    half = float(scipy.special.stdtrit(n - 1, (1 + level) / 2)) * sd / math.sqrt(n)
    return Interval(mean, mean - half, mean + half)


def _difference(new: Interval, old: Interval) -> Interval:
    if new.lower is None or new.upper is None or old.lower is None or old.upper is None:
        raise ValueError("both sides need their limits")
    change = new.estimate - old.estimate
    down = math.hypot(new.estimate - new.lower, old.upper - old.estimate)
    up = math.hypot(new.upper - new.estimate, old.estimate - old.lower)
    return Interval(change, change - down, change + up)


def _ratio(new: Interval, old: Interval) -> Interval | None:
    """The ratio minus one; None above nothing. The roots of R²·a − 2R·b + c, taken without cancellation."""
    if old.estimate <= 0 or new.lower is None or new.upper is None or old.lower is None or old.upper is None:
        return None
    both = new.estimate * old.estimate
    wide, low = old.upper * (2 * old.estimate - old.upper), new.lower * (2 * new.estimate - new.lower)
    lower = low / (both + math.sqrt(max(0.0, both**2 - wide * low))) if low > 0 else 0.0
    narrow, high = old.lower * (2 * old.estimate - old.lower), new.upper * (2 * new.estimate - new.upper)
    upper = (both + math.sqrt(max(0.0, both**2 - narrow * high))) / narrow if narrow > 0 else math.inf
    return Interval(new.estimate / old.estimate - 1, lower - 1, upper - 1 if math.isfinite(upper) else None)
