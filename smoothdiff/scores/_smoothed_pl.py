"""The Smoothed PL-ESF: the small-t limit of the ESF, with its jumps made slopes.

s_t(x) = (a(x) - x) / t, with a(x) the mixed-cell denoiser at rho_t = kappa sqrt(t) / spacing
(`smoothdiff.mixed_cell`). In one dimension it is the piecewise linear function of v2, equations 9
and 27; for points of even spacing that is the PL-ESF averaged over a window, and the small-t limit
of `LocalAverageScore`. For uneven points, or in more dimensions, it is no average over a window:
the form there is this library's own (docs/beyond_the_papers.md).
"""

import numpy as np

from .. import _checks as checks
from ..cloud import PointCloud
from ..flow import reachable
from ..mixed_cell import solve
from ._base import Denoiser, OfPoints, column

__all__ = ["SmoothedPLScore"]


class SmoothedPLScore(Denoiser, OfPoints):
    """Smoothed PL-ESF of a point cloud; a smaller ``kappa`` smooths more."""

    def __init__(self, cloud: PointCloud, kappa, spacing):
        for name, value in (("kappa", kappa), ("spacing", spacing)):
            checks.number(value, name, self)
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
        face_dim = self._cell(x, t, faces=True).face_dim
        rho = np.broadcast_to(self.rho(t), len(x))
        stretched = np.where(rho < 1, face_dim / np.where(rho < 1, 1 - rho, 1.0), 0.0)
        return (stretched - x.shape[1]) / t, np.zeros(len(x))

    def breakpoints(self, t):
        """Where cells of points and gaps meet; the middles of gaps where smoothing is off."""
        if self.cloud.dim > 1:
            return super().breakpoints(t)
        y = self.cloud.sorted_line[0]
        if self.rho(t) >= 1:
            return (y[:-1] + y[1:]) / 2
        reach = self.rho(t) * np.diff(y) / 2
        return np.sort(np.concatenate([y[:-1] + reach, y[1:] - reach]))

    def parents(self, x, t):
        """Points that the denoiser is a mean of, (n, r + 1), and their weights."""
        cell = self._cell(x, t)
        return cell.parents, cell.weights

    def support(self, x, t, t0):
        """Which rows the flow from t0 reaches at t: all, unless smoothing is off at t0."""
        if self.rho(t0) <= 1:
            return np.ones(len(x), dtype=bool)
        return reachable(self._cell(x, t, faces=True), self.cloud, self.rho(t0))
