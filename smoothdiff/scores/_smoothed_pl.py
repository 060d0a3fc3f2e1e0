"""The Smoothed PL-ESF: the small-t limit of the ESF, averaged across its jumps.

s_t(x) = (a(x) - x) / t, with a(x) the mixed-cell denoiser at rho_t = kappa sqrt(t) / spacing
(`smoothdiff.mixed_cell`). In one dimension it is the piecewise linear function of v2, equation 6.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from ..cloud import PointCloud
from ..flow import reachable
from ..mixed_cell import solve
from ._base import Denoiser, OfPoints, check_positive, column
from ._empirical import EmpiricalScore

__all__ = ["ClosestSmoothing", "SmoothedPLScore", "closest_smoothing"]

# Values of kappa looked at before the best is refined, and the largest part of a half-gap that is
# smoothed away in the first of them.
KAPPAS, LEAST_RHO = 48, 1e-3


class SmoothedPLScore(Denoiser, OfPoints):
    """Smoothed PL-ESF of a point cloud; a smaller ``kappa`` smooths more."""

    def __init__(self, cloud: PointCloud, kappa, spacing):
        for name, value in (("kappa", kappa), ("spacing", spacing)):
            check_positive(type(self).__name__, name, value)
        self.cloud = cloud
        self.kappa = kappa
        self.spacing = spacing

    def rho(self, t):
        """Smoothing ratio kappa sqrt(t) / spacing; smoothing is off from 1 on."""
        return self.kappa * np.sqrt(t) / self.spacing

    def _cell(self, x, t, *, faces=False):
        return solve(x, self.cloud, self.rho(np.broadcast_to(column(t)[:, 0], len(x))), faces=faces)

    def denoise(self, x, t):
        """Mixed-cell denoiser a(x), exact and certified."""
        return self._cell(x, t).a

    def divergence(self, x, t, probes=None):
        """Exact: the denoiser stretches a face's own directions by 1 / (1 - rho), no others."""
        rho = np.broadcast_to(self.rho(t), len(x))
        face_dim = self._cell(x, t, faces=True).face_dim
        stretched = np.where(rho < 1, face_dim / np.where(rho < 1, 1 - rho, 1.0), 0.0)
        return (stretched - x.shape[1]) / t, np.zeros(len(x))

    def parents(self, x, t):
        """Points that the denoiser is a mean of, (n, r + 1), and their weights."""
        cell = self._cell(x, t)
        return cell.parents, cell.weights

    def support(self, x, t, t0):
        """Which rows the flow from t0 reaches at t: all, unless smoothing is off at t0."""
        if self.rho(t0) <= 1:
            return np.ones(len(x), dtype=bool)
        return reachable(self._cell(x, t, faces=True), self.cloud, self.rho(t0))


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
    check_positive("closest_smoothing", "spacing", spacing)
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
