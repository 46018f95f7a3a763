"""How low moments went on: where somebody was reached, where nobody was, and how far apart the two are. Arrays only.

Whoever is looked at because they felt very low feels better on average a few days later, whatever is done: what was partly
chance does not come back (regression to the mean: Galton, 1886). So a rise alone says nothing of a contact. It is held
against low moments that nobody followed up, and, since staff call first where it looks worst and the lowest rise most by
themselves, at the same start (analysis of covariance). People are the unit of all uncertainty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.curves.jackknife import MIN_PARTICIPANTS, FloatArray, effective_df, ratio, t_quantile

NOTHING = 1e-9
"""Scores have six decimals: a smaller spread is none."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A figure with its interval at the level asked for; NaN where it is not known."""

    value: float
    standard_error: float
    df: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The low moments of one group: ``moments`` of ``people``, their mean before and after, and the mean change."""

    people: int
    moments: int
    before: float
    after: float
    change: Bounded

    @property
    def enough(self) -> bool:
        """Whether MIN_PARTICIPANTS people stand behind the change, and its error is known."""
        return self.people >= MIN_PARTICIPANTS and bool(np.isfinite(self.change.lower))


@dataclass(frozen=True, slots=True)
class ChangeEstimate:
    """Both groups, and the change of the followed minus that of the others: as it is, and ``alike``, from the same start.

    ``slope`` says how much higher after are moments that were one higher before, within the groups: 1 nothing comes back by
    itself, 0 everything does. ``alike`` is NaN where starts do not overlap, so that like cannot be compared with like.
    """

    followed: GroupChange
    others: GroupChange
    difference: Bounded
    alike: Bounded
    slope: float
    level: float

    @property
    def enough(self) -> bool:
        """Whether both groups have enough people."""
        return self.followed.enough and self.others.enough

    @property
    def comparable(self) -> bool:
        """Whether they have, and starts that can be compared."""
        return self.enough and bool(np.isfinite(self.alike.lower))

    @property
    def clear(self) -> bool:
        """Whether the difference from the same start lies off zero beyond chance."""
        return self.comparable and self.alike.lower * self.alike.upper > 0


def estimate_change(
    person: ArrayLike, before: ArrayLike, after: ArrayLike, followed: ArrayLike, *, level: float = 0.95
) -> ChangeEstimate:
    """Estimate how low moments went on. Four arrays of shape (moments,): whose it is, before, after, and the group.

    Every moment counts once. Standard errors are delete-one-participant jackknives, of all their moments at once, so that
    whoever has moments in both groups is paired with themselves. Degrees of freedom are Satterthwaite's (1946) over those
    in both groups, in the first and in the second only, of Kish's effective numbers of people; one less for the slope.

    Raises ValueError for other shapes, for values that are not finite, or a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    x, y = _checked(before), _checked(after)
    whose = np.unique(np.asarray(person), return_inverse=True)[1].ravel()
    group = np.asarray(followed, dtype=bool).astype(np.int64)
    if not x.shape == y.shape == group.shape == whose.shape:
        raise ValueError("person, before, after and followed must share one shape (moments,)")
    # Sums of squares lose nothing to rounding where they are counted from the middle.
    middle = float(x.mean()) if x.size else 0.0
    sums = _Sums.of(whose, group, x - middle, y - middle)
    whole, left = _means(sums.total()), _means(sums.without_each())
    return ChangeEstimate(
        followed=_group(sums, whole, left, 1, middle, level),
        others=_group(sums, whole, left, 0, middle, level),
        difference=_apart(sums, whole.apart, left.apart, 0, level),
        alike=_apart(sums, whole.alike, left.alike, 1, level),
        slope=float(whole.slope),
        level=level,
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the moments of each person in each group, shape (people, 2), or added up: n, x, y, x², xy."""

    n: FloatArray
    x: FloatArray
    y: FloatArray
    xx: FloatArray
    xy: FloatArray

    @classmethod
    def of(cls, whose: NDArray[np.int64], group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> "_Sums":
        people, cell = int(whose.max(initial=-1)) + 1, whose * 2 + group
        parts = (np.ones_like(x), x, y, x * x, x * y)
        return cls(*(np.bincount(cell, part, people * 2).astype(np.float64).reshape(people, 2) for part in parts))

    def parts(self) -> tuple[FloatArray, ...]:
        return self.n, self.x, self.y, self.xx, self.xy

    def total(self) -> "_Sums":
        return _Sums(*(part.sum(axis=0) for part in self.parts()))

    def without_each(self) -> "_Sums":
        return _Sums(*(part.sum(axis=0) - part for part in self.parts()))


@dataclass(frozen=True, slots=True)
class _Means:
    """Means of both groups, shape (..., 2), and the slope within them, shape (...)."""

    before: FloatArray
    after: FloatArray
    slope: FloatArray

    @property
    def change(self) -> FloatArray:
        return np.asarray(self.after - self.before)

    @property
    def apart(self) -> FloatArray:
        return np.asarray(self.change[..., 1] - self.change[..., 0])

    @property
    def alike(self) -> FloatArray:
        """How far apart after are moments that were the same before."""
        start = self.before[..., 1] - self.before[..., 0]
        taken = np.where(np.abs(start) <= NOTHING, 0.0, self.slope * start)
        return np.asarray(self.after[..., 1] - self.after[..., 0] - taken)


def _means(sums: _Sums) -> _Means:
    known = sums.n > 0.5
    before, after = ratio(sums.x, sums.n, known), ratio(sums.y, sums.n, known)
    spread = np.where(known, sums.xx - sums.x * before, 0.0).sum(axis=-1)
    shared = np.where(known, sums.xy - sums.x * after, 0.0).sum(axis=-1)
    return _Means(before, after, ratio(np.asarray(shared), np.asarray(spread), np.asarray(spread > NOTHING)))


def _group(sums: _Sums, whole: _Means, left: _Means, group: int, middle: float, level: float) -> GroupChange:
    n = sums.n[:, group]
    present = n > 0
    people = int(present.sum())
    value = float(whole.change[group])
    moved = _scaled(left.change[:, group] - value, present, np.full(n.shape, people))
    df = float(effective_df(n[present, None], np.array([people - 1.0]))[0]) if people > 1 else 0.0
    return GroupChange(
        people=people,
        moments=int(n.sum()),
        before=float(whole.before[group]) + middle,
        after=float(whole.after[group]) + middle,
        change=_bounded(value, moved, df, level),
    )


def _apart(sums: _Sums, whole: FloatArray, left: FloatArray, taken: int, level: float) -> Bounded:
    """Return a difference of the two groups; ``taken`` degrees of freedom go to what it was computed with."""
    there = sums.n > 0
    people = there.sum(axis=0)
    present = there[:, 0] | there[:, 1]
    # Each counts as in the smaller group that they are in: exact for means of other people, and no less for the same.
    smaller = np.where(there, people, present.size + 1).min(axis=1)
    value = float(whole)
    moved = _scaled(left - value, present, smaller)
    kinds = (there[:, 0] & there[:, 1], there[:, 0] & ~there[:, 1], there[:, 1] & ~there[:, 0])
    return _bounded(value, moved, _degrees(sums, moved, kinds) - taken, level)


def _scaled(moved: FloatArray, present: NDArray[np.bool_], people: NDArray[np.int64]) -> FloatArray:
    """Return how far each person moves a figure, so that the squares sum to the jackknife's variance."""
    size = np.maximum(people, 1)
    return np.asarray(np.where(present, moved, 0.0) * np.sqrt((size - 1) / size))


def _degrees(sums: _Sums, moved: FloatArray, kinds: tuple[NDArray[np.bool_], ...]) -> float:
    """Satterthwaite's degrees of freedom, between the lesser group's and both groups' together."""
    shares = [sums.n[sums.n[:, group] > 0, group] for group in (0, 1)]
    if min(share.size for share in shares) < 2 or not np.isfinite(moved).all():
        return 0.0
    known = [float(effective_df(one[:, None], np.array([one.size - 1.0]))[0]) for one in shares]
    worth = min((df + 1) / one.size for df, one in zip(known, shares, strict=True))
    squares = [float((moved[kind] ** 2).sum()) for kind in kinds]
    below = sum(part**2 / max(int(kind.sum()) * worth - 1, 1) for part, kind in zip(squares, kinds, strict=True))
    found = sum(squares) ** 2 / below if below > 0 else 0.0
    return float(np.clip(found, min(known), sum(known)))


def _bounded(value: float, moved: FloatArray, df: float, level: float) -> Bounded:
    error = float(np.sqrt((moved**2).sum()))
    if df <= 0 or not np.isfinite(error):
        return Bounded(value, float("nan"), 0.0, float("nan"), float("nan"))
    half = float(t_quantile(np.array([df]), level)[0]) * error
    return Bounded(value, error, df, value - half, value + half)


def _checked(values: ArrayLike) -> FloatArray:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not np.isfinite(found).all():
        raise ValueError("before and after must be finite, of shape (moments,); what was not measured is left out")
    return found
