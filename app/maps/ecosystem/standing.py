"""Which places of a curve lie low beyond chance, and what each does to the rest of the road. Arrays only."""

from collections.abc import Sequence

import numpy as np

from app.curves.jackknife import (
    MIN_PARTICIPANTS,
    BoolArray,
    FloatArray,
    PersonSums,
    checked_sums,
    jackknife_covariance,
    model_weight,
    t_quantile,
    theta,
)
from app.curves.matrices import Sums
from app.maps.ecosystem.clustered import Figure, correlation


def person_sums(sums: Sums) -> PersonSums:
    """Return the sums in the shape that the jackknife takes."""
    return checked_sums(
        sums.n, sums.sum_model, sums.sum_weight, sums.sum_weight_model, sums.sum_weight_human, sums.coded
    )


def low_places(sums: PersonSums, *, corrected: bool, level: float = 0.95) -> BoolArray:
    """Return where the curve lies below zero, or below the mean of the other places, beyond chance; shape (places,).

    Two questions are asked of each of the places that have MIN_PARTICIPANTS people, so Bonferroni's level serves both.
    """
    lam = model_weight(sums) if corrected else 1.0
    value = theta(sums.total(), lam, corrected)
    left = theta(sums.without_each(), lam, corrected)
    behind = ((sums.coded if corrected else sums.n) > 0).sum(axis=0)
    covariance = jackknife_covariance(sums.n > 0, left, left, behind > 0)
    known = (behind >= MIN_PARTICIPANTS) & np.isfinite(np.diag(covariance)) & np.isfinite(value)
    places = np.flatnonzero(known)
    low: BoolArray = np.zeros(value.size, dtype=bool)
    if not places.size:
        return low
    tests = 2 * places.size if places.size > 1 else 1
    # One-sided, at (1 − level) / 2 in all.
    critical = t_quantile(behind[places] - 1.0, 1 - (1 - level) / tests)
    contrasts = [np.eye(places.size)]
    if places.size > 1:
        contrasts.append(np.eye(places.size) - (1 - np.eye(places.size)) / (places.size - 1))
    inner = covariance[np.ix_(places, places)]
    for contrast in contrasts:
        error = np.sqrt(np.clip(np.diag(contrast @ inner @ contrast.T), 0.0, None))
        low[places] |= contrast @ value[places] < -critical * error - 1e-9
    return low


def impacts(sums: Sums, elsewhere_total: FloatArray, elsewhere_n: FloatArray, level: float = 0.95) -> Sequence[Figure]:
    """Return of each place the standardized slope of the rest of the road on the place, over participants.

    ``elsewhere_total`` and ``elsewhere_n``, of the shape of the sums, hold how a participant felt everywhere else.
    """
    found = []
    for place in range(sums.n.shape[1]):
        both = (sums.n[:, place] > 0) & (elsewhere_n[:, place] > 0)
        own = sums.sum_model[both, place] / sums.n[both, place]
        rest = elsewhere_total[both, place] / elsewhere_n[both, place]
        found.append(correlation(own, rest, level))
    return found
