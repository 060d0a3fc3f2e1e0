"""The Smoothed PL-ESF nearest to a score f: how much f smooths.

kappa = argmin mean t |f - s_hat|^2,  s_hat the Smoothed PL-ESF of strength kappa
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from .. import _checks as checks
from ..cloud import PointCloud
from ..scores import EmpiricalScore, SmoothedPLScore

__all__ = ["ClosestSmoothing", "closest_smoothing"]

# Values of kappa looked at before the best is refined, and the largest part of a half-gap that is
# smoothed away in the first of them.
KAPPAS, LEAST_RHO = 48, 1e-3


class ClosestSmoothing(NamedTuple):
    """The Smoothed PL-ESF nearest to a score, and how near it is."""

    kappa: float
    """Its strength."""
    residual: float
    """Mean of t |f - s_hat|^2."""
    residual_of_esf: float
    """Mean of t |f - s|^2 for the exact score s."""


def closest_smoothing(score, cloud: PointCloud, x, t, spacing) -> ClosestSmoothing:
    """Fit kappa to a score f by least squares: how much, and how well, f smooths.

    Parameters
    ----------
    score : array of shape (n, r)
        Values f(x, t), of a trained network for example.
    cloud : PointCloud
        Training points of f.
    x : array of shape (n, r)
    t : float or array of shape (n,)
        Variances.
    spacing : float
        Half-gap Delta of the training points.

    Returns
    -------
    ClosestSmoothing
        The best of all kappa between smoothing all but 0.001 of the half-gap away at the largest
        t, and none (rho = 1, the PL-ESF) at the smallest.

    Raises
    ------
    ValueError
        If the shapes differ, or an argument is not finite or not positive.

    References
    ----------
    arXiv 2502.19499, v1 Figure 4, v2 Figure 2, where delta = kappa sqrt(t) is fitted at one t.
    """
    checks.number(spacing, "spacing", "closest_smoothing")
    x, score = np.asarray(x, dtype=np.float64), np.asarray(score, dtype=np.float64)
    if score.shape != x.shape or x.ndim != 2 or not len(x):
        raise ValueError(
            f"score and x must be of one shape (n, r). Got {score.shape} and {x.shape} instead."
        )
    t = np.broadcast_to(np.asarray(t, dtype=np.float64), (len(x),))
    if not (np.isfinite(score).all() and np.isfinite(x).all() and (t > 0).all()):
        raise ValueError("closest_smoothing needs finite score and x, and positive t.")

    def residual(log_kappa):
        other = SmoothedPLScore(cloud, np.exp(log_kappa), spacing)
        return _mean_square(score - other(x, t), t)

    least, most = LEAST_RHO * spacing / np.sqrt(t.max()), spacing / np.sqrt(t.min())
    grid = np.linspace(np.log(least), np.log(most), KAPPAS)
    values = [residual(log_kappa) for log_kappa in grid]
    best = int(np.argmin(values))
    around = grid[max(best - 1, 0)], grid[min(best + 1, KAPPAS - 1)]
    fine = minimize_scalar(residual, bounds=around, method="bounded", options={"xatol": 1e-6})
    value, log_kappa = min((fine.fun, fine.x), (values[best], grid[best]))
    exact = _mean_square(score - EmpiricalScore(cloud)(x, t), t)
    return ClosestSmoothing(float(np.exp(log_kappa)), float(value), float(exact))


def _mean_square(difference, t):
    return (t * (difference**2).sum(axis=1)).mean()
