"""The Smoothed PL-ESF: the small-t limit of the ESF, averaged across its jumps.

s_t(x) = (a(x) - x) / t, with a(x) the mixed-cell denoiser at rho_t = kappa sqrt(t) / spacing
(`smoothdiff.mixed_cell`). In one dimension it is the piecewise linear function of v2, equation 6.
"""

import numpy as np

from .. import _checks as checks
from ..cloud import PointCloud
from ..mixed_cell import solve
from ._base import Score

__all__ = ["SmoothedPLScore"]


class SmoothedPLScore(Score):
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

    def denoise(self, x, t):
        """Mixed-cell denoiser a(x), exact and certified."""
        return solve(x, self.cloud, self.rho(t)).a

    def divergence(self, x, t, probes=None):
        """Exact: the denoiser stretches a face's own directions by 1 / (1 - rho), no others."""
        rho = np.broadcast_to(self.rho(t), len(x))
        face_dim = solve(x, self.cloud, rho, faces=True).face_dim
        stretched = np.where(rho < 1, face_dim / np.where(rho < 1, 1 - rho, 1.0), 0.0)
        return (stretched - x.shape[1]) / t, np.zeros(len(x))
