"""The empirical score function (ESF): exact score of the noised training set.

s_t(x) = grad log p_t(x) = (D_t(x) - x) / t. Its flow reverses the noising exactly, so that every
sample ends on a training point. The Jacobian of D_t is the covariance of x_0 given x_t, over t.
"""

import numpy as np

from ..cloud import PointCloud
from ..noise import NoisedLaw
from ._base import Denoiser, OfPoints, column

__all__ = ["EmpiricalScore"]


class EmpiricalScore(Denoiser, OfPoints):
    """Score of p_t for a point cloud; ``law`` is its noised law, where there is one already."""

    def __init__(self, cloud: PointCloud, law=None):
        self.cloud = cloud
        self.law = NoisedLaw(cloud) if law is None else law

    def denoise(self, x, t):
        """Posterior mean D_t(x); see `smoothdiff.noise`."""
        return self.law.denoise(x, t)

    def divergence(self, x, t, probes=None):
        """Exact."""
        _, variance = self.law.moments(x, t)
        t = column(t)[:, 0]
        return (variance / t - x.shape[1]) / t, np.zeros(len(x))

    def parents(self, x, t):
        """The nearest point, indices (n, 1), and its weight 1."""
        nearest = self.cloud.neighbors.query(x, 1)[1]
        return nearest, np.ones(nearest.shape)

    def support(self, x, t, t0):
        """All rows."""
        return np.ones(len(x), dtype=bool)
