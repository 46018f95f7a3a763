"""Which points may be shown to whoever sees no text: none of few people, and none that subtracting curves would bare."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

K_ANONYMOUS = 8

Counts = NDArray[np.float64]


def too_few(counts: Counts, everybody: Counts) -> NDArray[np.bool_]:
    """Where there are too few people to show; or so few beside them that subtracting two curves would show those.

    Both arrays count statements and have the shape (participants, positions), with a row for each person whom they count.
    """
    inside = _people(counts)
    beside = _people(everybody) - inside
    hidden: NDArray[np.bool_] = (inside < K_ANONYMOUS) | ((beside > 0) & (beside < K_ANONYMOUS))
    return hidden


def bared(members: NDArray[np.bool_] | None, counts: Counts, wider: Sequence[Counts]) -> NDArray[np.bool_]:
    """Where a curve beside wider ones would show a few people: those that ``wider`` counts and it does not.

    ``counts`` and each of ``wider`` (the same with other sources, other waves, or both) have the shape (participants,
    positions) and hold everybody; ``members`` says which rows belong to the segment. What is left when one is taken from
    the other must be of nobody or of enough, among the members and among the others.
    """
    hidden = np.zeros(counts.shape[1], dtype=bool)
    for more in wider:
        rest = np.maximum(more - counts, 0.0)
        for rows in (slice(None),) if members is None else (members, ~members):
            hidden |= _few(rest[rows])
    return hidden


def _few(counts: Counts) -> NDArray[np.bool_]:
    people = _people(counts)
    few: NDArray[np.bool_] = (people > 0) & (people < K_ANONYMOUS)
    return few


def _people(counts: Counts) -> NDArray[np.int64]:
    return np.asarray((counts > 0).sum(axis=0), dtype=np.int64)
