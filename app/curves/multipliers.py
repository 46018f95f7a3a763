"""Draws from the errors of a curve: how far they stray in all its stages together. Arrays only."""

from dataclasses import dataclass

import numpy as np
import scipy

from app.curves.jackknife import ROUNDING, FloatArray


@dataclass(frozen=True, slots=True)
class Draws:
    """Multiplier bootstrap: `errors`, of shape (bootstrap, stages), are N(0, V) with 0 where V is unknown."""

    covariance: FloatArray
    errors: FloatArray
    seed: int

    @classmethod
    def of(cls, covariance: FloatArray, bootstrap: int, seed: int) -> "Draws":
        """Return ``bootstrap`` draws; equal arguments give equal draws."""
        values, vectors = np.linalg.eigh(np.nan_to_num(covariance, nan=0.0))
        root = vectors * np.sqrt(np.clip(values, 0.0, None)) @ vectors.T
        normal = np.random.default_rng((seed, 0)).standard_normal((bootstrap, covariance.shape[0]))
        return cls(covariance, normal @ root, seed)

    def critical(self, df: FloatArray, level: float) -> FloatArray:
        """Standard errors within which the curve's errors stay in all stages together, at `level`."""
        return _critical(self.errors, np.sqrt(np.diag(self.covariance)), df, level, (self.seed, 1))

    def margins(self, df: FloatArray, level: float) -> FloatArray:
        """Differences of two stages beyond chance, shape (stages, stages), for all pairs together at `level`.

        The stage with fewer participants decides how well the standard error of a pair is known.
        """
        one, other = np.triu_indices(df.size, k=1)
        variance = np.diag(self.covariance)
        apart = variance[one] + variance[other]
        squared = apart - 2 * self.covariance[one, other]
        standard_error = np.sqrt(np.where(squared <= ROUNDING * apart, 0.0, squared))
        errors = self.errors[:, one] - self.errors[:, other]
        critical = _critical(errors, standard_error, np.minimum(df[one], df[other]), level, (self.seed, 2))
        margins = np.zeros_like(self.covariance)
        margins[one, other] = margins[other, one] = np.where(standard_error == 0, 0.0, critical * standard_error)
        return margins


def _critical(
    errors: FloatArray, standard_error: FloatArray, df: FloatArray, level: float, seed: tuple[int, int]
) -> FloatArray:
    """Standard errors within which all columns of `errors` stay together, at `level`; NaN for a column without error.

    The max-|t| quantile, each draw divided by √(χ²/df), where all columns have the same df. Otherwise columns are
    compared by their tail probability, so that one stage with few participants does not widen all the others.
    """
    rng = np.random.default_rng(seed)
    known = standard_error > 0
    tail = np.ones(errors.shape[0])
    for degrees in np.unique(df[known]).tolist():
        columns = known & (df == degrees)
        ratios = np.abs(errors[:, columns]) / standard_error[columns]
        largest = (ratios / np.sqrt(rng.chisquare(degrees, ratios.shape) / degrees)).max(axis=1)
        tail = np.minimum(tail, np.asarray(scipy.special.stdtr(degrees, -largest), dtype=np.float64))
    threshold = float(np.quantile(tail, 1 - level, method="lower"))
    return np.asarray(-scipy.special.stdtrit(np.where(known, df, np.nan), threshold), dtype=np.float64)
