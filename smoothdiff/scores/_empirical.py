"""The empirical score function (ESF): exact score of the noised training set.

s_t(x) = grad log p_t(x) = (D_t(x) - x) / t. Its flow reverses the noising exactly, so that every
sample ends on a training point.
"""

import numpy as np

from ..cloud import PointCloud
from ..noise import NoisedLaw
from ._base import Score

__all__ = ["EmpiricalScore"]


class EmpiricalScore(Score):
    """Score of p_t for a point cloud; ``law`` is its noised law, where there is one already."""

    def __init__(self, cloud: PointCloud, law=None):
        self.law = NoisedLaw(cloud) if law is None else law

    def denoise(self, x, t):
        """Posterior mean D_t(x); see `smoothdiff.noise`."""
        return self.law.denoise(x, t)

    def divergence(self, x, t, probes=None):
        """Exact: the Jacobian of the denoiser is the covariance of x_0 given x_t, over t."""
        _, variance = self.law.moments(x, t)
        return (variance / t - x.shape[1]) / t, np.zeros(len(x))
