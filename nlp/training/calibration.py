"""From predictions for unseen statements to scores that mean what they say."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIGITS: Final = 4
STRETCH_AT: Final = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
STRETCHES: Final = np.arange(0.8, 2.01, 0.05)
QUIET_ZONES: Final = np.arange(0.0, 0.11, 0.01)
NEUTRAL_COST: Final = 1.0
"""How much the mean size of a fact's score counts beside the mean error over all."""
CONFIDENCE_BINS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0)
_FLOORS: Final = np.arange(0.1, 0.6, 0.02)
_SMOOTH: Final = 10


def stretch(unseen: NDArray[np.float64], valence: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points of the curve from the size of a prediction to the size of a score: quiet near 0, wider beyond.

    Ridge shrinks towards 0; slope and quiet zone are those with the least mean absolute error plus NEUTRAL_COST times
    the mean size of the score where the valence is 0.
    """
    neutral = valence == 0
    best, chosen = np.inf, (1.0, 0.0)
    for slope in STRETCHES.tolist():
        for quiet in QUIET_ZONES.tolist():
            scores = np.sign(unseen) * np.interp(np.abs(unseen), STRETCH_AT, _curve(slope, quiet))
            cost = float(
                np.abs(scores - valence).mean() + NEUTRAL_COST * np.abs(scores[neutral]).mean() * neutral.mean()
            )
            if cost < best - 1e-9:
                best, chosen = cost, (slope, quiet)
    return STRETCH_AT, _curve(*chosen)


def _curve(slope: float, quiet: float) -> tuple[float, ...]:
    """Half the slope up to twice the quiet zone, then straight on; ends at 1."""
    return tuple(round(min(1.0, slope * max(size - quiet, size / 2)), DIGITS) for size in STRETCH_AT)


def best_floor(strength: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """The floor with the highest F1; the lowest of equals."""
    named = [strength >= floor for floor in _FLOORS]
    f1 = [2 * target[name].sum() / max(name.sum() + target.sum(), 1) for name in named]
    return round(float(_FLOORS[int(np.argmax(np.round(f1, 6)))]), 2)


def right_signs(
    scores: NDArray[np.float64], valence: NDArray[np.float64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Share of right signs among statements that feel something, by size of the score; never falling, never under a half."""
    felt = valence != 0
    size, right = np.round(np.abs(scores[felt]), 6), np.sign(scores[felt]) == np.sign(valence[felt])
    place = np.digitize(size, CONFIDENCE_BINS[1:-1])
    at = [round((low + high) / 2, 3) for low, high in pairwise(CONFIDENCE_BINS)]
    share = [(right[place == k].sum() + _SMOOTH / 2) / ((place == k).sum() + _SMOOTH) for k in range(len(at))]
    rising = np.maximum.accumulate(np.maximum(np.round(share, DIGITS), 0.5))
    return tuple(at), tuple(rising.tolist())
